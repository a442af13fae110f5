import { isAcceptableAddress } from '../authorization-server/address.ts'
import type { ClientAuthentication } from '../authorization-server/client-authentication.ts'
import type { IntrospectionSettings } from '../issuers/issuer-settings.ts'
import { LIMITS } from '../limits.ts'
import { isRecord, Problems } from '../problems.ts'
import { type Algorithm, isAlgorithm } from '../signature/algorithms.ts'
import { isName, oneOf, readSeconds, type Say } from './read-values.ts'

export const INTROSPECTION_OPTIONS = [
  'endpoint',
  'clientId',
  'clientAuthentication',
  'response',
  'algorithms',
  'tokenTypeHint',
  'maxAge',
  'negativeMaxAge',
]

/** The members of each way to authenticate, beside `method`. */
const METHODS: Readonly<Record<ClientAuthentication['method'], readonly string[]>> = {
  client_secret_basic: ['secret'],
  client_secret_post: ['secret'],
  private_key_jwt: ['key', 'algorithm', 'keyId'],
  tls_client_auth: [],
}

/**
 * Validates how an issuer is asked about its tokens. `algorithms` are those of the issuer. No value that could
 * be a secret is ever in a message.
 */
export function readIntrospection(
  options: unknown,
  algorithms: readonly Algorithm[],
  insecureHosts: readonly string[],
  report: Say,
): IntrospectionSettings | undefined {
  if (options === undefined) return undefined
  if (!isRecord(options)) {
    report('introspection must be an object: { clientId, clientAuthentication, ... }.')
    return undefined
  }
  const say = (problem: string) => report(`introspection.${problem}`)
  sayUnknown(options, INTROSPECTION_OPTIONS, say)
  const { endpoint, clientId, clientAuthentication, response } = options
  if (
    endpoint !== undefined &&
    !(typeof endpoint === 'string' && isAcceptableAddress(endpoint, insecureHosts))
  ) {
    say(
      'endpoint must be an https address; http is accepted on loopback and for hosts named in allowInsecureHosts.',
    )
  }
  if (!isName(clientId))
    say('clientId is missing: give the id under which this API is registered with the issuer.')
  const { active, inactive } = LIMITS.introspectionAge
  return {
    endpoint: endpoint as string | undefined,
    clientId: clientId as string,
    clientAuthentication: readAuthentication(clientAuthentication, say),
    response: oneOf(response, ['json', 'jwt'], 'response', say) ?? 'json',
    algorithms: readAlgorithms(options['algorithms'], algorithms, say),
    tokenTypeHint: oneOf(options['tokenTypeHint'], ['access_token'], 'tokenTypeHint', say),
    maxAge: readSeconds(options['maxAge'], 'maxAge', 0, active, say) ?? 10,
    negativeMaxAge: readSeconds(options['negativeMaxAge'], 'negativeMaxAge', 0, inactive, say) ?? 3,
  }
}

function readAuthentication(given: unknown, say: Say): ClientAuthentication {
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

function readAlgorithms(
  named: unknown,
  ofIssuer: readonly Algorithm[],
  say: Say,
): readonly Algorithm[] {
  if (named === undefined) return ofIssuer
  const known: readonly unknown[] = ofIssuer
  if (Array.isArray(named) && named.length > 0 && named.every((name) => known.includes(name)))
    return Object.freeze([...named]) as readonly Algorithm[]
  say(`algorithms must name at least one of the issuer's: ${ofIssuer.join(', ')}.`)
  return []
}

function sayUnknown(options: object, known: readonly string[], say: Say): void {
  const problems = new Problems()
  problems.unknownNames(options, known)
  for (const problem of problems.all) say(problem)
}
