import { createSecretKey, randomBytes } from 'node:crypto'
import { type BearwardEvent, createResourceServer, type Outcome } from '@bearward/core'
import express from 'express'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fakeClock } from '../support/fake-clock.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../support/issuer.ts'
import { onExpress } from '../frameworks/express/mount.ts'
import { fc } from '../support/property.ts'
import { bearerLine, requestWith } from '../support/requests.ts'
import { listen, type RunningServer, sendRaw } from '../support/servers.ts'
import { splitToken, signCompact } from '../support/tokens.ts'
import { watchProcess } from '../support/watch-process.ts'
import { goodClaims, goodHeader } from './forged-tokens.ts'
import { eventLeaks, leaks } from './leaks.ts'

const clock = fakeClock()
const now = () => clock.seconds()
const issuer = createTestIssuer({ now })

/** Returns a function that returns the outcome of a token synchronously, because the keys are static. */
function createGetOutcome(options: object) {
  const server = createResourceServer({ issuer: ISSUER, audience: AUDIENCE, clock, ...options })
  const guard = server.guard()
  return (token: string) => guard(requestWith(token)) as Outcome
}

describe('changed tokens', () => {
  describe.each(['ES256', 'RS256', 'PS256', 'Ed25519', 'HS256'] as const)('%s', (alg) => {
    const { token, getOutcome } = alg === 'HS256' ? symmetric() : asymmetric(alg)
    const accepted = (tokens: readonly string[]) =>
      tokens.filter((changed) => changed !== token && getOutcome(changed).kind !== 'refused')

    it(`a guard grants a token with ${alg} that is not changed`, () => {
      expect(getOutcome(token).kind).toBe('granted')
    })

    it(`a guard rejects a token with ${alg} if one character is replaced, removed, doubled or inserted`, () => {
      const changed = token.split('').flatMap((character, at) => {
        const [before, after] = [token.slice(0, at), token.slice(at + 1)]
        const others = [
          nextLetter(character),
          character.toUpperCase(),
          character.toLowerCase(),
          '.',
        ]
        return [...others, '', character + character, `A${character}`, `=${character}`].map(
          (other) => before + other + after,
        )
      })
      expect(accepted([...changed, `${token}A`, `${token}=`])).toEqual([])
    })

    it(`a guard rejects a token with ${alg} if one bit of a decoded part is flipped`, () => {
      const changed = splitToken(token).flatMap((part, index) => {
        const bytes = Buffer.from(part, 'base64url')
        return Array.from({ length: bytes.length * 8 }, (_, bit) => {
          const flipped = Buffer.from(bytes)
          flipped[bit >> 3]! ^= 1 << (bit & 7)
          return splitToken(token)
            .map((other, i) => (i === index ? flipped.toString('base64url') : other))
            .join('.')
        })
      })
      expect(accepted(changed)).toEqual([])
    })

    it(`a guard rejects a token with ${alg} if a claim or a header parameter is changed or added`, () => {
      const names = fc.oneof(
        fc.constantFrom(
          'alg',
          'kid',
          'typ',
          'iss',
          'aud',
          'sub',
          'exp',
          'iat',
          'scope',
          'client_id',
        ),
        fc.string(),
      )
      const [header, payload, signature] = splitToken(token)
      const changes = fc.record({ part: fc.nat(1), name: names, value: fc.jsonValue() })
      fc.assert(
        fc.property(changes, ({ part, name, value }) => {
          const parts = [header, payload].map((usual, index) => {
            if (index !== part) return usual
            const text = Buffer.from(usual, 'base64url').toString()
            const object = { ...(JSON.parse(text) as object), [name]: value }
            return Buffer.from(JSON.stringify(object)).toString('base64url')
          })
          return accepted([[...parts, signature].join('.')]).length === 0
        }),
        { numRuns: 300 },
      )
    })
  })
})

function asymmetric(alg: 'ES256' | 'RS256' | 'PS256' | 'Ed25519') {
  const signing = createTestIssuer({ algorithms: [alg], now })
  return { token: signing.token(), getOutcome: createGetOutcome({ jwks: signing.jwks }) }
}

function symmetric() {
  const secret = randomBytes(32)
  const header = { alg: 'HS256', typ: 'at+jwt' }
  const token = signCompact(header, goodClaims(issuer), 'HS256', createSecretKey(secret))
  return { token, getOutcome: createGetOutcome({ secret }) }
}

function nextLetter(character: string): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return letters[(letters.indexOf(character) + 1) % letters.length]!
}

/** Values with a meaning for verifiers, and arbitrary values. */
const value = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>('ES256', 'none', 'HS256', 'JWT', 'at+jwt', 'ES256-key', ['exp'], 'read'),
  fc.constantFrom<unknown>(
    ISSUER,
    AUDIENCE,
    [AUDIENCE],
    `${AUDIENCE}/`,
    now(),
    now() + 60,
    Infinity,
  ),
)
const arbitraryMembers = (...names: string[]) =>
  fc
    .array(fc.tuple(fc.oneof(fc.constantFrom(...names), fc.string()), value), { maxLength: 3 })
    .map((entries) => Object.fromEntries(entries) as Record<string, unknown>)

/** Tokens with up to three changed members in the header and up to three in the claims, each with a valid signature. */
const signedTokens = fc
  .record({
    header: arbitraryMembers('alg', 'kid', 'typ', 'crit', 'b64', 'cty', 'zip', 'jwk', '__proto__'),
    claims: arbitraryMembers(
      'iss',
      'aud',
      'sub',
      'exp',
      'nbf',
      'iat',
      'scope',
      'jti',
      'cnf',
      '__proto__',
    ),
  })
  .map(({ header, claims }) =>
    issuer.token({
      header: JSON.stringify(mixed(goodHeader(issuer), header)),
      claims: JSON.stringify(mixed(goodClaims(issuer), claims)),
    }),
  )

/** Returns a copy with the members added. `__proto__` becomes an own member like the others. */
function mixed(usual: object, members: object): object {
  return Object.fromEntries([...Object.entries(usual), ...Object.entries(members)])
}

const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array))
const GOOD = issuer.token()
const parts = fc.oneof(
  bytes.map((part) => part.toString('base64url')),
  fc.jsonValue().map((json) => Buffer.from(JSON.stringify(json)).toString('base64url')),
  fc.constantFrom(...splitToken(GOOD)),
  fc.stringMatching(/^[\w.~+/=-]*$/),
)
const garbage = fc
  .array(parts, { maxLength: 6 })
  .map((made) => made.join('.'))
  .filter((made) => made !== GOOD)

describe('random requests', () => {
  const faults = watchProcess()
  const events: BearwardEvent[] = []
  let server: RunningServer
  let handled = 0

  beforeAll(async () => {
    const options = {
      issuer: ISSUER,
      audience: AUDIENCE,
      jwks: issuer.jwks,
      clock,
      onEvent: (event: BearwardEvent) => void events.push(event),
    }
    const routes = [{ requirements: {}, handle: async () => ({ handled: ++handled }) }]
    const { start } = onExpress('Express', express)
    server = await start({ options, routes, maxHeaderSize: 4 * 1024 * 1024 })
  })
  afterAll(() => server.close())

  /** Allowed values of response headers. They cannot contain text from a request. */
  const LINES: Record<string, RegExp> = {
    'www-authenticate':
      /^Bearer realm="api"(?:, error="(?:invalid_request|invalid_token)", error_description="The (?:access token|token|credentials|request) [A-Za-z ]+\.")?$/,
    'cache-control': /^no-store$/,
    'content-type': /^application\/json(?:; charset=utf-8)?$/,
    'content-length': /^\d{1,3}$/,
    'x-powered-by': /^Express$/,
    etag: /^W\/"[\w+/-]+"$/,
    date: /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/,
    connection: /^close$/,
  }

  /**
   * Checks that a response has an allowed status. Its headers, and the body of a refusal, must contain no text of the request.
   * An event contains only texts of the request that `eventLeaks` allows.
   */
  async function expectFixedResponse(lines: readonly string[], allowed: readonly number[]) {
    events.length = 0
    const head = ['GET / HTTP/1.1', 'Host: x', 'Connection: close', ...lines]
    const response = await sendRaw(
      server.port,
      Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'),
    )
    expect(allowed).toContain(response.status)
    for (const [name, text] of response.rawHeaders) expect(text).toMatch(LINES[name.toLowerCase()]!)
    const texts = [...response.rawHeaders.flat(), response.status === 200 ? '' : response.body]
    expect(leaks(lines, texts.join('\0'))).toEqual([])
    expect(eventLeaks(lines, events)).toEqual([])
  }

  it('a guard responds with 400 or 401 to random header lines, and repeats none of their text', async () => {
    const text = bytes.map((line) => line.toString('latin1').replaceAll(/[\r\n]/g, ' '))
    const line = fc.oneof(
      text.map((rest) => `Authorization: ${rest}`),
      text.map(bearerLine),
      text.map((rest) => `Authorization:${rest}\r\n ${rest}`),
      text.map((rest) => `authorization: Basic ${rest}, Bearer ${rest}`),
      text,
    )
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 3 }), (lines) =>
        expectFixedResponse(lines, [400, 401]),
      ),
      { numRuns: 300 },
    )
    expect(handled).toBe(0)
  })

  it('a guard responds with 400 or 401 to random strings that resemble tokens, and repeats none of their text', async () => {
    await fc.assert(
      fc.asyncProperty(garbage, (token) => expectFixedResponse([bearerLine(token)], [400, 401])),
      { numRuns: 300 },
    )
    expect(handled).toBe(0)
  })

  it('a guard responds with 200 or 401 to random tokens that the issuer signed, and repeats none of their text', async () => {
    await fc.assert(
      fc.asyncProperty(signedTokens, (token) =>
        expectFixedResponse([bearerLine(token)], [200, 401]),
      ),
      { numRuns: 300 },
    )
  })

  it('Node itself responds with 431 to header lines that exceed its limit', async () => {
    const small = await listen(express())
    const request = `GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${'a'.repeat(20_000)}\r\n\r\n`
    expect((await sendRaw(small.port, request)).status).toBe(431)
    await small.close()
  })

  it('random requests cause no uncaught error', async () => {
    expect(await faults.faults()).toEqual([])
  })
})

describe('comparison with jose', () => {
  const getOutcome = createGetOutcome({ jwks: issuer.jwks })
  const keys = createLocalJWKSet(issuer.jwks)
  const expected = {
    issuer: ISSUER,
    audience: AUDIENCE,
    clockTolerance: 5,
    currentDate: new Date(now() * 1000),
  }

  it('a guard grants only tokens that jose also accepts', async () => {
    let granted = 0
    await fc.assert(
      fc.asyncProperty(signedTokens, async (token) => {
        if (getOutcome(token).kind === 'refused') return
        granted++
        await jwtVerify(token, keys, expected)
      }),
      { numRuns: 2_000 },
    )
    expect(granted).toBeGreaterThan(100)
  })
})

describe('changed clocks', () => {
  const START = 1_900_000_000
  const time = fakeClock(START)
  const ISSUED = { iat: START, nbf: START, exp: START + 300 }

  it('a guard decides by the current time after any change of the clock', () => {
    const getOutcome = createGetOutcome({ jwks: issuer.jwks, clock: time })
    const token = issuer.token({ claims: ISSUED })
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -600, max: 600 }), { maxLength: 20 }), (offsets) => {
        for (const offset of [...offsets, 0]) {
          time.jump(START + offset - time.seconds())
          const outcome = getOutcome(token)
          const reason = outcome.kind === 'refused' ? outcome.reason : 'none'
          expect({ offset, reason }).toEqual({
            offset,
            reason: offset >= 305 ? 'expired' : offset < -5 ? 'not_yet_valid' : 'none',
          })
        }
      }),
    )
  })

  it('a guard uses fetched keys after the clock is set back, and fetches keys again after the clock is set forward beyond jwksMaxAge', async () => {
    let fetches = 0
    const server = createResourceServer({
      issuer: ISSUER,
      audience: AUDIENCE,
      jwksUri: 'https://as.example.com/jwks',
      clock: time,
      fetch: async () => {
        fetches++
        return Response.json(issuer.jwks)
      },
    })
    const guard = server.guard()
    let expected = 1
    for (const jump of [0, -3_600, -86_400 * 365, 86_400 * 700, -86_400 * 335, 3_600]) {
      time.jump(jump)
      if (jump > 600) expected++
      const claims = { iat: time.seconds(), exp: time.seconds() + 300 }
      expect((await guard(requestWith(issuer.token({ claims })))).kind).toBe('granted')
    }
    expect(fetches).toBe(expected)
  })
})
