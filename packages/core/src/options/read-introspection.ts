import { isAcceptableAddress } from '../authorization-server/address.ts'
import type { ClientAuthentication } from '../model/client-authentication.ts'
import type { IntrospectionSettings } from '../model/settings.ts'
import { LIMITS } from '../limits.ts'
import { isRecord, ownMembers } from '../lib/objects.ts'
import type { Algorithm } from '../signature/algorithms.ts'
import { readAuthentication, readClientId, sayUnknown } from './read-client-authentication.ts'
import { readChoice, readSeconds, type Say } from './read-values.ts'

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

/**
 * Validates how an issuer is asked about its tokens. `algorithms` are those of the issuer. No value that could
 * be a secret is ever in a message.
 */
export function readIntrospection(
  given: unknown,
  algorithms: readonly Algorithm[],
  insecureHosts: readonly string[],
  report: Say,
): IntrospectionSettings | undefined {
  if (given === undefined) return undefined
  if (!isRecord(given)) {
    report('introspection must be an object: { clientId, clientAuthentication, ... }.')
    return undefined
  }
  const options = ownMembers(given)
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
  readClientId(clientId, 'this API is registered with the issuer', say)
  if (response !== 'jwt' && options['algorithms'] !== undefined)
    say("algorithms are those of signed answers, which response: 'jwt' asks for.")
  const { active, inactive } = LIMITS.introspectionAge
  return {
    endpoint: endpoint as string | undefined,
    clientId: clientId as string,
    clientAuthentication: readOwnAuthentication(clientAuthentication, say),
    response: readChoice(response, ['json', 'jwt'], 'response', say) ?? 'json',
    algorithms: readAlgorithms(options['algorithms'], algorithms, say),
    tokenTypeHint: readChoice(options['tokenTypeHint'], ['access_token'], 'tokenTypeHint', say),
    maxAge: readSeconds(options['maxAge'], 'maxAge', 0, active, say) ?? 10,
    negativeMaxAge: readSeconds(options['negativeMaxAge'], 'negativeMaxAge', 0, inactive, say) ?? 3,
  }
}

/** What is not there stays not there: nobody else's key, algorithm or key id is ever read in its place. */
function readOwnAuthentication(given: unknown, say: Say): ClientAuthentication {
  const read = readAuthentication(isRecord(given) ? ownMembers(given) : given, say)
  return ownMembers(read) as unknown as ClientAuthentication
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
