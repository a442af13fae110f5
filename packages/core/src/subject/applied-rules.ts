import type { JsonObject } from '../lib/json.ts'
import { getOwn } from '../lib/objects.ts'
import { memoize } from '../lib/memoize.ts'
import { compileConditions, type Conditions, type Facts, hold, isAbsent } from './conditions.ts'
import { areOthersUsers, type SubjectSettings } from './context.ts'
import { NO_TRACE_OF_USER, TRACES_OF_MACHINE } from './conventions.ts'
import type { Level } from './evidence.ts'
import type { Rule, TokenForm } from './profile.ts'

/** Evidence for one kind of subject: a rule whose conditions hold, or an option that applies. */
export interface AppliedRule {
  readonly id: string
  readonly kind: Rule['kind']
  readonly level: Level
  readonly claims: readonly string[]
  readonly userIdClaim: string | undefined
}

/** The parts of a token that are evidence for its subject. */
export interface TokenFacts extends Facts {
  readonly form: TokenForm
  /** The JOSE header. Empty if the token has no header. */
  readonly header: JsonObject
  /** The names of the claims that were read for the client id. */
  readonly clientIdNames: readonly string[]
}

/** Returns the rules whose conditions hold. */
export function applyRules(rules: readonly Rule[], token: TokenFacts): readonly AppliedRule[] {
  const { form, claims, header } = token
  const found: AppliedRule[] = []
  for (const rule of compileRules(rules)) {
    if ((rule.form ?? form) !== form) continue
    if (!rule.holds(claims, token)) continue
    if (rule.holdsInHeader === undefined || rule.holdsInHeader(header, token))
      found.push(rule.applied)
  }
  return found
}

const compileRules = memoize((rules: readonly Rule[]) =>
  rules.map((rule) => ({
    form: rule.form,
    holds: compileConditions(rule.when),
    holdsInHeader: rule.header && compileConditions(rule.header),
    applied: toAppliedRule(rule),
  })),
)

function toAppliedRule({ id, kind, level, when, header = {}, userIdClaim }: Rule): AppliedRule {
  const claims = [...Object.keys(when), ...Object.keys(header).map((name) => `header.${name}`)]
  return { id, kind, level, claims, userIdClaim }
}

/**
 * Returns the rules that follow from the options about subjects, and rules for signs in the token that contradict these options.
 * `machineClients` takes precedence, unless the token was exchanged for another subject: it has `act`, and its `sub` is not the
 * client id. If the `sub` is the client id, no option makes the subject a user.
 */
export function applyStatements(
  token: TokenFacts,
  settings: SubjectSettings,
): readonly AppliedRule[] {
  const { machineSubject, machineClients } = settings
  if (machineSubject === undefined && machineClients === undefined) return []
  const { claims, clientId, clientIdNames } = token
  const sub = getOwn(claims, 'sub')
  const stated = statedRules(clientIdNames)
  if (isListed(clientId, machineClients)) {
    const isExchanged = !isAbsent(getOwn(claims, 'act')) && !isAbsent(sub) && sub !== clientId
    if (!isExchanged) return [stated.machineClients]
  }
  const leavesUsers = areOthersUsers(settings)
  const isOther = leavesUsers && !isAbsent(sub) && clientId !== undefined && sub !== clientId
  const traces = leavesUsers && !hold(NO_TRACE_OF_USER, claims, token) ? [TRACE_OF_USER] : []
  switch (machineSubject) {
    case 'client_id':
      if (isOther) return [stated.subIsNotClientId, ...findTracesOfMachine(token)]
      return clientId !== undefined && sub === clientId ? [stated.subIsClientId, ...traces] : []
    case 'absent':
      if (isOther) return [stated.subIsThere, ...findTracesOfMachine(token)]
      if (!isAbsent(sub) || namesUser(token)) return []
      return [stated.noSub, ...traces]
    case undefined:
      return []
  }
}

/**
 * Returns whether a client is listed. In plain JavaScript, `clients` may be a string, and `includes` of a string also finds parts
 * of names.
 */
function isListed(clientId: string | undefined, clients: unknown): boolean {
  return clientId !== undefined && Array.isArray(clients) && clients.includes(clientId)
}

/**
 * Returns whether an introspection response names a user. The member `sub` is optional, so a response for a user may have only
 * `username` (RFC 7662 section 2.2).
 */
function namesUser({ form, claims }: TokenFacts): boolean {
  return form === 'introspection' && !isAbsent(getOwn(claims, 'username'))
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

/** Returns all rules that can follow from the options. The client id is read from the claims `clientIdNames`. */
const statedRules = memoize((clientIdNames: readonly string[]) => {
  const claims = ['sub', ...clientIdNames]
  return {
    machineClients: toStatedRule('machine_clients', 'machine', clientIdNames),
    subIsNotClientId: toStatedRule('sub_is_not_client_id', 'user', claims),
    subIsClientId: toStatedRule('sub_is_client_id', 'machine', claims),
    subIsThere: toStatedRule('sub_is_there', 'user', claims),
    noSub: toStatedRule('no_sub', 'machine', claims),
  }
})

function toStatedRule(
  id: string,
  kind: AppliedRule['kind'],
  claims: readonly string[],
): AppliedRule {
  return { id, kind, level: 'configured', claims, userIdClaim: undefined }
}
