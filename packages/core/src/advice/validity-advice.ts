import type { Advice, AdviceRow, RefusalFacts } from './refusal-facts.ts'

/** Returns whether a time is in milliseconds. If the number were in seconds, the time would be after the year 5138. */
export const isInMilliseconds =
  (name: string) =>
  ({ claims: { [name]: value } }: RefusalFacts) =>
    typeof value === 'number' && value > 1e11

export const IN_SECONDS =
  'At the authorization server: write times in seconds (RFC 7519 section 2).'
export const COMPARE_CLOCKS =
  'On this computer: compare its clock with the clock of the authorization server (NTP). If the difference is small, raise clockTolerance.'

/** Returns the advice for the time claim `name`, if its time is in the future. */
function adviseOnFuture(name: string): [AdviceRow, string] {
  return [
    {
      when: isInMilliseconds(name),
      advice: IN_SECONDS,
    },
    COMPARE_CLOCKS,
  ]
}

/** Advice on times and revocation of tokens. */
export const getValidityAdvice = () =>
  ({
    expired: [
      'In the client: request a new token before the cached token expires. If every token is rejected as expired, compare the clock of the API server with the clock of the authorization server.',
    ],
    not_yet_valid: adviseOnFuture('nbf'),
    issued_in_future: adviseOnFuture('iat'),
    too_old: [
      'In the client: request a new token. If older tokens are acceptable for this API, raise maxTokenAge.',
    ],
    inactive: [
      {
        providers: ['keycloak'],
        advice:
          'At Keycloak: check whether the token is revoked or expired. Keycloak also reports a token as inactive if the iss of the token differs from the address at which this API calls Keycloak. In that case, set the environment variable KC_HOSTNAME of Keycloak.',
      },
      'At the authorization server: check whether the token is revoked, expired or issued by another server. Also check whether introspection.clientId may introspect this token.',
    ],
  }) satisfies Advice
