import { readApplicationCheck } from './application-check.ts'
import { Problems } from '../configuration-problems.ts'
import { ConfigurationError } from '../errors.ts'
import { describeNotPlain } from '../lib/describe-given.ts'
import { isPlainObject, isRecord, copyOwnMembers } from '../lib/objects.ts'
import type { ProvedBinding } from '../model/access-token.ts'
import type { IssuerSettings, ScopeSettings } from '../model/settings.ts'
import { describeRequirements } from './describe-requirements.ts'
import { readIntrospect } from './introspect.ts'
import { isPublic, readIssuer } from './issuer.ts'
import { readOptional } from './optional.ts'
import type { GuardedIssuers } from './requirement.ts'
import { type CheckedRequirements, type Requirements, TOKEN_REQUIREMENTS } from './requirements.ts'

const TITLE = 'The requirements of a guard are wrong'

/** Settings of the API on which requirements depend. */
export interface RequirementSettings {
  readonly scopes: ScopeSettings
  /** The kinds of bindings that the API checks. */
  readonly bindings: readonly ProvedBinding[]
}

const NO_SETTINGS: RequirementSettings = {
  scopes: { supported: [], impliedBy: new Map() },
  bindings: [],
}

const REQUIREMENT = { one: 'a requirement', all: 'requirements' }

/** The requirements that an API key never meets: only a token of an issuer can meet them. */
const OF_ISSUERS = [
  'acr',
  'bound',
  'clients',
  'introspect',
  'issuer',
  'maxAuthAge',
] as const satisfies readonly (keyof Requirements)[]

/** The names of all requirements. */
export const REQUIREMENT_NAMES: readonly string[] = Object.keys({
  ...TOKEN_REQUIREMENTS,
  check: 0,
  issuer: 0,
  optional: 0,
  introspect: 0,
} satisfies Record<keyof Required<Requirements>, unknown>)

/**
 * Completes the sentence "Use ..." for options of other libraries that make a token required. A guard requires a token by
 * default.
 */
const OPTIONAL =
  'optional: true only if callers may omit the token. By default, a guard requires a token'

/** The replacement for each name of a requirement in other libraries. Each text completes the sentence "Use ...". */
const FOREIGN_REQUIREMENTS: Readonly<Record<string, string>> = {
  role: "claims: [{ claim: 'roles', includes: '...' }]",
  roles: "claims: [{ claim: 'roles', includes: '...' }]",
  groups: "claims: [{ claim: 'groups', includes: '...' }]",
  permissions: "claims: [{ claim: 'permissions', includes: '...' }]",
  requiredScopes: 'scope',
  dpop: "bound: 'dpop'",
  mtls: "bound: 'mtls'",
  binding: 'bound: true',
  anyScope: 'scope: { any: [...] }',
  clientId: 'clients',
  clientIds: 'clients',
  azp: 'clients',
  kind: "subject: 'machine' or 'user'",
  type: "subject: 'machine' or 'user'",
  authorization_details: "authorizationDetails: { type: '...' }",
  rar: "authorizationDetails: { type: '...' }",
  claim: "claims: [{ claim: '...', equals: '...' }]",
  sub: 'check: (token) => ..., and read token.subject',
  audience: 'the option audience',
  authRequired: OPTIONAL,
  credentialsRequired: OPTIONAL,
  active: 'introspect: true',
  acr_values: "acr: ['...']",
  max_age: 'maxAuthAge: seconds',
  maxAge: 'maxAuthAge: seconds',
}

/**
 * Validates the requirements of a guard when the guard is created. `given` are the arguments as received. If there are no
 * arguments, every valid token is accepted. An `undefined` argument is rejected, because the name of its variable may be
 * misspelt. A second argument is rejected, because it has no meaning. `isAdditional`: the requirements are merged with other
 * requirements, which can restrict the callers of a public platform, such as GitHub Actions.
 *
 * @throws `ConfigurationError` with all problems.
 */
export function readRequirements(
  given: readonly unknown[],
  issuers: GuardedIssuers,
  { scopes, bindings }: RequirementSettings = NO_SETTINGS,
  { isAdditional = false }: { readonly isAdditional?: boolean } = {},
): CheckedRequirements {
  const problems = new Problems()
  const own = readGiven(given)
  problems.unknownNames(own, REQUIREMENT_NAMES, {
    kind: REQUIREMENT,
    foreign: FOREIGN_REQUIREMENTS,
  })
  for (const [name, value] of Object.entries(own)) {
    if (value === undefined) problems.add(`${name} is undefined: give it a value, or leave it out.`)
  }
  const allowedIssuers = readIssuer(own['issuer'], issuers, problems)
  const allowed = issuers.static.filter(({ issuer }) => allowedIssuers?.includes(issuer) ?? true)
  const context = { problems, issuers, allowed, scopes, bindings, given: own }
  const checked = Object.entries(TOKEN_REQUIREMENTS).flatMap(([name, read], order) => {
    const requirement = read(own[name], context)
    return requirement === undefined ? [] : { ...requirement, order }
  })
  const applicationCheck = readApplicationCheck(own['check'], context)
  const introspect = readIntrospect(own['introspect'], context)
  const optional = readOptional(own['optional'], context)
  const isRestricted = restrictsCallers(own)
  if (!isRestricted && !isAdditional) checkPublicIssuers(allowed, problems)
  problems.throwAs(TITLE)
  let description: string | undefined
  return {
    issuers: allowedIssuers,
    acceptsPublicIssuers: isRestricted,
    optional,
    needsIssuer: OF_ISSUERS.some((name) => own[name] !== undefined),
    introspect,
    checks: checked.map(({ order, check }) => ({ order, check })),
    applicationCheck,
    challenge: Object.assign({}, ...checked.map(({ challenge }) => challenge)) as object,
    describe: () => (description ??= describeRequirements(own)),
  }
}

const NO_ISSUERS: GuardedIssuers = {
  static: [],
  hasDynamic: false,
  isDynamic: (_name): _name is string => false,
}

/** No requirements: every valid token is accepted, even one of a public platform, where everyone can get a token. */
export const ANY_TOKEN: CheckedRequirements = {
  ...readRequirements([], NO_ISSUERS),
  acceptsPublicIssuers: true,
}

/** Reads the arguments of a guard. Members of `Object.prototype` are ignored. */
function readGiven(given: readonly unknown[]): Readonly<Record<string, unknown>> {
  if (given.length === 0) return copyOwnMembers({})
  const [requirements] = given
  if (isRecord(requirements) && 'headers' in requirements && 'method' in requirements) {
    throw new ConfigurationError('requireToken was used as a middleware', [
      'Write requireToken() with parentheses: this call returns the middleware.',
    ])
  }
  if (isPlainObject(requirements) && given.length === 1) return copyOwnMembers(requirements)
  throw new ConfigurationError(TITLE, [describeWrong(requirements, given.length)])
}

/** Describes wrong arguments. A string is usually a scope, so the problem shows the correct call. */
function describeWrong(requirements: unknown, count: number): string {
  if (count > 1)
    return `Requirements must be one object, not ${count} arguments: put all requirements into this object.`
  // The text is shown only if it consists of lower-case words, so that a token is never shown.
  const isScope =
    typeof requirements === 'string' && /^[a-z]{1,15}(?:[:.-][a-z]{1,15}){0,3}$/.test(requirements)
  const such = isScope ? `{ scope: '${requirements}' }` : "{ scope: 'read:reports' }"
  return `Requirements must be an object such as ${such}, not ${describeNotPlain(requirements)}. To accept any valid token, leave the argument out.`
}

/** Returns whether a guard accepts only some callers of an issuer. */
function restrictsCallers({
  clients,
  claims,
  authorizationDetails,
  check,
  scope,
  subject,
}: Readonly<Record<string, unknown>>): boolean {
  const restriction = clients ?? claims ?? authorizationDetails ?? check ?? scope
  return restriction !== undefined || subject === 'user'
}

/** Reports a missing restriction. Every user of a public platform can request a valid token for this API. */
function checkPublicIssuers(allowed: readonly IssuerSettings[], problems: Problems): void {
  for (const settings of allowed) {
    if (!isPublic(settings)) continue
    const { subjects } = settings
    problems.add(
      `The guard does not restrict callers: every user of ${subjects.provider} can request a token for this API. Set claims to require values that only tokens of your own accounts or repositories have, or set clients if the tokens contain a client id.`,
    )
  }
}
