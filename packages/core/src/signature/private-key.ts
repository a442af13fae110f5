import { isRecord } from '../lib/objects.ts'
import { type Algorithm, CURVES, getTraits, isAlgorithm } from './algorithms.ts'
import { toWebCryptoHash } from './web-crypto.ts'

/**
 * A private key: a `CryptoKey`, a `KeyObject` of Node, or a JWK.
 *
 * @example
 * ```ts
 * const key = createPrivateKey(await readFile('client.pem'))
 * ```
 */
export type PrivateKey = PrivateKeyObject | PrivateJwk

/** A `CryptoKey` or a `KeyObject` of Node. Its type must be `private`. */
export interface PrivateKeyObject {
  readonly type: 'private' | 'public' | 'secret'
}

/** A private key as a JWK (RFC 7517), with the member `d`. */
export interface PrivateJwk {
  readonly kty: string
  readonly alg?: string
  readonly kid?: string
  readonly [member: string]: unknown
}

/**
 * Returns why a key cannot sign with an algorithm, or `undefined` if no reason is visible in its properties. The text is
 * the end of a sentence that starts with the name of the key. It contains no part of the key. `algorithm` is the
 * configured algorithm, which may be missing if a JWK has `alg`.
 */
export function checkPrivateKey(key: unknown, algorithm: unknown): string | undefined {
  if (typeof key === 'string')
    return 'is a string: for a PEM, set createPrivateKey(pem) from node:crypto'
  if (!isRecord(key)) return 'must be a private CryptoKey, KeyObject or JWK'
  const isJwk = 'kty' in key
  if (isJwk ? key['d'] === undefined : key['type'] !== 'private')
    return 'is not a private key: set the private key, not the public key'
  const own = isJwk ? key['alg'] : undefined
  const name = algorithm ?? own
  if (name === undefined) return 'has no algorithm: set the option algorithm, such as ES256'
  if (!isAlgorithm(name) || !canSign(name))
    return 'requires an algorithm with a private key, such as ES256 (ML-DSA is not accepted)'
  const isAllowed = own === undefined || toCanonicalName(own) === toCanonicalName(name)
  return isAllowed && (isJwk ? jwkFits : objectFits)(key, name) ? undefined : `does not fit ${name}`
}

/** Returns whether this library can sign with an algorithm. HMAC has no private key, and ML-DSA is not supported for signing. */
export function canSign(algorithm: Algorithm): boolean {
  return !['oct', 'AKP'].includes(getTraits(algorithm).kty)
}

/** Returns one name per algorithm: `EdDSA` with an Ed25519 key is `Ed25519` (RFC 9864 section 2.2). */
function toCanonicalName(algorithm: unknown): unknown {
  return algorithm === 'EdDSA' ? 'Ed25519' : algorithm
}

function jwkFits(jwk: Record<string, unknown>, algorithm: Algorithm): boolean {
  const traits = getTraits(algorithm)
  return jwk['kty'] === traits.kty && (!('crv' in traits) || jwk['crv'] === traits.crv)
}

/** Returns whether a key object fits an algorithm. A `CryptoKey` has `algorithm`, a `KeyObject` has `asymmetricKeyType`. */
function objectFits(key: Record<string, unknown>, algorithm: Algorithm): boolean {
  const traits = getTraits(algorithm)
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  const { name, namedCurve, hash } = toRecord(key['algorithm'])
  switch (traits.kty) {
    case 'RSA': {
      const isPss = traits.padding === 'pss'
      // WebCrypto cannot import a key of the type `rsa-pss`.
      if (type !== undefined) return type === 'rsa'
      const isHash = toRecord(hash)['name'] === toWebCryptoHash(traits.hash)
      return isHash && name === (isPss ? 'RSA-PSS' : 'RSASSA-PKCS1-v1_5')
    }
    case 'EC': {
      if (type === undefined) return name === 'ECDSA' && namedCurve === traits.crv
      const curve = toRecord(details)['namedCurve']
      return type === 'ec' && curve === CURVES[traits.crv].nodeName
    }
    case 'OKP':
      return type === undefined ? name === 'Ed25519' : type === 'ed25519'
    case 'oct':
    case 'AKP':
      return false
  }
}

function toRecord(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {}
}

/** Returns the JOSE header of a JWS that the key signs. It has the configured algorithm and `kid`, or those of the JWK. */
export function createSigningHeader(
  key: PrivateKey,
  {
    algorithm,
    keyId,
  }: { readonly algorithm?: Algorithm | undefined; readonly keyId?: string | undefined },
): { readonly alg: Algorithm; readonly kid?: string } {
  const jwk: Partial<PrivateJwk> = 'kty' in key ? key : {}
  // `checkPrivateKey` has checked that the result is an algorithm.
  const alg = (algorithm ?? jwk.alg) as Algorithm
  const kid = keyId ?? jwk.kid
  return { alg, ...(kid !== undefined && { kid }) }
}
