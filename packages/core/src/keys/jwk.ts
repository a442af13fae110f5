import { decodeBase64url } from '#base64url'
import type { JsonObject } from '../lib/json.ts'
import { LIMITS } from '../limits.ts'
import type { AlgorithmPolicy } from '../model/settings.ts'
import { type Algorithm, CURVES, isCurve, isAlgorithm, getTraits } from '../signature/algorithms.ts'

/** A public key that may verify signatures, and the algorithms that it serves. */
export interface VerificationKey {
  readonly kid: string | undefined
  /** The member `issuer` of the JWK, which Entra sets. If all tenants share a key, this member contains `{tenantid}`. */
  readonly issuer: string | undefined
  readonly algorithms: readonly Algorithm[]
  /** Only the members that define the key (RFC 7638 section 3.2). */
  readonly material: JsonObject
}

/** The reasons why a key of a JWK Set is not used. */
export type UnusableKey =
  | 'not_an_object'
  | 'unsupported_key_type'
  | 'private_key'
  | 'symmetric_key'
  | 'not_for_verification'
  | 'algorithm_not_allowed'
  | 'malformed_key'
  | 'weak_key'

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']

/**
 * Reads a key of a JWK Set. Returns the key and the algorithms that it serves, or the reason why it is not used.
 * See RFC 7517 section 4, RFC 7518 section 6, RFC 8037 section 2 and RFC 9964 section 3.
 *
 * - A key with `alg` serves that algorithm.
 * - A key on a curve serves the algorithm of its curve. `EdDSA` and `Ed25519` are two names of one algorithm.
 * - An RSA key without `alg` serves RS256. If the option `algorithms` is set, the key serves the RSA algorithms in this option.
 *
 * Does NOT check that an elliptic-curve point is on its curve: the signature engine checks the point at the import of the key.
 * Does NOT read `x5c`, `x5u` or `x5t`.
 */
export function readJwk(jwk: unknown, policy: AlgorithmPolicy): VerificationKey | UnusableKey {
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) return 'not_an_object'
  const key = jwk as JsonObject
  if (key['kty'] === 'oct') return 'symmetric_key'
  if (PRIVATE_MEMBERS.some((member) => Object.hasOwn(key, member))) return 'private_key'
  const material = readMaterial(key, policy)
  if (typeof material === 'string') return material
  if (!isForVerification(key)) return 'not_for_verification'
  const { kid, issuer } = key
  if (kid !== undefined && typeof kid !== 'string') return 'malformed_key'
  if (issuer !== undefined && typeof issuer !== 'string') return 'malformed_key'
  const algorithms = selectAlgorithms(key, material, policy)
  if (algorithms.length === 0) return 'algorithm_not_allowed'
  return { kid, issuer, algorithms, material }
}

function readMaterial(key: JsonObject, policy: AlgorithmPolicy): JsonObject | UnusableKey {
  const { kty, crv, n, e, x, y } = key
  if (kty === 'RSA') {
    const modulus = decodeMember(n)
    const exponent = decodeMember(e)
    if (modulus === undefined || exponent === undefined) return 'malformed_key'
    return isSoundRsa(modulus, exponent) ? { kty, n, e } : 'weak_key'
  }
  if (kty === 'EC' && isCurve(crv)) {
    const length = CURVES[crv].coordinateBytes
    const sized = decodeMember(x)?.length === length && decodeMember(y)?.length === length
    return sized ? { kty, crv, x, y } : 'malformed_key'
  }
  if (kty === 'OKP' && crv === 'Ed25519') {
    const point = decodeMember(x)
    if (point?.length !== 32) return 'malformed_key'
    return isSmallOrder(point) ? 'weak_key' : { kty, crv, x }
  }
  if (kty === 'AKP') return readAkpMaterial(key, policy)
  return 'unsupported_key_type'
}

/** Reads a key of the type `AKP`, which must have `alg` (RFC 9964 section 3). */
function readAkpMaterial(
  { kty, alg, pub }: JsonObject,
  { algorithms }: AlgorithmPolicy,
): JsonObject | UnusableKey {
  const isAllowed = algorithms.some((algorithm) => getTraits(algorithm).kty === 'AKP')
  if (isAllowed && typeof alg !== 'string') return 'malformed_key'
  const traits = isAlgorithm(alg) && algorithms.includes(alg) ? getTraits(alg) : undefined
  if (traits?.kty !== 'AKP') return 'unsupported_key_type'
  return decodeMember(pub)?.length === traits.publicBytes ? { kty, alg, pub } : 'malformed_key'
}

function decodeMember(member: unknown): Uint8Array | undefined {
  return typeof member === 'string' && member !== '' ? decodeBase64url(member) : undefined
}

/**
 * Checks the numbers of an RSA key. RFC 7518 sections 3.3 and 6.3.1 require a modulus of at least 2048 bits without a
 * leading zero octet. A correctly generated key never has an even modulus, or an exponent that is even or 1. Exponents
 * of more than 32 bits are rejected, too. The upper bounds limit the time that one verification takes.
 */
function isSoundRsa(modulus: Uint8Array, exponent: Uint8Array): boolean {
  const bits = modulus.length * 8 - Math.clz32(modulus[0]!) + 24
  const odd = (modulus.at(-1)! & 1) === 1 && (exponent.at(-1)! & 1) === 1
  const large = exponent.length > 1 || exponent[0]! >= 3
  return (
    modulus[0] !== 0 &&
    bits >= LIMITS.rsaBits.min &&
    bits <= LIMITS.rsaBits.max &&
    odd &&
    large &&
    exponent[0] !== 0 &&
    exponent.length <= 4
  )
}

/**
 * The y coordinates of the eight points of small order on edwards25519, with their non-canonical encodings. Each is
 * little-endian hexadecimal without the sign bit. For a key with such a point, an attacker without a
 * private key can create valid signatures (background: RFC 8032 section 8.9).
 */
const SMALL_ORDER = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
])

function isSmallOrder(point: Uint8Array): boolean {
  const unsigned = Array.from(point, (byte, i) => (i === 31 ? byte & 0x7f : byte))
  return SMALL_ORDER.has(unsigned.map((byte) => byte.toString(16).padStart(2, '0')).join(''))
}

/** Checks `use` and `key_ops` (RFC 7517 sections 4.2 and 4.3): both must permit verification. The signature engine does not check them. */
function isForVerification(key: JsonObject): boolean {
  const { use, key_ops: operations } = key
  if (use !== undefined && use !== 'sig') return false
  if (operations === undefined) return true
  return (
    Array.isArray(operations) &&
    operations.every((operation) => operation === 'verify' || operation === 'sign') &&
    new Set(operations).size === operations.length &&
    operations.includes('verify')
  )
}

function selectAlgorithms(
  key: JsonObject,
  material: JsonObject,
  policy: AlgorithmPolicy,
): readonly Algorithm[] {
  const { alg } = key
  const allowed = policy.algorithms.filter((algorithm) => fits(algorithm, material))
  if (alg !== undefined)
    return isAlgorithm(alg) && allowed.includes(alg) ? toAllowedNames(alg, allowed) : []
  if (material['kty'] !== 'RSA' || policy.named) return allowed
  return allowed.filter((algorithm) => algorithm === 'RS256')
}

/** Returns the allowed names of an algorithm. `EdDSA` with an Ed25519 key is `Ed25519` (RFC 9864 section 2.2). */
function toAllowedNames(alg: Algorithm, allowed: readonly Algorithm[]): readonly Algorithm[] {
  const names: readonly Algorithm[] = ['EdDSA', 'Ed25519']
  return names.includes(alg) ? allowed.filter((algorithm) => names.includes(algorithm)) : [alg]
}

function fits(algorithm: Algorithm, material: JsonObject): boolean {
  const traits = getTraits(algorithm)
  if (traits.kty !== material['kty']) return false
  if (traits.kty === 'AKP') return material['alg'] === algorithm
  return !('crv' in traits) || traits.crv === material['crv']
}
