import { describe, expect, it } from 'vitest'
import { fc } from '../../../../test/support/property.ts'
import { watchProcess } from '../../../../test/support/watch-process.ts'
import { createCors, type CorsOptions } from '../../src/index.ts'

const APP = 'https://app.example.com'

const faults = watchProcess()

/** Returns the result for a request with these header lines. */
function run(
  options: CorsOptions,
  lines: readonly (readonly [name: string, value: string])[],
  method = 'GET',
) {
  return createCors(options)({ method, url: '/', headers: {}, rawHeaders: lines.flat() })
}

const METHOD = ['Access-Control-Request-Method', 'GET'] as const

describe('createCors', () => {
  it('createCors calls the function origins once with a received origin, and allows the origin only if the result is true', () => {
    const seen: string[] = []
    for (const isAllowed of [true, false]) {
      const origins = (origin: string) => {
        seen.push(origin)
        return isAllowed
      }
      const { headers } = run({ origins }, [['Origin', APP]])
      expect('Access-Control-Allow-Origin' in headers).toBe(isAllowed)
    }
    expect(seen).toEqual([APP, APP])
    seen.length = 0
    void run({ origins: (origin) => seen.push(origin) > 0 }, [])
    expect(seen).toEqual([])
  })

  it.each([undefined, null, 1, 'https://app.example.com', {}])(
    'createCors throws a TypeError if the function origins returns %j',
    (result) => {
      const origins = () => result
      expect(() => run({ origins: origins as never }, [['Origin', APP]])).toThrow(
        'must return true or false',
      )
    },
  )

  it('createCors throws a TypeError if the function origins returns a promise, and its rejection is handled', async () => {
    const origins = (async () => {
      throw new Error('the store is down')
    }) as unknown as () => boolean
    expect(() => run({ origins }, [['Origin', APP]])).toThrow(TypeError)
    expect(await faults.faults()).toEqual([])
  })

  it.each([
    '',
    'HTTPS://APP.EXAMPLE.COM',
    'https://a.example.com, https://b.example.com',
    'a\r\nX: y',
  ])('createCors does not pass the malformed origin %j to the function origins', (origin) => {
    expect(run({ origins: () => true }, [['Origin', origin]]).headers).toEqual({ Vary: 'Origin' })
  })

  it.each([
    ['origin', 'access-control-request-method'],
    ['Origin', 'Access-Control-Request-Method'],
    ['ORIGIN', 'ACCESS-CONTROL-REQUEST-METHOD'],
  ])(
    'createCors reads the headers %s and %s, because it ignores the case of names',
    (origin, method) => {
      const lines = [
        [origin, APP],
        [method, 'GET'],
      ] as const
      expect(run({ origins: [APP] }, lines, 'OPTIONS')).toMatchObject({
        kind: 'respond',
        status: 204,
        headers: { 'Access-Control-Allow-Origin': APP },
      })
    },
  )

  it('createCors reads the origin from a web Headers object, and from an object with header fields by name', () => {
    const cors = createCors({ origins: [APP] })
    for (const headers of [{ origin: APP }, new Headers({ origin: APP })])
      expect(cors({ method: 'GET', url: '/', headers }).headers).toMatchObject({
        'Access-Control-Allow-Origin': APP,
      })
  })

  it('createCors compares the method OPTIONS exactly, because methods are case-sensitive', () => {
    for (const method of ['options', 'Options', 'GET', 'HEAD'])
      expect(run({ origins: [APP] }, [['Origin', APP], METHOD], method).kind).toBe('continue')
  })

  it('createCors never allows credentials or an origin that is not configured, and never returns a header with a line end', () => {
    const origins = [APP, 'https://other.example.com']
    const received = fc.oneof(
      fc.constantFrom(...origins, 'null', `${APP}/`, `${APP},${APP}`, APP.toUpperCase(), ''),
      fc.string({ unit: 'binary-ascii' }),
    )
    const lines = fc.array(
      received.map((value) => ['Origin', value] as const),
      { maxLength: 3 },
    )
    fc.assert(
      fc.property(lines, fc.boolean(), fc.boolean(), (sent, isPreflight, isAnyone) => {
        const all = isPreflight ? [...sent, METHOD] : sent
        const options = { origins: isAnyone ? ('*' as const) : origins }
        const { headers } = run(options, all, isPreflight ? 'OPTIONS' : 'GET')
        expect(headers).not.toHaveProperty('Access-Control-Allow-Credentials')
        for (const value of Object.values(headers)) expect(value).toMatch(/^[\x20-\x7E]+$/)
        const allowed = headers['Access-Control-Allow-Origin']
        if (isAnyone) expect(allowed).toBe('*')
        else {
          expect(headers['Vary']).toBe('Origin')
          const [only, ...others] = sent.map(([, value]) => value)
          const isListed = others.length === 0 && only !== undefined && origins.includes(only)
          expect(allowed).toBe(isListed ? only : undefined)
        }
      }),
    )
  })
})
