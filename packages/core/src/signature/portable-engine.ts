import { compactVerify, importJWK, type JWK } from 'jose'
import { decodeBase64url } from '#base64url'
import { type Algorithm, CURVES, getTraits } from './algorithms.ts'
import type { KeyMaterial, SignatureEngine } from './engine.ts'

/** Verifies with WebCrypto, through `jose`. For runtimes without a native `node:crypto`. */
export const signatureEngine: SignatureEngine = {
  async prepare(algorithm, material) {
    const key =
      material instanceof Uint8Array ? material : await importJWK(material as JWK, algorithm)
    const options = { algorithms: [algorithm] }
    const length = getSignatureLength(algorithm, material)
    return ({ token, signature }) =>
      signature.length === length &&
      compactVerify(token, key, options).then(
        () => true,
        () => false,
      )
  },
}

/**
 * Returns the exact number of octets of a signature. WebCrypto accepts a PSS signature without its leading zeros, but RFC
 * 8017 section 8.1.2 does not, and a token must have only one encoding.
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
    case 'RSA':
      return decodeBase64url((material as { n: string }).n)!.length
  }
}
