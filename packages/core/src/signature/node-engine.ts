import { Buffer } from 'node:buffer'
import {
  createHmac,
  createPublicKey,
  type JsonWebKey,
  type KeyObject,
  timingSafeEqual,
  verify,
} from 'node:crypto'
import { LIMITS } from '../limits.ts'
import { type Algorithm, type Hash, CURVES, getTraits } from './algorithms.ts'
import { toDerSignature, toRsaPssSpki } from './der.ts'
import type { KeyMaterial, SignatureEngine, SignatureVerifier } from './engine.ts'

/**
 * Verifies with `node:crypto` in the calling thread, so that the result is synchronous.
 *
 * Every call passes a `KeyObject` without options, because an options object costs 10 to 20 microseconds per call on
 * Node 24. For this reason, a PSS key contains its hash and its salt length, and ECDSA signatures are converted to DER.
 */
export const signatureEngine: SignatureEngine = {
  supports(algorithm) {
    const traits = getTraits(algorithm)
    return traits.kty !== 'AKP' || canImport(algorithm, traits.publicBytes)
  },
  prepare(algorithm, material) {
    const traits = getTraits(algorithm)
    switch (traits.kty) {
      case 'oct':
        return hmacVerifier(traits.hash, material as Uint8Array)
      case 'RSA':
        return rsaVerifier(traits.hash, publicKey(material), traits.padding)
      case 'EC': {
        // The algorithm determines the curve (RFC 7518 section 3.4). The import rejects a point of another curve.
        const key = publicKey({ ...(material as JsonWebKey), crv: traits.crv })
        return ecdsaVerifier(traits.hash, key, CURVES[traits.crv].coordinateBytes)
      }
      case 'OKP':
        return pureVerifier(publicKey(material), 64)
      case 'AKP':
        return pureVerifier(publicKey(material), traits.signatureBytes)
    }
  },
}

/** Memory for the bytes of one signing input, so that no memory is allocated for each input. It is large enough for a token. */
const reused = Buffer.allocUnsafeSlow(LIMITS.tokenLength)

/** Returns the bytes of an ASCII text. They are valid until the next call. */
function toBytes(text: string): Buffer {
  if (text.length > reused.length) return Buffer.from(text, 'latin1')
  return reused.subarray(0, reused.write(text, 'latin1'))
}

function publicKey(material: KeyMaterial): KeyObject {
  return createPublicKey({ key: material as JsonWebKey, format: 'jwk' })
}

function rsaVerifier(hash: Hash, key: KeyObject, padding: 'pkcs1' | 'pss'): SignatureVerifier {
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  const prepared = padding === 'pss' ? createPublicKey(toRsaPssSpki(key, hash)) : key
  return ({ signingInput, signature }) =>
    signature.length === Math.ceil(bits / 8) &&
    verify(hash, toBytes(signingInput), prepared, signature)
}

function ecdsaVerifier(hash: Hash, key: KeyObject, coordinateBytes: number): SignatureVerifier {
  return ({ signingInput, signature }) =>
    signature.length === 2 * coordinateBytes &&
    verify(hash, toBytes(signingInput), key, toDerSignature(signature))
}

/** Creates a verifier for an algorithm that hashes the message itself: Ed25519 or ML-DSA. */
function pureVerifier(key: KeyObject, signatureBytes: number): SignatureVerifier {
  return ({ signingInput, signature }) =>
    signature.length === signatureBytes && verify(null, toBytes(signingInput), key, signature)
}

/** Returns whether Node can import an ML-DSA key. Tries a key of zeros, because any bytes of the right length are a key. */
function canImport(alg: Algorithm, publicBytes: number): boolean {
  try {
    publicKey({ kty: 'AKP', alg, pub: Buffer.alloc(publicBytes).toString('base64url') })
    return true
  } catch {
    return false
  }
}

function hmacVerifier(hash: Hash, secret: Uint8Array): SignatureVerifier {
  return ({ signingInput, signature }) => {
    const expected = createHmac(hash, secret).update(signingInput, 'latin1').digest()
    return signature.length === expected.length && timingSafeEqual(expected, signature)
  }
}
