import { compactVerify, importJWK, type JWK } from 'jose'
import type { SignatureEngine } from './engine.ts'

/** Verifies with WebCrypto, through `jose`: for runtimes where `node:crypto` is not the native one. */
export const signatureEngine: SignatureEngine = {
  async prepare(algorithm, material) {
    const key =
      material instanceof Uint8Array ? material : await importJWK(material as JWK, algorithm)
    const options = { algorithms: [algorithm] }
    return ({ token }) =>
      compactVerify(token, key, options).then(
        () => true,
        () => false,
      )
  },
}
