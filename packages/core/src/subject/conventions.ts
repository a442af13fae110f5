import { ownData } from '../lib/own-data.ts'
import type { Condition, Conditions } from './conditions.ts'
import type { Rule } from './profile.ts'

/** Claims that a machine's token has no use for. Where people choose their `sub`, it shows who has signed in. */
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
 * Marks that products write for machines. A token that has one of them is hardly that of a user. `username` is none of
 * them (RFC 7662 section 2.2: it is for people to read).
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
 * The rules that hold by custom, for issuers about which nothing is said: neither a profile nor a statement of the
 * operator. It is for information; a guard does not ask for a kind on such an issuer.
 */
export const CONVENTIONS: readonly Rule[] = ownData([
  {
    // RFC 9068 section 2.2, and no trace of a user, who may be called what the client is called.
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
    // RFC 9068 section 2.2.1: how and when the resource owner was authenticated.
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
