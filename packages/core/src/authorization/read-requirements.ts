import { ConfigurationError } from '../errors.ts'
import type { IssuerSettings } from '../model/settings.ts'
import { LIMITS } from '../limits.ts'
import { Problems } from '../configuration-problems.ts'
import { isRecord, ownMembers } from '../lib/objects.ts'
import { adviceOnKind } from '../subject/advice.ts'
import { canNameClient } from '../subject/client-id.ts'
import { canTell, profileIn } from '../subject/context.ts'
import type { TokenForm } from '../subject/profile.ts'
import type { CheckedRequirements, ClientOfIssuer, Requirements } from './requirements.ts'

const NAMES = ['scope', 'subject', 'clients', 'issuer', 'optional', 'introspect', 'check']
/** RFC 6749 section 3.3: `scope-token`. */
const SCOPE_TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]+$/

/**
 * Validates what a guard asks for, when the guard is defined. Throws a `ConfigurationError` that names
 * every problem: a guard that asks for less than was meant is worse than none.
 *
 * Takes the arguments of the call as they came: none at all is fine where any valid token will do, but one
 * that is there and undefined was misspelt somewhere, and a second one would be overlooked.
 */
export function readRequirements(
  given: readonly unknown[],
  issuers: readonly IssuerSettings[],
): CheckedRequirements {
  const problems = new Problems()
  const requirements = given.length === 0 ? {} : given[0]
  if (looksLikeRequest(requirements)) {
    throw new ConfigurationError('requireToken was used as a middleware', [
      'It makes one: write requireToken() with parentheses.',
    ])
  }
  if (!isRecord(requirements) || given.length > 1) {
    throw new ConfigurationError('The requirements of a guard are wrong', [
      'They must be one object, or be left out altogether where any valid token will do.',
    ])
  }
  problems.unknownNames(requirements, NAMES)
  for (const [name, value] of Object.entries(requirements)) {
    if (value === undefined) problems.add(`${name} is undefined: give it a value, or leave it out.`)
  }
  const { scope, subject, clients, issuer, optional, introspect, check } =
    // A member of `Object.prototype` is not a requirement.
    ownMembers(requirements) as Requirements
  const checked = {
    ...readScope(scope, problems),
    issuers: readIssuer(issuer, issuers, problems),
    clients: readClients(clients, issuers, problems),
    subject,
    optional: optional ?? false,
    introspect: readIntrospect(introspect, problems),
    check,
  }
  if (introspect !== undefined) checkIntrospect(checked.issuers, issuers, problems)
  if (subject !== undefined) checkSubject(subject, checked.issuers, issuers, problems)
  checkWhoseTokens(checked, issuers, problems)
  if (optional !== undefined && typeof optional !== 'boolean')
    problems.add('optional must be true or false.')
  if (check !== undefined && typeof check !== 'function') problems.add('check must be a function.')
  problems.throwAs('The requirements of a guard are wrong')
  return checked
}

/** The requirements of no guard: every valid token passes. */
export const ANY_TOKEN: CheckedRequirements = readRequirements([], [])

function readScope(
  scope: Requirements['scope'],
  problems: Problems,
): Pick<CheckedRequirements, 'allScopes' | 'anyScopes' | 'challengeScope'> {
  if (scope === undefined) return { allScopes: [], anyScopes: undefined, challengeScope: undefined }
  if (isRecord(scope)) {
    const own = ownMembers(scope)
    problems.unknownNames(own, ['any'], 'scope.')
    const anyScopes = readScopeNames(own['any'], 'scope.any', problems)
    return { allScopes: [], anyScopes, challengeScope: anyScopes[0] }
  }
  const names = typeof scope === 'string' ? scope.split(' ').filter((name) => name !== '') : scope
  const allScopes = readScopeNames(names, 'scope', problems)
  return { allScopes, anyScopes: undefined, challengeScope: allScopes.join(' ') }
}

function readScopeNames(names: unknown, where: string, problems: Problems): readonly string[] {
  if (!Array.isArray(names) || names.length === 0) {
    problems.add(`${where} names no scope: name at least one, or leave it out.`)
    return []
  }
  if (!names.every((name) => typeof name === 'string' && SCOPE_TOKEN.test(name))) {
    problems.add(
      `${where} holds something that is no scope: printable ASCII without spaces, quotes and backslashes (RFC 6749 section 3.3).`,
    )
    return []
  }
  return Object.freeze([...new Set(names as string[])])
}

function readIssuer(
  issuer: Requirements['issuer'],
  issuers: readonly IssuerSettings[],
  problems: Problems,
): readonly string[] | undefined {
  if (issuer === undefined) return undefined
  const names: unknown = typeof issuer === 'string' ? [issuer] : issuer
  const named = Array.isArray(names) ? names.map((name) => issuersNamed(name, issuers)) : []
  if (named.length === 0 || named.some((found) => found.length === 0)) {
    problems.add(`issuer must name configured issuers: ${listIssuerNames(issuers).join(', ')}.`)
    return undefined
  }
  return Object.freeze(named.flat().map((settings) => settings.issuer))
}

/** The issuers that a name stands for: one, or with `{tenantid}` in it those of all configured tenants. */
function issuersNamed(
  name: unknown,
  issuers: readonly IssuerSettings[],
): readonly IssuerSettings[] {
  return issuers.filter(({ issuer, metadataIssuer }) => issuer === name || metadataIssuer === name)
}

function listIssuerNames(issuers: readonly IssuerSettings[]): readonly string[] {
  return [...new Set(issuers.map(({ metadataIssuer }) => metadataIssuer))]
}

function readClients(
  clients: Requirements['clients'],
  issuers: readonly IssuerSettings[],
  problems: Problems,
): CheckedRequirements['clients'] {
  if (clients === undefined) return undefined
  if (!Array.isArray(clients) || clients.length === 0) {
    problems.add("clients must be an array with at least one client: ['cron'].")
    return undefined
  }
  return clients.flatMap((client: unknown) => readClient(client, issuers, problems))
}

function readClient(
  client: unknown,
  issuers: readonly IssuerSettings[],
  problems: Problems,
): readonly Partial<ClientOfIssuer>[] {
  if (typeof client === 'string' && client !== '') {
    if (listIssuerNames(issuers).length > 1) {
      problems.add(
        'clients must name the issuer of each client where there are several: { issuer, clientId }.',
      )
    }
    checkReachable(client, issuers, problems)
    return [{ clientId: client }]
  }
  const { issuer, clientId } = isRecord(client) ? ownMembers(client) : {}
  const named = issuersNamed(issuer, issuers)
  if (named.length === 0 || typeof clientId !== 'string' || clientId === '') {
    problems.add('clients must hold client ids, or { issuer, clientId } with a configured issuer.')
    return []
  }
  problems.unknownNames(client as Record<string, unknown>, ['issuer', 'clientId'], 'clients[].')
  checkReachable(clientId, named, problems)
  return named.map((settings) => ({ issuer: settings.issuer, clientId }))
}

/** A client that no token could name, or whose tokens are all refused, can never call. */
function checkReachable(
  clientId: string,
  issuers: readonly IssuerSettings[],
  problems: Problems,
): void {
  const [first] = issuers
  if (first === undefined) return
  if (!issuers.some(canNameClient)) {
    problems.add(
      `clients: JWTs of ${first.subjects.provider} name no client, so none could pass. Use check, or set clientIdClaim for ${first.metadataIssuer} if yours do.`,
    )
  } else if (!issuers.some(({ allowedClients: allowed }) => allowed?.includes(clientId) ?? true)) {
    problems.add('clients names a client that is not in allowedClients: its tokens are refused.')
  }
}

/** On a public platform anybody can have a token made for this API, which says nothing about who they are. */
function checkWhoseTokens(
  required: CheckedRequirements,
  issuers: readonly IssuerSettings[],
  problems: Problems,
): void {
  const { subject, clients, check, allScopes, anyScopes } = required
  const isNarrow = clients ?? check ?? anyScopes
  if (isNarrow !== undefined || subject === 'user' || allScopes.length > 0) return
  for (const { issuer, subjects, allowedClients } of issuers) {
    if (required.issuers?.includes(issuer) === false || allowedClients !== undefined) continue
    if (profileIn(subjects)?.isPublic !== true) continue
    problems.add(
      `check is missing: anybody can have a token of ${subjects.provider} made for this API. Say whose may call in check, by the claims that only ${subjects.provider} can write (docs/subjects.md), or in clients where they name one.`,
    )
  }
}

/** A guard that could only ever refuse, or that nobody has thought through, is found at start-up. */
function checkSubject(
  subject: unknown,
  allowedIssuers: readonly string[] | undefined,
  issuers: readonly IssuerSettings[],
  problems: Problems,
): void {
  if (subject !== 'machine' && subject !== 'user') {
    problems.add("subject must be 'machine' or 'user'.")
    return
  }
  for (const settings of issuers) {
    const { issuer, subjects } = settings
    if (allowedIssuers?.includes(issuer) === false) continue
    const silent = listTokenForms(settings).filter((form) => !canTell(subject, subjects, form))
    if (silent.length === 0) continue
    problems.add(`subject: ${adviceOnKind(subject, subjects, silent, issuer)}`)
  }
}

/** The forms in which tokens of an issuer are judged. */
function listTokenForms({ tokenFormat }: IssuerSettings): readonly TokenForm[] {
  if (tokenFormat === 'any') return ['jwt', 'introspection']
  return [tokenFormat === 'jwt' ? 'jwt' : 'introspection']
}

function readIntrospect(introspect: unknown, problems: Problems): number | undefined {
  if (introspect === undefined) return undefined
  if (introspect === true) return 0
  const given = isRecord(introspect) ? ownMembers(introspect) : {}
  const { maxAge } = given
  if (typeof maxAge === 'number' && maxAge >= 0 && maxAge <= LIMITS.introspectionAge.active) {
    problems.unknownNames(given, ['maxAge'], 'introspect.')
    return maxAge
  }
  problems.add(
    `introspect must be true, or { maxAge } with seconds from 0 to ${LIMITS.introspectionAge.active}.`,
  )
  return undefined
}

/** Every issuer that the guard allows must be one that can be asked. */
function checkIntrospect(
  allowedIssuers: readonly string[] | undefined,
  issuers: readonly IssuerSettings[],
  problems: Problems,
): void {
  for (const { issuer, introspection } of issuers) {
    if (introspection !== undefined || allowedIssuers?.includes(issuer) === false) continue
    problems.add(
      `introspect: ${issuer} cannot be asked. Give that issuer introspection: { clientId, clientAuthentication }, or name the others in issuer.`,
    )
  }
}

function looksLikeRequest(value: unknown): boolean {
  return isRecord(value) && 'headers' in value && 'method' in value
}
