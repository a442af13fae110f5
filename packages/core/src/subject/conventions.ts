import { copyOwnData } from '../lib/own-data.ts'
import type { Condition, Conditions } from './conditions.ts'
import type { Rule } from './profile.ts'

/**
 * Conditions that hold if a token has none of the claims of a user session. Each of these claims is a sign of a user, even if the
 * `sub` is equal to the client id. A user may have chosen such a `sub`.
 */
export const NO_TRACE_OF_USER: Conditions = {
  sid: 'absent',
  auth_time: 'absent',
  amr: 'absent',
  email: 'absent',
}

/** A name that Keycloak or authentik gives to the account of a client. */
const NAME_OF_SERVICE_ACCOUNT: Condition = {
  matches: /^(?:service-account-|ak-.+-client_credentials$)/,
}

/**
 * Signs of a machine: claims that products write for machines. A token with one of these claims is probably not the token of
 * a user. `username` is not included, because it is a human-readable name (RFC 7662 section 2.2).
 */
export const TRACES_OF_MACHINE: readonly Conditions[] = [
  // Keycloak
  { preferred_username: NAME_OF_SERVICE_ACCOUNT },
  { clientHost: 'present', clientAddress: 'present' },
  { jti: { matches: /^[a-z]{4}cc:/ } },
  // Auth0, UAA, and others that write the grant
  { gty: { includesAny: ['client-credentials', 'client_credentials'] } },
  { grant_type: { is: ['client-credentials', 'client_credentials'] } },
  { sub: { matches: /@clients$/ } },
  { sub_profile: { is: 'ai_agent' } },
  // PingAM
  { sub: { matches: /^\(age!/ }, subname: { differsFrom: 'sub' } },
  // Pocket ID
  { sub: { isClientId: { prefix: 'client-' } } },
  // WSO2
  { aut: { is: ['APPLICATION', 'AGENT'] } },
  // Entra
  { idtyp: { is: 'app' } },
  { xms_sub_fct: { includesAny: ['13'] } },
  // Casdoor
  { type: { is: 'application' }, tokenType: 'present' },
  // Clerk, Stytch
  { sub: { matches: /^(?:mch_|m2m-client-)/ } },
  // Google
  { email: { matches: /\.gserviceaccount\.com$/ } },
  // Kubernetes
  { sub: { matches: /^system:serviceaccount:/ } },
]

/**
 * Rules by convention, for issuers without a provider. If `machineSubject` or `machineClients` is set, these rules can only
 * contradict that option. Otherwise, their result is for information only: a guard with `subject` never accepts it.
 */
export const CONVENTIONS: readonly Rule[] = copyOwnData([
  {
    // RFC 9068 section 2.2. The other claims must not show a user, because a user can have the name of a client.
    id: 'sub_is_client_id',
    kind: 'machine',
    level: 'convention',
    when: {
      sub: { isClientId: true },
      ...NO_TRACE_OF_USER,
      session_state: 'absent',
      nonce: 'absent',
      at_hash: 'absent',
      uid: 'absent',
      act: 'absent',
      username: { ifPresent: { isClientId: true } },
      preferred_username: { ifPresent: { isClientId: true } },
      user_id: { ifPresent: { isClientId: true } },
    },
  },
  {
    // RFC 9068 section 2.2.1: `amr` and `auth_time` describe how and when the resource owner was authenticated.
    id: 'user_session',
    kind: 'user',
    level: 'convention',
    when: {
      sub: { differsFromClientId: true },
      amr: 'present',
      auth_time: 'present',
      gty: 'absent',
      grant_type: 'absent',
      preferred_username: {
        ifPresent: { matchesNot: /^(?:service-account-|ak-.*-client_credentials$)/ },
      },
    },
  },
])
