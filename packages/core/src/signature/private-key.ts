import { isRecord } from '../lib/objects.ts'
import { type Algorithm, CURVES, getTraits, isAlgorithm, toWebCryptoHash } from './algorithms.ts'

/** A private key: as WebCrypto or Node has it, or as a JWK. */
export type PrivateKey = PrivateKeyObject | PrivateJwk

/** A `CryptoKey`, or a `KeyObject` of Node. */
export interface PrivateKeyObject {
  readonly type: 'private' | 'public' | 'secret'
}

/** A private key as a JWK (RFC 7517). */
export interface PrivateJwk {
  readonly kty: string
  readonly alg?: string
  readonly kid?: string
  readonly [member: string]: unknown
}

/**
 * Returns why a value cannot sign with an algorithm, if that can be seen without trying: as the end of a sentence that begins
 * with what it is called. Nothing of the value is in it. `algorithm` is the one that is named beside it; a JWK can name
 * its own.
 */
export function whyUnfit(key: unknown, algorithm: unknown): string | undefined {
  if (typeof key === 'string')
    return 'is a string: for a PEM, set createPrivateKey(pem) of node:crypto'
  if (!isRecord(key)) return 'must be a private CryptoKey, KeyObject or JWK'
  const isJwk = 'kty' in key
  if (isJwk ? key['d'] === undefined : key['type'] !== 'private')
    return 'is not the private key, which signs'
  const own = isJwk ? key['alg'] : undefined
  const name = algorithm ?? own
  if (name === undefined) return 'takes an algorithm beside it, such as ES256'
  if (!isAlgorithm(name) || getTraits(name).kty === 'oct')
    return 'takes an algorithm with a private key, such as ES256'
  const isItsOwn = own === undefined || plain(own) === plain(name)
  return isItsOwn && (isJwk ? jwkFits : objectFits)(key, name) ? undefined : `does not fit ${name}`
}

/** `EdDSA` with an Ed25519 key and `Ed25519` are two names of one algorithm (RFC 9864 section 2.2). */
function plain(algorithm: unknown): unknown {
  return algorithm === 'EdDSA' ? 'Ed25519' : algorithm
}

function jwkFits(jwk: Record<string, unknown>, algorithm: Algorithm): boolean {
  const traits = getTraits(algorithm)
  return jwk['kty'] === traits.kty && (!('crv' in traits) || jwk['crv'] === traits.crv)
}

/** A `CryptoKey` says what it is in `algorithm`, a `KeyObject` in `asymmetricKeyType`. */
function objectFits(key: Record<string, unknown>, algorithm: Algorithm): boolean {
  const traits = getTraits(algorithm)
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  const { name, namedCurve, hash } = toRecord(key['algorithm'])
  switch (traits.kty) {
    case 'RSA': {
      const isPss = traits.padding === 'pss'
      // WebCrypto imports no key of the type `rsa-pss`.
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
      return false
  }
}

function toRecord(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {}
}
