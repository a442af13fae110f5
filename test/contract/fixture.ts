import { fakeClock } from '../support/fake-clock.ts'
import { AUDIENCE, createTestIssuer, type TokenOverrides } from '../support/issuer.ts'
import { generateKey, type TestKey } from '../support/keys.ts'
import { type Part, partsOf, signText } from '../support/tokens.ts'

/** Time stands still for the whole contract, so that every boundary can be hit to the second. */
export const clock = fakeClock()
export const NOW = clock.seconds()

/** Another resource server, whose tokens are none of ours. */
export const OTHER_AUDIENCE = 'https://files.example.com'

const now = () => NOW

/** The issuer that nearly all cases are about. */
export const issuerA = createTestIssuer({
  algorithms: ['ES256', 'ES384', 'ES512', 'Ed25519', 'RS256'],
  now,
})
export const issuerB = createTestIssuer({ issuer: 'https://other-as.example.com', now })
export const issuerD = createTestIssuer({ issuer: 'https://third-as.example.com', now })

const [es256, es384, es512, ed25519, rs256] = issuerA.keys as [
  TestKey,
  TestKey,
  TestKey,
  TestKey,
  TestKey,
]

export const KEYS = {
  es256,
  es384,
  es512,
  ed25519,
  rs256,
  // One modulus under several names: what a key may be used for is for its `alg` to say.
  ps256: renamed(rs256, 'PS256'),
  ps384: renamed(rs256, 'PS384'),
  ps512: renamed(rs256, 'PS512'),
}

function renamed(key: TestKey, alg: TestKey['alg']): TestKey {
  const kid = `${alg}-key`
  return { ...key, alg, kid, jwk: { ...key.jwk, alg, kid } }
}

/** An attacker's key, published by nobody. */
export const attacker = generateKey('ES256', 'attacker')

export const token = (overrides?: TokenOverrides) => issuerA.token(overrides)

/** For cases in which anything but the token is at stake. */
export const VALID = { 'a valid token': token() }

/** A token with these claims over the usual ones. */
export const claiming = (claims: Part) => issuerA.token({ claims })

/** A token with these header parameters over the usual ones. */
export const headed = (header: Part) => issuerA.token({ header })

/** The JSON of the usual header, as text to be tampered with. */
export const HEADER_TEXT = JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid: es256.kid })

export const USUAL_CLAIMS = {
  iss: issuerA.issuer,
  aud: AUDIENCE,
  sub: 'reports-cron',
  client_id: 'reports-cron',
  scope: 'read',
  iat: NOW,
  exp: NOW + 300,
  jti: 'a-token',
}

/** The JSON of the usual claims with more text before the closing brace. */
export const claimsText = (more: string) => `${JSON.stringify(USUAL_CLAIMS).slice(0, -1)},${more}}`

/** Signs the first two parts as they are spelt, canonical or not. */
export function signSpelling(header: string, payload: string): string {
  return signText(`${header}.${payload}`, es256)
}

/** The same token with another signature of the same length. */
export function forged(compact: string): string {
  const [header, payload, signature] = partsOf(compact)
  return `${header}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
}
