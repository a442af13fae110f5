import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { closing } from '../../../../test/support/closing.ts'
import { listen } from '../../../../test/support/servers.ts'
import {
  boundedFetch,
  type Fetch,
  FetchError,
  maxAgeOf,
} from '../../src/authorization-server/bounded-fetch.ts'
import { withDeadline } from '../../src/authorization-server/deadline.ts'
import { systemClock } from '../../src/clock.ts'
import { LIMITS } from '../../src/limits.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

interface Options {
  readonly fetch?: Fetch
  readonly timeout?: number
  readonly closed?: AbortSignal
}

async function getJson(url: string, options: Options = {}) {
  const {
    fetch = globalThis.fetch,
    timeout = 5000,
    closed = new AbortController().signal,
  } = options
  const bounds = { clock: systemClock, timeout, closed }
  return (await withDeadline(bounds, (signal) => boundedFetch(fetch)(url, signal))).document
}

async function get(handler: RequestListener, options: Options = {}) {
  const server = closing(await listen(handler))
  return getJson(server.url, options)
}

async function failureOf(exchange: Promise<unknown>): Promise<string> {
  const error = await exchange.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(FetchError)
  return (error as FetchError).failure
}

describe('a bounded call', () => {
  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/jwk-set+json',
    'Application/JSON',
  ])('reads a document of type %s', async (type) => {
    const document = await get((_req, res) => {
      res.writeHead(200, { 'content-type': type }).end('{"keys":[]}')
    })
    expect(document).toEqual({ keys: [] })
  })

  it.each(['text/html', 'text/plain', 'application/jsonp', 'application/json-seq', ''])(
    'refuses a document of type %j',
    async (type) => {
      const exchange = get((_req, res) => {
        res.writeHead(200, type === '' ? {} : { 'content-type': type }).end('{"keys":[]}')
      })
      expect(await failureOf(exchange)).toBe('content_type')
    },
  )

  it.each([201, 204, 206, 304, 400, 401, 403, 404, 429, 500, 503])(
    'refuses status %i',
    async (status) => {
      const exchange = get((_req, res) => {
        res.writeHead(status, JSON_TYPE).end(status === 204 || status === 304 ? undefined : '{}')
      })
      expect(await failureOf(exchange)).toBe(status === 304 ? 'redirect' : 'status')
    },
  )

  it.each([301, 302, 303, 307, 308])(
    'does not follow a redirect with status %i',
    async (status) => {
      let visited = 0
      const target = closing(
        await listen((_req, res) => {
          visited++
          res.writeHead(200, JSON_TYPE).end('{}')
        }),
      )
      const exchange = get((_req, res) => {
        res.writeHead(status, { ...JSON_TYPE, location: target.url }).end('{}')
      })
      expect(await failureOf(exchange)).toBe('redirect')
      expect(visited).toBe(0)
    },
  )

  it.each(['', '[]', 'null', '"x"', '{"keys":[],"keys":[]}', '{} {}', '\ufeff{}', '{"a":'])(
    'refuses the body %j',
    async (body) => {
      expect(
        await failureOf(get((_req, res) => void res.writeHead(200, JSON_TYPE).end(body))),
      ).toBe('malformed')
    },
  )

  it('reads no more than its limit, counted after decompression', async () => {
    const body = (bytes: number) => `{"a":"${'x'.repeat(bytes - 8)}"}`
    const largest = await get(
      (_req, res) => void res.writeHead(200, JSON_TYPE).end(body(LIMITS.documentBytes)),
    )
    expect(JSON.stringify(largest)).toHaveLength(LIMITS.documentBytes)

    const larger = get(
      (_req, res) => void res.writeHead(200, JSON_TYPE).end(body(LIMITS.documentBytes + 1)),
    )
    expect(await failureOf(larger)).toBe('too_large')

    const bomb = gzipSync(body(50_000_000))
    expect(bomb.length).toBeLessThan(LIMITS.documentBytes)
    const inflated = get((_req, res) => {
      res.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' }).end(bomb)
    })
    expect(await failureOf(inflated)).toBe('too_large')
  })

  it('ends an endless answer at its limit', async () => {
    const exchange = get((_req, res) => {
      res.writeHead(200, JSON_TYPE)
      const more = () => {
        while (!res.destroyed && res.write(' '.repeat(65_536)));
        if (!res.destroyed) res.once('drain', more)
      }
      more()
    })
    expect(await failureOf(exchange)).toBe('too_large')
  })

  it.each<[string, RequestListener]>([
    ['never answers', () => {}],
    ['stalls in the body', (_req, res) => void res.writeHead(200, JSON_TYPE).write('{"keys":')],
  ])('times out on a server that %s, and lets go of the connection', async (_what, handler) => {
    let closed: Promise<unknown> = Promise.resolve()
    const exchange = get(
      (req, res) => {
        closed = once(req.socket, 'close')
        handler(req, res)
      },
      { timeout: 100 },
    )
    expect(await failureOf(exchange)).toBe('timeout')
    await closed
  })

  it('times out where a replaced fetch ignores its signal', async () => {
    const fetch = () => new Promise<Response>(() => {})
    const exchange = getJson('https://as.example.com', { fetch, timeout: 10 })
    expect(await failureOf(exchange)).toBe('timeout')
  })

  it('reports a refused connection, a broken answer, and a fetch that throws', async () => {
    const gone = await listen(() => {})
    await gone.close()
    expect(await failureOf(getJson(gone.url))).toBe('unreachable')

    const broken = get((_req, res) => {
      res.writeHead(200, { ...JSON_TYPE, 'content-length': '100' })
      res.write('{"keys":', () => res.destroy())
    })
    expect(await failureOf(broken)).toBe('unreachable')

    const throwing = () => {
      throw new Error('misconfigured')
    }
    expect(await failureOf(getJson(gone.url, { fetch: throwing }))).toBe('unreachable')
  })

  it('ends when the resource server is closed', async () => {
    const ending = new AbortController()
    const exchange = get(() => ending.abort(), { closed: ending.signal })
    expect(await failureOf(exchange)).toBe('closed')
    expect(await failureOf(get(() => {}, { closed: ending.signal }))).toBe('closed')
  })
})

describe('the age up to which an answer may be kept', () => {
  it.each([
    [undefined, undefined, undefined],
    ['public', undefined, undefined],
    ['max-age=60', undefined, 60],
    ['public, MAX-AGE=60', undefined, 60],
    ['max-age="60"', undefined, 60],
    ['max-age=60', '45', 15],
    ['max-age=60', '90', 0],
    ['max-age=60', 'soon', 60],
    ['max-age=60, max-age=600', undefined, 60],
    ['max-age=31536000000000000000', undefined, 31_536_000_000_000_000_000],
    [`max-age=${'9'.repeat(400)}`, '9'.repeat(400), 0],
    ['max-age=-1', undefined, 0],
    ['max-age=1.5', undefined, 0],
    ['max-age=', undefined, 0],
    ['no-store', undefined, 0],
    ['max-age=600, no-cache', undefined, 0],
    ['no-cache="set-cookie"', undefined, 0],
    ['s-maxage=60', undefined, undefined],
    ['stale-while-revalidate=60', undefined, undefined],
  ])('of Cache-Control %j and Age %j is %j', (cacheControl, age, expected) => {
    const headers = new Headers({ expires: 'Thu, 01 Jan 1970 00:00:00 GMT' })
    if (cacheControl !== undefined) headers.set('cache-control', cacheControl)
    if (age !== undefined) headers.set('age', age)
    expect(maxAgeOf(headers)).toBe(expected)
  })
})
