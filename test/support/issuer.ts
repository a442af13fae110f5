import type { Algorithm } from '@bearward/core'
import { generateKey, type TestKey } from './keys.ts'
import { type Part, signCompact } from './tokens.ts'

export const ISSUER = 'https://as.example.com'
export const AUDIENCE = 'https://api.example.com/v1'

/** What a token of a test issuer shall be, where it differs from a good one. */
export interface TokenOverrides {
  /** Merged over the usual header; members that are `undefined` are left out. Text and bytes replace it. */
  readonly header?: Part
  /** Merged over the usual claims; members that are `undefined` are left out. Text and bytes replace them. */
  readonly claims?: Part
  /** Signs with this key instead of the issuer's first. */
  readonly key?: TestKey
  /** Signs with this algorithm instead of the key's own. */
  readonly signedWith?: string
}

/** An issuer with keys of its own that mints tokens of any kind, good ones by default. */
export interface TestIssuer {
  readonly issuer: string
  readonly keys: readonly TestKey[]
  /** The JWK Set that it would publish. */
  readonly jwks: { keys: Record<string, unknown>[] }
  token(overrides?: TokenOverrides): string
}

export function createTestIssuer(
  options: {
    readonly issuer?: string
    readonly audience?: string
    readonly algorithms?: readonly Algorithm[]
    /** Seconds since the epoch; default the real time. */
    readonly now?: () => number
    /** Seconds. Default 300. */
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
        merge(usualHeader, header),
        merge(usualClaims, claims),
        signedWith ?? key.alg,
        key.privateKey,
      )
    },
  }
}

function merge(usual: Record<string, unknown>, part: Part): Part {
  return typeof part === 'string' || part instanceof Uint8Array ? part : { ...usual, ...part }
}
