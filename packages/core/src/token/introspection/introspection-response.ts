import type { Moment } from '../../lib/clock.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { ClaimReading, IssuerSettings } from '../../model/settings.ts'
import { checkClaimTypes } from '../jwt/claims.ts'
import { describeType } from '../../response/rejection.ts'
import { clientIdClaims } from '../../subject/context.ts'
import { getScopeSource, SCOPE_STRING } from '../../subject/scope-source.ts'
import { IntrospectionError } from './introspection-failure.ts'

/** The answer of an issuer about a token (RFC 7662 section 2.2), and when it was asked. */
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

/** A response as it has come. */
export interface ReceivedResponse {
  readonly members: JsonObject
  readonly askedAt: Moment
}

/**
 * Reads an introspection response. `active` has to be a boolean, and every other member that is read has to
 * have its type: everything else is no response, and throws an `IntrospectionError`. Members that are null
 * are taken as not there, except for `cnf`. Of a token that is not active nothing else is read.
 */
export function readIntrospectionResponse(
  { members, askedAt }: ReceivedResponse,
  settings: IssuerSettings,
): IntrospectionResponse {
  const { active } = members
  if (typeof active !== 'boolean')
    throw malformed(`the member active is ${describeType(active)}, and no boolean`)
  if (!active) return { active, askedAt }
  const claims = withoutNulls(members)
  const reading = readClaimNames(claims, settings)
  const wrong =
    checkClaimTypes(claims, reading, [], 'introspection')?.explanation ?? wrongName(claims)
  if (wrong !== undefined)
    throw malformed(`the member ${wrong.check} is ${wrong.found}, and not ${wrong.expected}`)
  return { active, claims, reading, askedAt }
}

function malformed(detail: string): IntrospectionError {
  return new IntrospectionError('malformed', detail)
}

/** Some servers write all members, and null where they have nothing to say. */
function withoutNulls(members: JsonObject): JsonObject {
  const said = Object.entries(members).filter(([name, value]) => value !== null || name === 'cnf')
  return Object.freeze(Object.assign(Object.create(null) as object, Object.fromEntries(said)))
}

function wrongName(claims: JsonObject) {
  const check = ['iss', 'token_type'].find(
    (name) => Object.hasOwn(claims, name) && typeof claims[name] !== 'string',
  )
  if (check === undefined) return undefined
  return { check, expected: 'a string', found: describeType(claims[check]) }
}

/**
 * Returns the names of the members of a response: RFC 7662 names them `client_id` and `scope`, whatever an issuer
 * calls them in its JWTs, and has no rule for the kind of a token that such a claim would mark. What has been
 * configured, and what the profile says about responses, goes first where it is there.
 */
function readClaimNames(claims: JsonObject, settings: IssuerSettings): ClaimReading {
  const { tokenUse: rule, scopeSources } = settings
  const has = (name: string) => Object.hasOwn(claims, name)
  const { clientIdClaim } = settings.subjects
  const subjects =
    clientIdClaim === undefined || has(clientIdClaim)
      ? settings.subjects
      : { ...settings.subjects, clientIdClaim: 'client_id' }
  const present = scopeSources.filter(({ claim }) => has(claim))
  return {
    subjects,
    clientIdClaims: clientIdClaims(subjects, 'introspection'),
    scopeSources: [getScopeSource(claims, present, 'introspection') ?? SCOPE_STRING[0]!],
    tokenUse: rule !== undefined && has(rule.claim) ? rule : undefined,
  }
}
