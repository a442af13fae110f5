import type { Moment } from '../../lib/clock.ts'
import { freezeJson, type JsonObject } from '../../lib/json.ts'
import { getOwn, isOwn } from '../../lib/objects.ts'
import type { ClaimReading, IssuerSettings } from '../../model/settings.ts'
import { checkClaimTypes } from '../jwt/claims.ts'
import { describeType } from '../../response/rejection.ts'
import { getClaim } from '../../subject/claim-path.ts'
import { clientIdClaims } from '../../subject/context.ts'
import { getScopeSource, SCOPE_STRING } from '../../subject/scope-source.ts'
import { IntrospectionError } from './introspection-failure.ts'

/** An introspection response (RFC 7662 section 2.2) with the time of its request. */
export type IntrospectionResponse = ActiveResponse | InactiveResponse

export interface ActiveResponse {
  readonly active: true
  readonly claims: JsonObject
  readonly reading: ClaimReading
  readonly askedAt: Moment
}

interface InactiveResponse {
  readonly active: false
  readonly askedAt: Moment
}

/** A response before its members are checked. */
export interface ReceivedResponse {
  readonly members: JsonObject
  readonly askedAt: Moment
}

/**
 * Reads an introspection response. `active` must be a boolean, and every other member that is read must have its type.
 * `null` members are ignored, except for `cnf`. If `active` is `false`, no other member is read.
 *
 * @throws {IntrospectionError} if a member has a wrong type.
 */
export function readIntrospectionResponse(
  { members, askedAt }: ReceivedResponse,
  settings: IssuerSettings,
): IntrospectionResponse {
  const active = getOwn(members, 'active')
  if (typeof active !== 'boolean')
    throw malformed(`the member active is ${describeType(active)}, expected a boolean`)
  if (!active) return { active, askedAt }
  const claims = withoutNulls(members)
  const reading = readClaimNames(claims, settings)
  const wrong =
    checkClaimTypes(claims, reading, [], 'introspection')?.explanation ?? findWrongString(claims)
  if (wrong !== undefined)
    throw malformed(`the member ${wrong.check} is ${wrong.found}, expected ${wrong.expected}`)
  return { active, claims, reading, askedAt }
}

function malformed(detail: string): IntrospectionError {
  return new IntrospectionError('malformed', detail)
}

/** Removes `null` members except `cnf`, and freezes the others. Some servers write every member, and `null` for a missing value. */
function withoutNulls(members: JsonObject): JsonObject {
  const present = Object.entries(members).filter(
    ([name, value]) => value !== null || name === 'cnf',
  )
  return freezeJson(Object.fromEntries(present))
}

function findWrongString(claims: JsonObject) {
  const check = ['iss', 'token_type'].find(
    (name) => isOwn(claims, name) && typeof claims[name] !== 'string',
  )
  if (check === undefined) return undefined
  return { check, expected: 'a string', found: describeType(claims[check]) }
}

/**
 * Returns the names of the members that contain the client and the scopes. If the response has the claims that
 * the options or the provider profile name, these claims are read. Otherwise, `client_id` and `scope` of RFC 7662 are read,
 * even if the JWTs of the issuer use other names. `tokenUse` applies only if the response has the claim of this option.
 */
function readClaimNames(claims: JsonObject, settings: IssuerSettings): ClaimReading {
  const { tokenUse: rule, scopeSources } = settings
  const has = (name: string) => isOwn(claims, name)
  const { clientIdClaim } = settings.subjects
  const subjects =
    clientIdClaim === undefined || has(clientIdClaim)
      ? settings.subjects
      : { ...settings.subjects, clientIdClaim: 'client_id' }
  const present = scopeSources.filter(({ claim }) => getClaim(claims, claim) !== undefined)
  return {
    subjects,
    clientIdClaims: clientIdClaims(subjects, 'introspection'),
    scopeSources: [getScopeSource(claims, present, 'introspection') ?? SCOPE_STRING[0]!],
    tokenUse: rule !== undefined && getClaim(claims, rule.claim) !== undefined ? rule : undefined,
  }
}
