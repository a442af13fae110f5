import {
  constants,
  createHmac,
  generateKeyPairSync,
  type KeyObject,
  type SignKeyObjectInput,
  sign,
} from 'node:crypto'
import type { Algorithm } from '@bearward/core'
import { ALGORITHMS, DEFAULT_ALGORITHMS } from '../../packages/core/src/signature/algorithms.ts'

/** A key pair of a test issuer. It is generated in each run and never stored. */
export interface TestKey {
  readonly alg: Algorithm
  readonly kid: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  /** Public key as a JWK with `kid`, `alg` and `use`. */
  readonly jwk: Record<string, unknown>
}

/** Algorithms with a public key. */
export const PUBLIC_KEY_ALGORITHMS = DEFAULT_ALGORITHMS

/** Generates a key pair for an algorithm. `modulusLength` is the size of an RSA key in bits. */
export function generateKey(alg: Algorithm, kid = `${alg}-key`, modulusLength = 2048): TestKey {
  const traits = ALGORITHMS[alg]
  const { privateKey, publicKey } =
    traits.kty === 'EC'
      ? generateKeyPairSync('ec', { namedCurve: traits.crv })
      : traits.kty === 'OKP'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('rsa', { modulusLength })
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' }
  return { alg, kid, privateKey, publicKey, jwk }
}

/**
 * Signs bytes by an algorithm of RFC 7518 or RFC 8037, with `node:crypto` only. For a `KeyObject` of type
 * `secret`, computes an HMAC.
 */
export function signBytes(alg: string, key: KeyObject, data: Uint8Array): Buffer {
  if (key.type === 'secret')
    return createHmac(`sha${alg.slice(2)}`, key)
      .update(data)
      .digest()
  if (alg.startsWith('Ed')) return sign(null, data, key)
  const input: SignKeyObjectInput = { key }
  if (alg.startsWith('ES')) input.dsaEncoding = 'ieee-p1363'
  if (alg.startsWith('PS')) {
    input.padding = constants.RSA_PKCS1_PSS_PADDING
    input.saltLength = constants.RSA_PSS_SALTLEN_DIGEST
  }
  return sign(`sha${alg.slice(2)}`, data, input)
}
