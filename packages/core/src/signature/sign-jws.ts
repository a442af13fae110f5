import { encodeBase64url } from '#base64url'
import { copyOwnMembers } from '../lib/objects.ts'
import { LIMITS } from '../limits.ts'
import type { Algorithm } from './algorithms.ts'
import { canSign, type PrivateJwk, type PrivateKey } from './private-key.ts'
import { toWebCryptoParameters, type WebCryptoParameters } from './web-crypto.ts'

/**
 * Signs claims and returns a compact JWS (RFC 7515 section 7.1). Uses WebCrypto, which all runtimes have and which needs no
 * loading time. Rejects if the key cannot sign with the algorithm.
 *
 * Does NOT check that the key is intended for the algorithm: `checkPrivateKey` does this.
 */
export async function signJws(
  header: object,
  claims: object,
  key: PrivateKey,
  algorithm: Algorithm,
): Promise<string> {
  if (!canSign(algorithm))
    throw new TypeError(`${algorithm} cannot sign. Use an algorithm such as ES256.`)
  const parameters = toWebCryptoParameters(algorithm)
  const imported = await importPrivateKey(key, parameters)
  const { min, max } = LIMITS.rsaBits
  const { modulusLength = min } = imported.algorithm as Partial<RsaKeyAlgorithm>
  // RFC 7518 sections 3.3 and 3.5: an RSA key has 2048 bits or more.
  if (modulusLength < min || modulusLength > max)
    throw new TypeError(
      `The RSA key has ${modulusLength} bits. Use a key of ${min} to ${max} bits.`,
    )
  const input = [header, claims].map((part) => encodeBase64url(JSON.stringify(part))).join('.')
  const bytes = new TextEncoder().encode(input)
  const signature = await crypto.subtle.sign(parameters, imported, bytes)
  return `${input}.${encodeBase64url(new Uint8Array(signature))}`
}

/** The part of a `KeyObject` of Node that this module uses. */
interface NodeKey {
  export(options: { format: 'der'; type: 'pkcs8' }): BufferSource
}

/** Imports a private key for signing. Returns a `CryptoKey` unchanged. */
export async function importPrivateKey(
  key: PrivateKey,
  parameters: WebCryptoParameters,
): Promise<CryptoKey> {
  if (isJwk(key)) {
    // WebCrypto may reject the values of these members. Other arguments of `importKey` contain the algorithm and the use.
    const jwk = copyOwnMembers(key)
    delete jwk['alg']
    delete jwk['use']
    return crypto.subtle.importKey('jwk', jwk, parameters, false, ['sign'])
  }
  if ('algorithm' in key) return key as CryptoKey
  const bytes = (key as unknown as NodeKey).export({ format: 'der', type: 'pkcs8' })
  return crypto.subtle.importKey('pkcs8', bytes, parameters, false, ['sign'])
}

function isJwk(key: PrivateKey): key is PrivateJwk {
  return 'kty' in key
}
