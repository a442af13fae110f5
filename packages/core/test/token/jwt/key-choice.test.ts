import { calculateJwkThumbprint } from 'jose'
import { describe, expect, it } from 'vitest'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../../../test/support/issuer.ts'
import { generateKey, type TestKey } from '../../../../../test/support/keys.ts'
import { requestWith } from '../../../../../test/support/requests.ts'
import { type BearwardEvent, createResourceServer } from '../../../src/index.ts'

const issuer = createTestIssuer()
const keys = Array.from({ length: 5 }, (_, i) => generateKey('ES256', `key-${i}`))

function authorize(published: readonly object[], key: TestKey, kid: string | undefined) {
  const server = createResourceServer({
    issuer: ISSUER,
    audience: AUDIENCE,
    jwks: { keys: published },
  })
  return server.authorize(requestWith(issuer.token({ key, header: { kid } })))
}

describe('the keys to try for one token', () => {
  it('7515-16: a token without kid is granted if at most four keys match, and refused if more keys match', () => {
    const jwks = keys.map(({ jwk }) => jwk)
    expect(authorize(jwks.slice(1), keys[4]!, undefined)).toMatchObject({ kind: 'granted' })
    expect(authorize(jwks, keys[4]!, undefined)).toMatchObject({ reason: 'unknown_key' })
    expect(authorize(jwks, keys[4]!, 'key-4')).toMatchObject({ kind: 'granted' })
  })

  it('7517-27: a token is granted if at most four keys have its kid, and refused if more keys have this kid', () => {
    const jwks = keys.map(({ jwk }) => ({ ...jwk, kid: 'k' }))
    expect(authorize(jwks.slice(1), keys[4]!, 'k')).toMatchObject({ kind: 'granted' })
    expect(authorize(jwks, keys[4]!, 'k')).toMatchObject({ reason: 'unknown_key' })
  })

  it('a token without kid is granted if only one of five keys is a key of its issuer', () => {
    const others = keys.slice(1).map(({ jwk }) => ({ ...jwk, issuer: 'https://other.example.com' }))
    expect(authorize([keys[0]!.jwk, ...others], keys[0]!, undefined)).toMatchObject({
      kind: 'granted',
    })
  })
})

describe('a token whose kid is listed for another algorithm', () => {
  const rsa = generateKey('PS256', 'rsa')
  const { alg: _alg, use: _use, ...unnamed } = rsa.jwk
  const verifying = keys[0]!.jwk

  /** A published key, the signing key of a token, and `found` of the event `refused`. */
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
      'a key for RS256. If the key may be used for PS256 and has no alg, add PS256 to the option algorithms',
    ],
    [
      'a key for another algorithm',
      { ...rsa.jwk, alg: 'RS256' },
      rsa,
      'a key for RS256. If the key may be used for PS256 and has no alg, add PS256 to the option algorithms',
    ],
    [
      'a key for encryption',
      { ...rsa.jwk, use: 'enc' },
      rsa,
      'a key that is not used (not_for_verification)',
    ],
    [
      'a key for an unknown algorithm',
      { ...rsa.jwk, alg: 'RSA-OAEP' },
      rsa,
      'a key that is not used (algorithm_not_allowed)',
    ],
  ]

  it.each(CASES)(
    'the event "refused" with the reason unknown_key says that the kid names %s',
    async (_, jwk, key, found) => {
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
      // A key for another signature algorithm causes no refresh. A key for another use causes a refresh, because the key may
      // have been replaced.
      const isVerifying = found.startsWith('a key for')
      expect(fetched).toBe(isVerifying ? 1 : 2)
      expect(events.at(-1)).toMatchObject({
        type: 'refused',
        check: 'kid',
        expected: `a key of ${ISSUER} for PS256`,
        found: `claimed "rsa", ${found}`,
      })
      server.close()
    },
  )

  it('a token with PS256 and a key without alg is granted if the option algorithms contains PS256', () => {
    const server = createResourceServer({
      issuer: ISSUER,
      audience: AUDIENCE,
      algorithms: ['RS256', 'PS256'],
      jwks: { keys: [unnamed] },
    })
    const token = issuer.token({ key: rsa, header: { kid: 'rsa' } })
    expect(server.authorize(requestWith(token))).toMatchObject({ kind: 'granted' })
  })

  const none = 'only distrusted keys, keys of another issuer, or too many matching keys'

  it('the explanation of unknown_key says that the keys may be keys of another issuer', () => {
    const foreign = { ...keys[1]!.jwk, issuer: 'https://other.example.com' }
    expect(authorize([verifying, foreign], keys[1]!, 'key-1')).toMatchObject({
      reason: 'unknown_key',
      explanation: { found: none },
    })
  })

  it('the explanation of unknown_key says that the keys may be distrusted, if another key has signed the token', async () => {
    const jwks = { keys: [keys[1]!.jwk] }
    const server = createResourceServer({ issuer: ISSUER, audience: AUDIENCE, jwks })
    server.distrustKey({ issuer: ISSUER, thumbprint: await calculateJwkThumbprint(keys[1]!.jwk) })
    const token = issuer.token({ key: keys[2]!, header: { kid: 'key-1' } })
    expect(server.authorize(requestWith(token))).toMatchObject({
      reason: 'unknown_key',
      explanation: { found: none },
    })
  })
})
