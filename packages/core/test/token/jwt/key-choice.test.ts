import { describe, expect, it } from 'vitest'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../../../test/support/issuer.ts'
import { generateKey, type TestKey } from '../../../../../test/support/keys.ts'
import { requestWith } from '../../../../../test/support/requests.ts'
import { createResourceServer } from '../../../src/index.ts'

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
