import type { JsonObject } from '../encoding/json.ts'
import { type Facts, hold, isAbsent, own } from './conditions.ts'
import { clientIdClaims, machinesLeaveUsers, type SubjectContext } from './context.ts'
import type { Level } from './evidence.ts'
import { oncePer } from '../once-per.ts'
import type { Rule, TokenForm } from './profile.ts'

/** Something that speaks for one kind of subject: a rule that holds, or what the operator has said. */
export interface Finding {
  readonly id: string
  readonly kind: Rule['kind']
  readonly level: Level
  readonly claims: readonly string[]
  readonly userId: string | undefined
}

/** The rules that hold. */
export function findings(
  rules: readonly Rule[],
  form: TokenForm,
  header: JsonObject,
  facts: Facts,
): readonly Finding[] {
  const found: Finding[] = []
  for (const rule of rules) {
    if ((rule.form ?? form) !== form) continue
    if (!hold(rule.when, facts.claims, facts)) continue
    if (rule.header === undefined || hold(rule.header, header, facts)) found.push(findingOf(rule))
  }
  return found
}

const findingOf = oncePer(({ id, kind, level, when, header = {}, userId }: Rule): Finding => ({
  id,
  kind,
  level,
  claims: [...Object.keys(when), ...Object.keys(header).map((name) => `header.${name}`)],
  userId,
}))

/**
 * What the statements of the operator say about this token. The list of clients goes first. A `sub` that
 * is the client id is never a user's.
 */
export function statementOf(
  { claims, clientId }: Facts,
  statements: SubjectContext,
): Finding | undefined {
  const { machineSubject, machineClients } = statements
  if (machineSubject === undefined && machineClients === undefined) return undefined
  const names = clientIdClaims(statements, statements.form)
  if (clientId !== undefined && machineClients?.includes(clientId) === true) {
    return stated('machine_clients', 'machine', names)
  }
  const sub = own(claims, 'sub')
  const looked = ['sub', ...names]
  const isMachine = machineSubject === 'none' ? isAbsent(sub) : sub === clientId
  const isOther = !isAbsent(sub) && sub !== clientId && machinesLeaveUsers(statements)
  switch (machineSubject) {
    case 'client_id':
      if (clientId === undefined) return undefined
      if (isMachine) return stated('sub_is_client_id', 'machine', looked)
      return isOther ? stated('sub_is_not_client_id', 'user', looked) : undefined
    case 'none':
      if (isMachine) return stated('no_sub', 'machine', looked)
      return isOther ? stated('sub_is_there', 'user', looked) : undefined
    case undefined:
      return undefined
  }
}

function stated(id: string, kind: Finding['kind'], claims: readonly string[]): Finding {
  return { id, kind, level: 'configured', claims, userId: undefined }
}
