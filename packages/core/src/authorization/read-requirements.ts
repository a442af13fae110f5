import { Problems } from '../configuration-problems.ts'
import { ConfigurationError } from '../errors.ts'
import { describeNotPlain } from '../lib/describe-given.ts'
import { isPlainObject, isRecord, ownMembers } from '../lib/objects.ts'
import type { IssuerSettings } from '../model/settings.ts'
import { profileIn } from '../subject/context.ts'
import { describeRequirements } from './describe-requirements.ts'
import { readIntrospect } from './introspect.ts'
import { readIssuer } from './issuer.ts'
import { readOptional } from './optional.ts'
import { type CheckedRequirements, type Requirements, TOKEN_REQUIREMENTS } from './requirements.ts'

const TITLE = 'The requirements of a guard are wrong'

const NAMES = Object.keys({
  ...TOKEN_REQUIREMENTS,
  issuer: 0,
  optional: 0,
  introspect: 0,
} satisfies Record<keyof Required<Requirements>, unknown>)

/** Names that people expect, and what to use instead. Each text ends the sentence "Use ...". */
const FOREIGN_REQUIREMENTS: Readonly<Record<string, string>> = {
  role: 'check: (token) => ..., or scope with the option scopeClaim',
  roles: 'check: (token) => ..., or scope with the option scopeClaim',
  groups: 'check: (token) => ..., or scope with the option scopeClaim',
  permissions: 'scope, with the option scopeClaim',
  requiredScopes: 'scope',
  anyScope: 'scope: { any: [...] }',
  clientId: 'clients',
  clientIds: 'clients',
  azp: 'clients',
  kind: "subject: 'machine' or 'user'",
  type: "subject: 'machine' or 'user'",
  claims: 'check: (token) => ...',
  sub: 'check: (token) => ..., which gets token.subject',
  audience: 'the option audience',
  authRequired: 'optional: true',
  credentialsRequired: 'optional: true',
  active: 'introspect: true',
}

/**
 * Validates the requirements of a guard when the guard is made. Throws a `ConfigurationError` that names every
 * problem.
 *
 * `given` are the arguments as received. No argument is fine: any valid token will do. An argument that is
 * present and `undefined` was misspelt somewhere, and a second argument would be overlooked.
 */
export function readRequirements(
  given: readonly unknown[],
  issuers: readonly IssuerSettings[],
): CheckedRequirements {
  const problems = new Problems()
  const own = readGiven(given)
  problems.unknownNames(own, NAMES, '', FOREIGN_REQUIREMENTS)
  for (const [name, value] of Object.entries(own)) {
    if (value === undefined) problems.add(`${name} is undefined: give it a value, or leave it out.`)
  }
  const allowedIssuers = readIssuer(own['issuer'], issuers, problems)
  const allowed = issuers.filter(({ issuer }) => allowedIssuers?.includes(issuer) ?? true)
  const context = { problems, issuers, allowed }
  const checked = Object.entries(TOKEN_REQUIREMENTS).flatMap(
    ([name, read]) => read(own[name], context) ?? [],
  )
  const introspect = readIntrospect(own['introspect'], context)
  const optional = readOptional(own['optional'], context)
  checkPublicIssuers(own, allowed, problems)
  problems.throwAs(TITLE)
  let description: string | undefined
  return {
    issuers: allowedIssuers,
    optional,
    introspect,
    checks: checked.map(({ check }) => check),
    challenge: Object.assign({}, ...checked.map(({ challenge }) => challenge)) as object,
    describe: () => (description ??= describeRequirements(own)),
  }
}

/** The requirements of no guard: every valid token passes. */
export const ANY_TOKEN: CheckedRequirements = readRequirements([], [])

/** A member of `Object.prototype` is not a requirement. */
function readGiven(given: readonly unknown[]): Readonly<Record<string, unknown>> {
  if (given.length === 0) return ownMembers({})
  const [requirements] = given
  if (isRecord(requirements) && 'headers' in requirements && 'method' in requirements) {
    throw new ConfigurationError('requireToken was used as a middleware', [
      'It makes one: write requireToken() with parentheses.',
    ])
  }
  if (isPlainObject(requirements) && given.length === 1) return ownMembers(requirements)
  throw new ConfigurationError(TITLE, [describeWrong(requirements, given.length)])
}

/** A string is usually a scope, and then the problem shows the right call. */
function describeWrong(requirements: unknown, count: number): string {
  if (count > 1)
    return `They are one object, not ${count} arguments: write all requirements into it.`
  // Small letters only: a token, which must not be in a message, has others too.
  const isScope =
    typeof requirements === 'string' && /^[a-z]{1,15}(?:[:.-][a-z]{1,15}){0,3}$/.test(requirements)
  const such = isScope ? `{ scope: '${requirements}' }` : "{ scope: 'read:reports' }"
  return `They must be an object such as ${such}, not ${describeNotPlain(requirements)}. Leave them out if any valid token will do.`
}

/** On a public platform anybody can request a token for this API, so a valid token does not show who calls. */
function checkPublicIssuers(
  { clients, check, scope, subject }: Readonly<Record<string, unknown>>,
  allowed: readonly IssuerSettings[],
  problems: Problems,
): void {
  if ((clients ?? check ?? scope) !== undefined || subject === 'user') return
  for (const { subjects, allowedClients } of allowed) {
    if (allowedClients !== undefined || profileIn(subjects)?.isPublic !== true) continue
    problems.add(
      `check is missing: anybody can request a token of ${subjects.provider} for this API. Say in check whose may call, by the claims that only ${subjects.provider} can write (docs/machine-or-user.md), or in clients where they name one.`,
    )
  }
}
