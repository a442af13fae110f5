import { type Algorithm, getTraits, type Hash } from './algorithms.ts'

/** Parameters of an algorithm for the import of a key, for signing and for verification. */
export type WebCryptoParameters = RsaHashedImportParams &
  RsaPssParams &
  EcKeyImportParams &
  EcdsaParams &
  HmacImportParams

/**
 * Returns the parameters of an algorithm for WebCrypto. An operation ignores the parameters that it does not use. The object has
 * no prototype, so that a polluted `Object.prototype` adds no parameters.
 */
export function toWebCryptoParameters(algorithm: Algorithm): WebCryptoParameters {
  const traits = getTraits(algorithm)
  switch (traits.kty) {
    case 'RSA':
      return withoutPrototype({
        name: traits.padding === 'pss' ? 'RSA-PSS' : 'RSASSA-PKCS1-v1_5',
        hash: toWebCryptoHash(traits.hash),
        // RFC 7518 section 3.5: the salt is as long as the hash.
        saltLength: Number(traits.hash.slice(3)) / 8,
      })
    case 'EC':
      return withoutPrototype({
        name: 'ECDSA',
        namedCurve: traits.crv,
        hash: toWebCryptoHash(traits.hash),
      })
    case 'OKP':
      return withoutPrototype({ name: traits.crv })
    case 'oct':
      return withoutPrototype({ name: 'HMAC', hash: toWebCryptoHash(traits.hash) })
    case 'AKP':
      return withoutPrototype({ name: algorithm })
  }
}

/** Returns the name of a hash in WebCrypto. */
export function toWebCryptoHash(hash: Hash): string {
  return hash.replace('sha', 'SHA-')
}

function withoutPrototype(parameters: Partial<WebCryptoParameters>): WebCryptoParameters {
  return Object.assign(Object.create(null) as WebCryptoParameters, parameters)
}
