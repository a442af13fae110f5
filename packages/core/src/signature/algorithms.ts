/** The demands of an algorithm of RFC 7518 section 3 or RFC 9864 on its key, and the way in which it signs. */
export type AlgorithmTraits =
  | { readonly kty: 'RSA'; readonly hash: Hash; readonly padding: 'pkcs1' | 'pss' }
  | { readonly kty: 'EC'; readonly hash: Hash; readonly crv: Curve }
  | { readonly kty: 'OKP'; readonly crv: 'Ed25519' }
  | { readonly kty: 'oct'; readonly hash: Hash; readonly keyBytes: number }

/** The elliptic curves (RFC 7518 section 6.2.1.1), and what Node calls them. */
export const CURVES = {
  'P-256': { coordinateBytes: 32, nodeName: 'prime256v1' },
  'P-384': { coordinateBytes: 48, nodeName: 'secp384r1' },
  'P-521': { coordinateBytes: 66, nodeName: 'secp521r1' },
} as const

export type Curve = keyof typeof CURVES

export function isCurve(name: unknown): name is Curve {
  return typeof name === 'string' && Object.hasOwn(CURVES, name)
}

export type Hash = 'sha256' | 'sha384' | 'sha512'

/**
 * The algorithms that exist here. `none`, the RSA and ECDSA ones with SHA-1 or on other curves, Ed448,
 * and everything of JWE are not among them and cannot be configured.
 */
export const ALGORITHMS = {
  RS256: { kty: 'RSA', hash: 'sha256', padding: 'pkcs1' },
  RS384: { kty: 'RSA', hash: 'sha384', padding: 'pkcs1' },
  RS512: { kty: 'RSA', hash: 'sha512', padding: 'pkcs1' },
  PS256: { kty: 'RSA', hash: 'sha256', padding: 'pss' },
  PS384: { kty: 'RSA', hash: 'sha384', padding: 'pss' },
  PS512: { kty: 'RSA', hash: 'sha512', padding: 'pss' },
  ES256: { kty: 'EC', hash: 'sha256', crv: 'P-256' },
  ES384: { kty: 'EC', hash: 'sha384', crv: 'P-384' },
  ES512: { kty: 'EC', hash: 'sha512', crv: 'P-521' },
  Ed25519: { kty: 'OKP', crv: 'Ed25519' },
  EdDSA: { kty: 'OKP', crv: 'Ed25519' },
  HS256: { kty: 'oct', hash: 'sha256', keyBytes: 32 },
  HS384: { kty: 'oct', hash: 'sha384', keyBytes: 48 },
  HS512: { kty: 'oct', hash: 'sha512', keyBytes: 64 },
} as const satisfies Record<string, AlgorithmTraits>

/** A signature algorithm that can be allowed for an issuer. */
export type Algorithm = keyof typeof ALGORITHMS

/** Allowed where the configuration names none: all that verify with a public key. */
export const DEFAULT_ALGORITHMS: readonly Algorithm[] = (
  Object.keys(ALGORITHMS) as Algorithm[]
).filter((algorithm) => ALGORITHMS[algorithm].kty !== 'oct')

export function isAlgorithm(name: unknown): name is Algorithm {
  return typeof name === 'string' && Object.hasOwn(ALGORITHMS, name)
}

export function getTraits(algorithm: Algorithm): AlgorithmTraits {
  return ALGORITHMS[algorithm]
}

/** The name of a hash in WebCrypto. */
export function toWebCryptoHash(hash: Hash): string {
  return hash.replace('sha', 'SHA-')
}
