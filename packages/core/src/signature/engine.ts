import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { Algorithm } from './algorithms.ts'

/** A compact JWS as far as a signature depends on it. */
export interface SignedText {
  /** The whole JWS. */
  readonly token: string
  /** The part that is signed (RFC 7515 section 5.2). */
  readonly signingInput: string
  readonly signature: Uint8Array
}

/** Returns whether one key has signed this text with one algorithm. Never throws. */
export type SignatureVerifier = (signed: SignedText) => MaybePromise<boolean>

/** A public key that has passed the checks of `keys/jwk.ts`, or the bytes of an HMAC secret. */
export type KeyMaterial = Readonly<Record<string, unknown>> | Uint8Array

/**
 * The only seam to cryptography. An engine binds a key to one algorithm, once; what it returns looks at
 * nothing of the token but the signing input and the signature. Choosing the key and the algorithm, and
 * checking that they fit, is done before.
 */
export interface SignatureEngine {
  /** Throws, or rejects, where the material is no key that the algorithm can use. */
  prepare(algorithm: Algorithm, material: KeyMaterial): MaybePromise<SignatureVerifier>
}
