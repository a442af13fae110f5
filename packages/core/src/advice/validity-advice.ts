import type { AdviceRow, RefusalFacts } from './refusal-facts.ts'

const IN_THE_CLIENT = 'In the client'
const AT_THE_SERVER = 'At the authorization server'

/** Returns whether a time is in milliseconds. Read as seconds, it would be after the year 5138. */
const isInMilliseconds =
  (name: string) =>
  ({ claims: { [name]: value } }: RefusalFacts) =>
    typeof value === 'number' && value > 1e11

/** Advice on times, revocation and bindings of tokens. */
export const VALIDITY_ADVICE: readonly AdviceRow[] = [
  {
    reason: 'expired',
    where: IN_THE_CLIENT,
    change:
      'request a new token before the cached one expires. If every token is rejected as expired, compare the clock of the API server with the clock of the authorization server.',
  },
  ...(['not_yet_valid', 'issued_in_future'] as const).flatMap((reason): readonly AdviceRow[] => [
    {
      reason,
      when: isInMilliseconds(reason === 'not_yet_valid' ? 'nbf' : 'iat'),
      sign: 'the time is written in milliseconds',
      where: AT_THE_SERVER,
      change: 'write times in seconds (RFC 7519 section 2).',
    },
    {
      reason,
      where: 'On this machine',
      change:
        'compare its clock with the clock of the authorization server (NTP). If the difference is small, raise clockTolerance.',
    },
  ]),
  {
    reason: 'too_old',
    where: IN_THE_CLIENT,
    change: 'request a new token. If older tokens are acceptable for this API, raise maxTokenAge.',
  },
  {
    reason: 'inactive',
    providers: ['keycloak'],
    where: 'At Keycloak',
    change:
      'check whether the token is revoked or expired. Keycloak also reports a token as inactive if its iss is not the address that this API calls. In that case, set the environment variable KC_HOSTNAME of Keycloak.',
  },
  {
    reason: 'inactive',
    where: AT_THE_SERVER,
    change:
      'check whether the token is revoked, expired or issued by another server. Also check whether the introspection client may introspect it.',
  },
  {
    reason: 'unsupported_binding',
    where: IN_THE_CLIENT,
    change:
      'request a token that is not bound to a key or certificate: bound tokens (with cnf) are not supported.',
  },
]
