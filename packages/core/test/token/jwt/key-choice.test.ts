import { describe, expect, it } from 'vitest'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../../../test/support/issuer.ts'
import { generateKey, type TestKey } from '../../../../../test/support/keys.ts'
import { requestWith } from '../../../../../test/support/requests.ts'
import { type BearwardEvent, createResourceServer } from '../../../src/index.ts'

const issuer = createTestIssuer()
const keys = Array.from({ length: 5 }, (_, i) => generateKey('ES256', `key-${i}`))

function judge(published: readonly object[], key: TestKey, kid: string | undefined) {
  const server = createResourceServer({
    issuer: ISSUER,
    audience: AUDIENCE,
    jwks: { keys: published },
  })
  return server.authorize(requestWith(issuer.token({ key, header: { kid } })))
}

describe('the keys that are tried for one token', () => {
  it('7515-16: are four at most, where it has no kid', () => {
    const jwks = keys.map(({ jwk }) => jwk)
    expect(judge(jwks.slice(1), keys[4]!, undefined)).toMatchObject({ kind: 'granted' })
    expect(judge(jwks, keys[4]!, undefined)).toMatchObject({ reason: 'unknown_key' })
    expect(judge(jwks, keys[4]!, 'key-4')).toMatchObject({ kind: 'granted' })
  })

  it('7517-27: are four at most, where its kid is there several times', () => {
    const jwks = keys.map(({ jwk }) => ({ ...jwk, kid: 'k' }))
    expect(judge(jwks.slice(1), keys[4]!, 'k')).toMatchObject({ kind: 'granted' })
    expect(judge(jwks, keys[4]!, 'k')).toMatchObject({ reason: 'unknown_key' })
  })

  it('do not count those of other issuers', () => {
    const others = keys.slice(1).map(({ jwk }) => ({ ...jwk, issuer: 'https://other.example.com' }))
    expect(judge([keys[0]!.jwk, ...others], keys[0]!, undefined)).toMatchObject({ kind: 'granted' })
  })
})

describe('a token whose kid is listed, and whose algorithm does not fit', () => {
  const rsa = generateKey('PS256', 'rsa')
  const { alg: _alg, use: _use, ...unnamed } = rsa.jwk
  const verifying = keys[0]!.jwk

  /** What an issuer publishes, a token that it has signed, and what the event says was found. */
  const CASES: readonly (readonly [
    name: string,
    published: object,
    token: TestKey,
    found: string,
  ])[] = [
    [
      'a key without alg',
      unnamed,
      rsa,
      'a key for RS256. If the key is also for PS256 and has no alg, add PS256 to the option algorithms',
    ],
    [
      'a key for another algorithm',
      { ...rsa.jwk, alg: 'RS256' },
      rsa,
      'a key for RS256. If the key is also for PS256 and has no alg, add PS256 to the option algorithms',
    ],
    [
      'a key for encryption',
      { ...rsa.jwk, use: 'enc' },
      rsa,
      'a key that is not used (not_for_verification)',
    ],
    [
      'an algorithm that is not known',
      { ...rsa.jwk, alg: 'RSA-OAEP' },
      rsa,
      'a key that is not used (algorithm_not_allowed)',
    ],
  ]

  it.each(CASES)('%s: the event says why', async (_, jwk, key, found) => {
    let fetched = 0
    const events: BearwardEvent[] = []
    const server = createResourceServer({
      issuer: ISSUER,
      audience: AUDIENCE,
      jwksUri: 'https://as.example.com/jwks',
      async fetch() {
        fetched++
        return Response.json({ keys: [verifying, jwk] })
      },
      onEvent: (event) => events.push(event),
    })
    await server.ready()
    for (let i = 0; i < 3; i++) {
      const claims = { iat: 1, jti: String(i) }
      const token = issuer.token({ key, header: { kid: 'rsa' }, claims })
      expect(await server.authorize(requestWith(token))).toMatchObject({ reason: 'unknown_key' })
    }
    // A key that verifies by another algorithm is not looked for. One for another purpose may have been replaced.
    const isVerifying = found.startsWith('a key for')
    expect(fetched).toBe(isVerifying ? 1 : 2)
    expect(events.at(-1)).toMatchObject({
      type: 'refused',
      check: 'kid',
      expected: `a key of ${ISSUER} for PS256`,
      found: `claimed "rsa", ${found}`,
    })
    server.close()
  })

  it('passes where the option algorithms lists it and the key names no alg', () => {
    const server = createResourceServer({
      issuer: ISSUER,
      audience: AUDIENCE,
      algorithms: ['RS256', 'PS256'],
      jwks: { keys: [unnamed] },
    })
    const token = issuer.token({ key: rsa, header: { kid: 'rsa' } })
    expect(server.authorize(requestWith(token))).toMatchObject({ kind: 'granted' })
  })

  it('says that a key is marked as that of another issuer', () => {
    const foreign = { ...keys[1]!.jwk, issuer: 'https://other.example.com' }
    expect(judge([verifying, foreign], keys[1]!, 'key-1')).toMatchObject({
      reason: 'unknown_key',
      explanation: { found: 'keys that are marked as those of another issuer, or too many' },
    })
  })
})
