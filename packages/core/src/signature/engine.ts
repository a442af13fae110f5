import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { Algorithm } from './algorithms.ts'

/** The parts of a compact JWS that are needed to verify its signature. */
export interface SignedText {
  /** The part that is signed (RFC 7515 section 5.2). */
  readonly signingInput: string
  readonly signature: Uint8Array
}

/** Verifies signatures with one key and one algorithm. Returns whether a signature is valid. Never throws. */
export type SignatureVerifier = (signed: SignedText) => MaybePromise<boolean>

/** A public key that `readJwk` has accepted, or the bytes of an HMAC secret. */
export type KeyMaterial = Readonly<Record<string, unknown>> | Uint8Array

/**
 * The interface to cryptography. An engine prepares a key for one algorithm. The verifier that it returns reads only the
 * text and the signature of a token.
 *
 * An engine does NOT choose the key or the algorithm: the caller does, and checks that the key fits the algorithm.
 */
export interface SignatureEngine {
  /** Returns whether this runtime has an algorithm. Only ML-DSA may be missing. */
  supports(algorithm: Algorithm): boolean
  /** Prepares a key for an algorithm. Throws, or rejects, if the algorithm cannot use the key. */
  prepare(algorithm: Algorithm, material: KeyMaterial): MaybePromise<SignatureVerifier>
}
