import type { Algorithm } from '@bearward/core'
import { generateKey, type TestKey } from './keys.ts'
import { mergeParts, type Part, signCompact } from './tokens.ts'

export const ISSUER = 'https://as.example.com'
export const AUDIENCE = 'https://api.example.com/v1'

/** Differences from a valid token of a test issuer. */
export interface TokenOverrides {
  /** Members of the header: they override the default, and `undefined` removes a member. Text and bytes replace the header. */
  readonly header?: Part
  /** Claims: they override the defaults, and `undefined` removes a claim. Text and bytes replace the payload. */
  readonly claims?: Part
  /**
   * Key that signs the token.
   *
   * @default the first key of the issuer
   */
  readonly key?: TestKey
  /**
   * Algorithm of the signature.
   *
   * @default the algorithm of the key
   */
  readonly signedWith?: string
}

/** Issuer with its own keys. It signs any token. By default, tokens are valid. */
export interface TestIssuer {
  readonly issuer: string
  readonly keys: readonly TestKey[]
  /** JWK Set with the public keys. */
  readonly jwks: { keys: Record<string, unknown>[] }
  token(overrides?: TokenOverrides): string
}

/** Creates an issuer with one new key for each algorithm. */
export function createTestIssuer(
  options: {
    readonly issuer?: string
    readonly audience?: string
    readonly algorithms?: readonly Algorithm[]
    /**
     * Returns the time in seconds since the epoch.
     *
     * @default the system clock
     */
    readonly now?: () => number
    /**
     * Lifetime of the tokens in seconds.
     *
     * @default 300
     */
    readonly lifetime?: number
  } = {},
): TestIssuer {
  const { issuer = ISSUER, audience = AUDIENCE, algorithms = ['ES256'], lifetime = 300 } = options
  const now = options.now ?? (() => Math.floor(Date.now() / 1000))
  const keys = algorithms.map((alg) => generateKey(alg))
  return {
    issuer,
    keys,
    jwks: { keys: keys.map((key) => key.jwk) },
    token({ header = {}, claims = {}, key = keys[0]!, signedWith } = {}) {
      const time = Math.floor(now())
      const usualHeader = { alg: key.alg, typ: 'at+jwt', kid: key.kid }
      const usualClaims = {
        iss: issuer,
        aud: audience,
        sub: 'reports-cron',
        client_id: 'reports-cron',
        scope: 'read',
        iat: time,
        exp: time + lifetime,
        jti: 'a-token',
      }
      return signCompact(
        mergeParts(usualHeader, header),
        mergeParts(usualClaims, claims),
        signedWith ?? key.alg,
        key.privateKey,
      )
    },
  }
}
