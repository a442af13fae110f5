import { fakeClock } from '../support/fake-clock.ts'
import { AUDIENCE, createTestIssuer, type TokenOverrides } from '../support/issuer.ts'
import { generateKey, type TestKey } from '../support/keys.ts'
import { type Part, splitToken, signText } from '../support/tokens.ts'

/** A clock that stands still, so that each case can test a limit to the second. */
export const clock = fakeClock()
export const NOW = clock.seconds()

/** The audience of another resource server. */
export const OTHER_AUDIENCE = 'https://files.example.com'

const now = () => NOW

/** The issuer of nearly all cases. */
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
  // One modulus under several key ids. The `alg` of each key states its algorithm.
  ps256: renamed(rs256, 'PS256'),
  ps384: renamed(rs256, 'PS384'),
  ps512: renamed(rs256, 'PS512'),
}

function renamed(key: TestKey, alg: TestKey['alg']): TestKey {
  const kid = `${alg}-key`
  return { ...key, alg, kid, jwk: { ...key.jwk, alg, kid } }
}

/** A key of the attacker. It is not in the JWKS of an issuer. */
export const attacker = generateKey('ES256', 'attacker')

export const token = (overrides?: TokenOverrides) => issuerA.token(overrides)

/** A valid token, for cases that do not test the token. */
export const VALID = { 'a valid token': token() }

/** Creates a token whose claims override the usual ones. */
export const claiming = (claims: Part) => issuerA.token({ claims })

/** Creates a token whose header parameters override the usual ones. */
export const headed = (header: Part) => issuerA.token({ header })

/** The JSON of the usual header, to be modified as text. */
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

/** Returns the JSON of the usual claims, with more members as text before the closing brace. */
export const claimsText = (more: string) => `${JSON.stringify(USUAL_CLAIMS).slice(0, -1)},${more}}`

/** Signs the first two parts exactly as given, even if they are not canonical base64url. */
export function signSpelling(header: string, payload: string): string {
  return signText(`${header}.${payload}`, es256)
}

/** Returns the token with another signature of the same length. */
export function forged(compact: string): string {
  const [header, payload, signature] = splitToken(compact)
  return `${header}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
}
