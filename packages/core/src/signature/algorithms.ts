/** Properties of an algorithm of RFC 7518 section 3, RFC 9864 or RFC 9964: the key that it requires, its hash and its padding. */
export type AlgorithmTraits =
  | { readonly kty: 'RSA'; readonly hash: Hash; readonly padding: 'pkcs1' | 'pss' }
  | { readonly kty: 'EC'; readonly hash: Hash; readonly crv: Curve }
  | { readonly kty: 'OKP'; readonly crv: 'Ed25519' }
  | { readonly kty: 'oct'; readonly hash: Hash; readonly keyBytes: number }
  | { readonly kty: 'AKP'; readonly publicBytes: number; readonly signatureBytes: number }

/** The supported elliptic curves (RFC 7518 section 6.2.1.1), with their names in Node. */
export const CURVES = {
  'P-256': { coordinateBytes: 32, nodeName: 'prime256v1' },
  'P-384': { coordinateBytes: 48, nodeName: 'secp384r1' },
  'P-521': { coordinateBytes: 66, nodeName: 'secp521r1' },
} as const

export type Curve = keyof typeof CURVES

/** Returns whether a value is the name of a supported curve. */
export function isCurve(name: unknown): name is Curve {
  return typeof name === 'string' && Object.hasOwn(CURVES, name)
}

export type Hash = 'sha256' | 'sha384' | 'sha512'

/**
 * The supported signature algorithms. Not supported, and impossible to configure: `none`, RSA and ECDSA with SHA-1, other
 * curves, Ed448, and all algorithms of JWE.
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
  'ML-DSA-44': { kty: 'AKP', publicBytes: 1312, signatureBytes: 2420 },
  'ML-DSA-65': { kty: 'AKP', publicBytes: 1952, signatureBytes: 3309 },
  'ML-DSA-87': { kty: 'AKP', publicBytes: 2592, signatureBytes: 4627 },
} as const satisfies Record<string, AlgorithmTraits>

/** A signature algorithm that can be allowed for an issuer. */
export type Algorithm = keyof typeof ALGORITHMS

/**
 * The algorithms that are allowed if the option `algorithms` is missing: all algorithms with a public key, except ML-DSA. Few
 * runtimes have ML-DSA.
 */
export const DEFAULT_ALGORITHMS: readonly Algorithm[] = (
  Object.keys(ALGORITHMS) as Algorithm[]
).filter((algorithm) => !['oct', 'AKP'].includes(ALGORITHMS[algorithm].kty))

/** Returns whether a value is the name of a supported algorithm. */
export function isAlgorithm(name: unknown): name is Algorithm {
  return typeof name === 'string' && Object.hasOwn(ALGORITHMS, name)
}

export function getTraits(algorithm: Algorithm): AlgorithmTraits {
  return ALGORITHMS[algorithm]
}
