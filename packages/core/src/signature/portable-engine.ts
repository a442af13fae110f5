import { decodeBase64url } from '#base64url'
import { type Algorithm, CURVES, getTraits } from './algorithms.ts'
import type { KeyMaterial, SignatureEngine } from './engine.ts'
import { toWebCryptoParameters, type WebCryptoParameters } from './web-crypto.ts'

const UTF8 = new TextEncoder()

/** A new function of WebCrypto, which returns whether the runtime has an algorithm. */
interface SupportsAlgorithms {
  supports?(operation: string, algorithm: string): boolean
}

/** Verifies with WebCrypto, for runtimes without a native `node:crypto`. */
export const signatureEngine: SignatureEngine = {
  supports(algorithm) {
    if (getTraits(algorithm).kty !== 'AKP') return true
    const { SubtleCrypto: subtle } = globalThis as { SubtleCrypto?: SupportsAlgorithms }
    return subtle?.supports?.('verify', algorithm) === true
  },
  async prepare(algorithm, material) {
    const parameters = toWebCryptoParameters(algorithm)
    const key = await importKey(material, parameters)
    const length = getSignatureLength(algorithm, material)
    return ({ signingInput, signature }) =>
      signature.length === length &&
      // The edge runtime of Next.js returns a promise of another JavaScript realm, which `andThen` does not detect.
      // `Promise.resolve` converts the promise.
      Promise.resolve(
        crypto.subtle.verify(parameters, key, signature as BufferSource, UTF8.encode(signingInput)),
      ).catch(() => false)
  },
}

function importKey(material: KeyMaterial, parameters: WebCryptoParameters): Promise<CryptoKey> {
  if (material instanceof Uint8Array)
    return crypto.subtle.importKey('raw', material as BufferSource, parameters, false, ['verify'])
  // The copy has no prototype, so that a polluted `Object.prototype` adds no members such as `key_ops`.
  const jwk = Object.assign(Object.create(null) as JsonWebKey, material)
  return crypto.subtle.importKey('jwk', jwk, parameters, false, ['verify'])
}

/**
 * Returns the exact number of octets of a signature. WebCrypto accepts a PSS signature without its leading zeros. RFC 8017
 * section 8.1.2 does not allow this, and a token must have only one encoding.
 */
function getSignatureLength(algorithm: Algorithm, material: KeyMaterial): number {
  const traits = getTraits(algorithm)
  switch (traits.kty) {
    case 'oct':
      return traits.keyBytes
    case 'EC':
      return 2 * CURVES[traits.crv].coordinateBytes
    case 'OKP':
      return 64
    case 'AKP':
      return traits.signatureBytes
    case 'RSA':
      return decodeBase64url((material as { n: string }).n)!.length
  }
}
