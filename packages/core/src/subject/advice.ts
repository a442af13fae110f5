import { canDetermine, areOthersUsers, type SubjectSettings } from './context.ts'
import type { UnknownReason } from './evidence.ts'
import type { TokenForm } from './profile.ts'

/** Advice by the reason why a subject is unknown. The texts are fixed. */
const ADVICE: Readonly<Record<Exclude<UnknownReason, 'no_evidence'>, string>> = {
  conflict:
    'The claims contradict each other, or contradict the options of this issuer. The event subject_unknown lists the rules and claims. Check whether a mapper or hook adds claims to the tokens.',
  malformed:
    'A claim has an invalid value. Check which mapper or hook writes it at the authorization server.',
  no_id:
    'The claim that identifies the subject is missing. Check why the authorization server does not write it.',
  another_kind_of_token: 'The token is not an access token. The client must send the access token.',
  agent_account:
    'This is the user account of an agent, which is neither a machine nor a user. Let the agent call with its machine token. Or list its client in the requirement clients, and remove the requirement subject.',
}

/** A user must not become a machine, so a client that acts for users must not be listed. */
const NOT_LISTED =
  'This client is not in machineClients. If it can act for a user, the refusal is right: do not add the client. '

/**
 * Returns advice for an unknown subject. `reason` is the reason why the subject is unknown. `settings` are the settings of its
 * issuer. `unnamed` are the claims that should name the client, if the token has no client id.
 */
export function adviceFor(
  reason: UnknownReason,
  settings: SubjectSettings,
  unnamed: readonly string[] = [],
): string {
  const { provider, profile, machineSubject, machineClients } = settings
  if (reason === 'conflict' && provider === undefined && machineSubject !== undefined) {
    return `The claims contradict machineSubject: '${machineSubject}'. Set the provider of this issuer (provider: 'keycloak', ...) and remove machineSubject, or name the machines in machineClients.`
  }
  if (reason !== 'no_evidence') return ADVICE[reason]
  const needsClient = provider === undefined || (machineSubject ?? machineClients) !== undefined
  if (needsClient && unnamed.length > 0) {
    return `The token contains no client id in ${unnamed.join(' or ')}. Set clientIdClaim, or make the authorization server write the claim.`
  }
  const notListed = machineClients === undefined ? '' : NOT_LISTED
  if (profile !== undefined) return notListed + profile.advice
  const ways = [
    ...(provider === undefined ? ["set the provider of this issuer (provider: 'auth0', ...)"] : []),
    ...(machineSubject === undefined
      ? ["describe the sub of machines with machineSubject: 'client_id' or 'absent'"]
      : []),
    'name the machines in machineClients',
  ]
  return `${notListed}To determine the subject kind, ${ways.join(', or ')}.`
}

const IN_WORDS: Readonly<Record<TokenForm, string>> = {
  jwt: 'JWTs',
  introspection: 'introspection responses',
}

/** Returns why tokens of these forms never show a subject of this kind, and which option to set. */
export function adviceOnKind(
  kind: 'machine' | 'user',
  settings: SubjectSettings,
  forms: readonly TokenForm[],
  issuer: string,
): string {
  const { provider, profile } = settings
  if (profile === undefined) {
    const listing = kind === 'machine' ? ' Or name the machines in machineClients.' : ''
    return `'${kind}' cannot be determined: no option of ${issuer} shows the subject kind. Set its provider. If the sub of a machine is its client id, and the sub of a user is never a client id, you can set machineSubject: 'client_id' instead. All other subjects are then users.${listing}`
  }
  const tokens = forms.map((form) => IN_WORDS[form]).join(' and ')
  const problem = `'${kind}' cannot be determined: ${tokens} of ${provider} do not show the subject kind, and the options of ${issuer} do not define it.`
  return `${problem} ${findSolution(kind, settings, forms)}`
}

function findSolution(
  kind: 'machine' | 'user',
  settings: SubjectSettings,
  forms: readonly TokenForm[],
): string {
  if (kind === 'machine') return settings.profile!.advice
  if (areOthersUsers(settings)) {
    return "If the sub of a machine is its client id, and the sub of a user is never a client id, set machineSubject: 'client_id'."
  }
  if (!forms.includes('introspection') && canDetermine(kind, settings, 'introspection')) {
    return "Introspection responses show the kind. Set tokenFormat: 'opaque'. Or remove the requirement subject, and use check or clients instead."
  }
  return 'No option can determine the kind: remove subject, and use check or clients.'
}
