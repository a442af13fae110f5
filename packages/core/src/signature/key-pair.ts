import { copyOwnMembers, getMember, isPlainObject, isRecord } from '../lib/objects.ts'
import { LIMITS } from '../limits.ts'
import type { Algorithm } from './algorithms.ts'
import {
  checkPrivateKey,
  type PrivateJwk,
  type PrivateKey,
  type PrivateKeyObject,
} from './private-key.ts'
import { importPrivateKey } from './sign-jws.ts'
import { toWebCryptoParameters } from './web-crypto.ts'

/**
 * A private key and its public key: a `CryptoKeyPair` of WebCrypto.
 *
 * @example
 * ```ts
 * const key: KeyPair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
 * ```
 */
export interface KeyPair {
  readonly privateKey: PrivateKeyObject
  readonly publicKey: PrivateKeyObject
}

/** A private key that can sign, and its public key as a JWK without private members. */
export interface SigningKeyPair {
  readonly algorithm: Algorithm
  readonly privateKey: CryptoKey
  readonly publicJwk: Readonly<Record<string, string>>
}

/** The public members of a JWK: those of the thumbprint (RFC 7638 section 3.2, RFC 8037 appendix A.3). */
const PUBLIC_MEMBERS = {
  RSA: ['kty', 'n', 'e'],
  EC: ['kty', 'crv', 'x', 'y'],
  OKP: ['kty', 'crv', 'x'],
} as const

/**
 * Returns why a key cannot sign with an algorithm, or why its public key is unknown. Returns `undefined` if no reason is
 * visible in the properties of the key. The text is the end of a sentence that starts with the name of the key. It contains no
 * part of the key.
 */
export function checkKeyPair(key: unknown, algorithm: unknown): string | undefined {
  if (!isKeyPair(key)) {
    const why = checkPrivateKey(key, algorithm)
    if (why !== undefined) return why
    if (isCryptoKey(key))
      return 'is a CryptoKey, whose public key is unknown: set the CryptoKeyPair that contains it'
    const isComplete = !isJwk(key) || readPublicMembers(key) !== undefined
    return isComplete ? undefined : 'is a JWK without public members'
  }
  const { privateKey, publicKey } = key
  if (!isCryptoKey(privateKey) || !isCryptoKey(publicKey))
    return 'is a pair of keys that are not CryptoKeys: set the private key alone'
  const why = checkPrivateKey(privateKey, algorithm)
  if (why !== undefined) return `is a pair whose member privateKey ${why}`
  const isPublic = publicKey.type === 'public' && publicKey.extractable
  return isPublic ? undefined : 'is a pair without a public key that can be exported'
}

/** Generates a key pair. The private key cannot be exported. */
export async function generateKeyPair(algorithm: Algorithm): Promise<SigningKeyPair> {
  const parameters = Object.assign(toWebCryptoParameters(algorithm), {
    modulusLength: LIMITS.rsaBits.min,
    publicExponent: new Uint8Array([1, 0, 1]),
  })
  const pair = await crypto.subtle.generateKey(parameters, false, ['sign', 'verify'])
  const { privateKey, publicKey } = pair
  return { algorithm, privateKey, publicJwk: await exportPublicJwk(publicKey) }
}

/**
 * Converts a private key or a key pair that `checkKeyPair` has accepted. Rejects if the key cannot sign with the algorithm,
 * or if the public key belongs to another private key.
 */
export async function toSigningKeyPair(
  key: PrivateKey | KeyPair,
  algorithm: Algorithm,
): Promise<SigningKeyPair> {
  const pair = await importKeyPair(key, algorithm)
  await checkMatch(pair)
  return pair
}

async function importKeyPair(
  key: PrivateKey | KeyPair,
  algorithm: Algorithm,
): Promise<SigningKeyPair> {
  if (isKeyPair(key)) {
    const { privateKey, publicKey } = key as CryptoKeyPair
    return { algorithm, privateKey, publicJwk: await exportPublicJwk(publicKey) }
  }
  const parameters = toWebCryptoParameters(algorithm)
  const jwk = isJwk(key) ? key : (key as unknown as NodeKeyObject).export({ format: 'jwk' })
  const publicJwk = readPublicMembers(jwk)
  if (publicJwk === undefined) throw new TypeError('The public members of the key are missing')
  return { algorithm, privateKey: await importPrivateKey(jwk, parameters), publicJwk }
}

/** The part of a `KeyObject` of Node that this module uses. */
interface NodeKeyObject {
  export(options: { format: 'jwk' }): PrivateJwk
}

/**
 * Throws if the public key does not verify a signature of the private key. The authorization server would refuse every proof
 * that is signed with such a pair.
 */
async function checkMatch({ algorithm, privateKey, publicJwk }: SigningKeyPair): Promise<void> {
  const parameters = toWebCryptoParameters(algorithm)
  const publicKey = await crypto.subtle.importKey('jwk', publicJwk, parameters, false, ['verify'])
  const text = new Uint8Array(32)
  const signature = await crypto.subtle.sign(parameters, privateKey, text)
  const isMatch = await crypto.subtle.verify(parameters, publicKey, signature, text)
  if (!isMatch) throw new TypeError('The public key belongs to another private key')
}

async function exportPublicJwk(publicKey: CryptoKey): Promise<SigningKeyPair['publicJwk']> {
  const jwk = readPublicMembers(await crypto.subtle.exportKey('jwk', publicKey))
  if (jwk === undefined) throw new TypeError('The public key has no public members')
  return jwk
}

/** Returns the public members of a JWK, or `undefined` if one is missing. */
function readPublicMembers(jwk: object): SigningKeyPair['publicJwk'] | undefined {
  const own = copyOwnMembers(jwk)
  const kty = own['kty']
  if (typeof kty !== 'string' || !Object.hasOwn(PUBLIC_MEMBERS, kty)) return undefined
  const names = PUBLIC_MEMBERS[kty as keyof typeof PUBLIC_MEMBERS]
  const members = names.map((name) => [name, own[name]] as const)
  const isComplete = members.every(([, value]) => typeof value === 'string' && value !== '')
  return isComplete ? (Object.fromEntries(members) as Record<string, string>) : undefined
}

function isKeyPair(key: unknown): key is KeyPair {
  return isPlainObject(key) && Object.hasOwn(key, 'privateKey') && Object.hasOwn(key, 'publicKey')
}

function isJwk(key: unknown): key is PrivateJwk {
  return isRecord(key) && getMember(key, 'kty') !== undefined
}

/** Returns whether a key is a `CryptoKey`. A `KeyObject` of Node has no `algorithm`. */
function isCryptoKey(key: unknown): key is CryptoKey {
  return isRecord(key) && isRecord(getMember(key, 'algorithm')) && Array.isArray(key['usages'])
}
