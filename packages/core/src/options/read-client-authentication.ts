import type { ClientAuthentication } from '../authorization-server/client-authentication.ts'
import { isRecord, Problems } from '../problems.ts'
import { isAlgorithm } from '../signature/algorithms.ts'
import { isName, type Say } from './read-values.ts'

/** The members of each way to authenticate, beside `method`. */
const METHODS: Readonly<Record<ClientAuthentication['method'], readonly string[]>> = {
  client_secret_basic: ['secret'],
  client_secret_post: ['secret'],
  private_key_jwt: ['key', 'algorithm', 'keyId'],
  tls_client_auth: [],
}

/** Validates how a client says who it is. No value that could be a secret is ever in a message. */
export function readAuthentication(given: unknown, say: Say): ClientAuthentication {
  const method = isRecord(given) ? given['method'] : undefined
  if (!isRecord(given) || typeof method !== 'string' || !Object.hasOwn(METHODS, method)) {
    say(`clientAuthentication must be an object with a method: ${Object.keys(METHODS).join(', ')}.`)
    return { method: 'tls_client_auth' }
  }
  sayUnknown(given, ['method', ...METHODS[method as keyof typeof METHODS]], (problem) =>
    say(`clientAuthentication.${problem}`),
  )
  const { secret, key, algorithm, keyId } = given
  if (method.startsWith('client_secret') && !isName(secret) && typeof secret !== 'function')
    say(`clientAuthentication.secret must be a string, or a function that gives one.`)
  if (method === 'private_key_jwt') {
    if (!isPrivateKey(key, algorithm) && typeof key !== 'function') {
      say(
        'clientAuthentication.key must be a private CryptoKey, KeyObject or JWK with its algorithm named, or a function that gives one.',
      )
    }
    if (keyId !== undefined && !isName(keyId)) say('clientAuthentication.keyId must be a string.')
    if (algorithm !== undefined && !isAlgorithm(algorithm))
      say('clientAuthentication.algorithm must be the name of an algorithm, such as ES256.')
  }
  // A copy, so that what was checked is what is used. Secrets stay where they are.
  return { ...given } as unknown as ClientAuthentication
}

function isPrivateKey(key: unknown, algorithm: unknown): boolean {
  if (!isRecord(key)) return false
  if ('kty' in key) return isName(key['d']) && isAlgorithm(algorithm ?? key['alg'])
  return key['type'] === 'private' && isAlgorithm(algorithm)
}

/** Says which members are not known. */
export function sayUnknown(options: object, known: readonly string[], say: Say): void {
  const problems = new Problems()
  problems.unknownNames(options, known)
  for (const problem of problems.all) say(problem)
}
