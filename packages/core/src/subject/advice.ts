import { canTell, machinesLeaveUsers, profileIn, type SubjectStatements } from './context.ts'
import type { UnknownReason } from './evidence.ts'
import type { TokenForm } from './profile.ts'

/** Advice on what to configure where a guard refuses somebody because nobody knows what they are. Fixed texts. */
const ADVICE: Readonly<Record<Exclude<UnknownReason, 'no_evidence'>, string>> = {
  conflict:
    'What the token says contradicts itself, or what is configured: see which rules and claims, and whether something adds claims to the tokens of this issuer.',
  malformed: 'A claim is not what it has to be: see what writes it at the authorization server.',
  no_id:
    'The claim that identifies the subject is missing: see what leaves it out at the authorization server.',
  another_kind_of_token: 'The caller sends another token than an access token.',
  agent_account:
    'This is the user account of an agent, which is nobody: let it call as the agent itself, or name its client in clients and ask for no subject.',
}

/**
 * Returns advice on what to configure, given the reason why a subject of this issuer is unknown. `unnamed` are the claims that should have
 * named a client, where none does.
 */
export function adviceFor(
  reason: UnknownReason,
  statements: SubjectStatements,
  unnamed: readonly string[] = [],
): string {
  const { provider, machineSubject, machineClients } = statements
  if (reason === 'conflict' && provider === undefined && machineSubject !== undefined) {
    return `The token speaks against machineSubject: '${machineSubject}'. Set the provider of this issuer (provider: 'keycloak', ...) and remove machineSubject, or name the machines in machineClients.`
  }
  if (reason !== 'no_evidence') return ADVICE[reason]
  const needsClient = provider === undefined || (machineSubject ?? machineClients) !== undefined
  if (needsClient && unnamed.length > 0) {
    return `The token names no client in ${unnamed.join(' or ')}: set clientIdClaim, or see what leaves it out at the authorization server.`
  }
  const profile = profileIn(statements)
  const notListed = machineClients === undefined ? '' : 'This client is not among machineClients. '
  if (profile !== undefined) return notListed + profile.advice
  const ways = [
    ...(provider === undefined
      ? ["name the provider of this issuer (provider: 'auth0', ...)"]
      : []),
    ...(machineSubject === undefined ? ["say what a machine's sub is (machineSubject)"] : []),
    'name the machines in machineClients',
  ]
  return `${notListed}To know its subject, ${ways.join(', or ')}.`
}

const IN_WORDS: Readonly<Record<TokenForm, string>> = {
  jwt: 'JWTs',
  introspection: 'introspection answers',
}

/** Returns why no token of these forms can tell a subject of that kind, and what can be done about it. */
export function adviceOnKind(
  kind: 'machine' | 'user',
  statements: SubjectStatements,
  forms: readonly TokenForm[],
  issuer: string,
): string {
  const { provider } = statements
  const profile = profileIn(statements)
  if (profile === undefined) {
    const listing = kind === 'machine' ? ' Or name the machines in machineClients.' : ''
    return `nothing is said about who is a ${kind} at ${issuer}. Set its provider. Or, if a machine's sub is its client id there, and no user's ever is, set machineSubject: 'client_id': it makes users of all others.${listing}`
  }
  const silent = forms.map((form) => IN_WORDS[form]).join(' and ')
  const says = `${silent} of ${provider} do not say who is a ${kind}, and nothing else is said about ${issuer}.`
  return `${says} ${wayOut(kind, statements, forms)}`
}

function wayOut(
  kind: 'machine' | 'user',
  statements: SubjectStatements,
  forms: readonly TokenForm[],
): string {
  if (kind === 'machine') return profileIn(statements)!.advice
  if (machinesLeaveUsers(statements)) {
    return "If a machine's sub is its client id there, and no user's ever is, set machineSubject: 'client_id'."
  }
  if (!forms.includes('introspection') && canTell(kind, statements, 'introspection')) {
    return "Its introspection answers do: set tokenFormat: 'opaque', or leave subject out and use check or clients."
  }
  return 'No option can say it: leave subject out, and use check or clients.'
}
