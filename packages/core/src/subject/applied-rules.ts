import type { JsonObject } from '../lib/json.ts'
import { memoize } from '../lib/memoize.ts'
import { type Conditions, type Facts, hold, isAbsent, own } from './conditions.ts'
import { machinesLeaveUsers, type SubjectStatements } from './context.ts'
import { NO_TRACE_OF_USER, TRACES_OF_MACHINE } from './conventions.ts'
import type { Level } from './evidence.ts'
import type { Rule, TokenForm } from './profile.ts'

/** Evidence for one kind of subject: a rule whose conditions hold, or a statement of the operator. */
export interface AppliedRule {
  readonly id: string
  readonly kind: Rule['kind']
  readonly level: Level
  readonly claims: readonly string[]
  readonly userIdClaim: string | undefined
}

/** A token, as far as it speaks about its subject. */
export interface TokenFacts extends Facts {
  readonly form: TokenForm
  /** Empty where there is none. */
  readonly header: JsonObject
  /** The names of the claims that were asked for the client id. */
  readonly clientIdNames: readonly string[]
}

/** The rules that hold. */
export function applyRules(rules: readonly Rule[], token: TokenFacts): readonly AppliedRule[] {
  const { form, claims, header } = token
  const found: AppliedRule[] = []
  for (const rule of rules) {
    if ((rule.form ?? form) !== form) continue
    if (!hold(rule.when, claims, token)) continue
    if (rule.header === undefined || hold(rule.header, header, token))
      found.push(toAppliedRule(rule))
  }
  return found
}

const toAppliedRule = memoize(
  ({ id, kind, level, when, header = {}, userIdClaim }: Rule): AppliedRule => ({
    id,
    kind,
    level,
    claims: [...Object.keys(when), ...Object.keys(header).map((name) => `header.${name}`)],
    userIdClaim,
  }),
)

/**
 * Returns what the statements of the operator say about this token, and what contradicts them. The list of clients
 * goes first, unless somebody has exchanged a token of somebody else. A `sub` that is the client id is never
 * a user's.
 */
export function applyStatements(
  token: TokenFacts,
  statements: SubjectStatements,
): readonly AppliedRule[] {
  const { machineSubject, machineClients } = statements
  if (machineSubject === undefined && machineClients === undefined) return []
  const { claims, clientId, clientIdNames } = token
  const sub = own(claims, 'sub')
  const says = statedRules(clientIdNames)
  if (isListed(clientId, machineClients)) {
    const isExchanged = !isAbsent(own(claims, 'act')) && !isAbsent(sub) && sub !== clientId
    if (!isExchanged) return [says.machineClients]
  }
  const leavesUsers = machinesLeaveUsers(statements)
  const isOther = leavesUsers && !isAbsent(sub) && clientId !== undefined && sub !== clientId
  const traces = leavesUsers && !hold(NO_TRACE_OF_USER, claims, token) ? [TRACE_OF_USER] : []
  switch (machineSubject) {
    case 'client_id':
      if (isOther) return [says.subIsNotClientId, ...findTracesOfMachine(token)]
      return clientId !== undefined && sub === clientId ? [says.subIsClientId, ...traces] : []
    case 'absent':
      if (isOther) return [says.subIsThere, ...findTracesOfMachine(token)]
      if (!isAbsent(sub) || namesUser(token)) return []
      return [says.noSub, ...traces]
    case undefined:
      return []
  }
}

/** A list from plain JavaScript may be a text, in which half a name would stand too. */
function isListed(clientId: string | undefined, clients: unknown): boolean {
  return clientId !== undefined && Array.isArray(clients) && clients.includes(clientId)
}

/** RFC 7662 section 2.2: an answer need not have the `sub` of its user, and has a name for people instead. */
function namesUser({ form, claims }: TokenFacts): boolean {
  return form === 'introspection' && !isAbsent(own(claims, 'username'))
}

const TRACE_OF_USER = trace('trace_of_user', 'user', NO_TRACE_OF_USER)

function findTracesOfMachine(token: TokenFacts): readonly AppliedRule[] {
  const found = TRACES_OF_MACHINE.find((conditions) => hold(conditions, token.claims, token))
  return found === undefined ? [] : [toTraceOfMachine(found)]
}

const toTraceOfMachine = memoize((conditions: Conditions) =>
  trace('trace_of_machine', 'machine', conditions),
)

function trace(id: string, kind: AppliedRule['kind'], conditions: Conditions): AppliedRule {
  return { id, kind, level: 'convention', claims: Object.keys(conditions), userIdClaim: undefined }
}

/** All that the operator's statements can come to, by the names of the claims that are asked for the client id. */
const statedRules = memoize((clientIdNames: readonly string[]) => {
  const looked = ['sub', ...clientIdNames]
  return {
    machineClients: stated('machine_clients', 'machine', clientIdNames),
    subIsNotClientId: stated('sub_is_not_client_id', 'user', looked),
    subIsClientId: stated('sub_is_client_id', 'machine', looked),
    subIsThere: stated('sub_is_there', 'user', looked),
    noSub: stated('no_sub', 'machine', looked),
  }
})

function stated(id: string, kind: AppliedRule['kind'], claims: readonly string[]): AppliedRule {
  return { id, kind, level: 'configured', claims, userIdClaim: undefined }
}
