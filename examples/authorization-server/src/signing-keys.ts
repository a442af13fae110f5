import { generateKeyPair } from 'node:crypto'
import type { KeyPairKeyObjectResult } from 'node:crypto'
import { promisify } from 'node:util'

/** Algorithms with which the server can sign access tokens (RFC 7518, 8037 and 9864). */
export const SIGNING_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'Ed25519',
  'EdDSA',
] as const

export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number]

/** A private key as a JWK (RFC 7517). The key is used only with its `alg`. */
export interface SigningKey extends JsonWebKey {
  readonly kid: string
  readonly alg: SigningAlgorithm
}

/**
 * Returns the given keys, and a new key for each algorithm that no given key has.
 *
 * @remarks The `kid` of a new key is its algorithm in lower case, so each start creates the same `kid`. After a
 * restart without `given` keys, the server has new keys with the old key ids.
 */
export async function createSigningKeys(
  algorithms: Iterable<SigningAlgorithm>,
  given: readonly SigningKey[],
): Promise<readonly SigningKey[]> {
  const missing = new Set(algorithms)
  for (const key of given) missing.delete(key.alg)
  return [...given, ...(await Promise.all(Array.from(missing, generateSigningKey)))]
}

async function generateSigningKey(alg: SigningAlgorithm): Promise<SigningKey> {
  const { privateKey } = await keyPairFor(alg)
  const jwk = privateKey.export({ format: 'jwk' }) as JsonWebKey
  return { ...jwk, kid: alg.toLowerCase(), alg, use: 'sig' }
}

const generate = promisify(generateKeyPair)

function keyPairFor(alg: SigningAlgorithm): Promise<KeyPairKeyObjectResult> {
  switch (alg) {
    case 'RS256':
    case 'RS384':
    case 'RS512':
    case 'PS256':
    case 'PS384':
    case 'PS512':
      return generate('rsa', { modulusLength: 2048 })
    case 'ES256':
      return generate('ec', { namedCurve: 'P-256' })
    case 'ES384':
      return generate('ec', { namedCurve: 'P-384' })
    case 'ES512':
      return generate('ec', { namedCurve: 'P-521' })
    case 'Ed25519':
    case 'EdDSA':
      return generate('ed25519')
  }
}
