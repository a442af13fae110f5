import type { JsonObject } from '../encoding/json.ts'
import type { ClaimReading } from '../issuers/issuer-settings.ts'
import { subjectOf } from '../subject/classify-subject.ts'
import { claimNames, clientIdentity } from '../subject/client-id.ts'
import type { TokenForm } from '../subject/profile.ts'
import { scopeSourceOf } from '../subject/scope-source.ts'
import type { Subject } from '../subject/subject.ts'

/**
 * The claims of a token, or the members of the introspection response about it, as the authorization server
 * wrote them: frozen, nothing added. Members of a response that are null are left out.
 */
export type Claims = JsonObject

/**
 * A verified access token, the same whatever it was on the wire. Frozen through and through, because one
 * verdict is shared between guards, and between requests with the same token.
 */
export interface AccessToken {
  /** One of the configured issuers. */
  readonly issuer: string
  readonly audience: readonly string[]
  readonly subject: Subject
  /** `undefined` where the token names none, or names two. */
  readonly clientId: string | undefined
  /** From the one claim that holds this token's scopes, in the order in which they stand there. */
  readonly scopes: readonly string[]
  /** Seconds since the epoch (`exp`). Every JWT has one; an issuer need not give one in an introspection answer. */
  readonly expiresAt: number | undefined
  /** Seconds since the epoch (`iat`). */
  readonly issuedAt: number | undefined
  /** Seconds since the epoch (`nbf`). */
  readonly notBefore: number | undefined
  readonly claims: Claims
  /** How the token was judged: here, or by its issuer. */
  readonly origin: TokenForm
  /** The proofs of possession that were checked. Always empty today: bound tokens are refused. */
  readonly bindings: readonly never[]
  /** Whether the token has this scope: compared whole and byte for byte. */
  hasScope(scope: string): boolean
}

/**
 * Makes the model out of claims and header that have been verified, types included. `origin` decides which
 * of the rules about claims apply.
 */
export function accessTokenOf(
  claims: Claims,
  settings: ClaimReading & { readonly issuer: string },
  origin: TokenForm,
  header: JsonObject = {},
): AccessToken {
  const aud = claims['aud'] as string | readonly string[] | undefined
  const { clientIdClaims, subjects } = settings
  const { clientId, contradicted } = clientIdentity(claims, clientIdClaims)
  const clientIdNames = claimNames(clientIdClaims)
  const scopeClaim = scopeSourceOf(claims, settings.scopeSources, origin)?.claim
  const scopes = scopesOf(
    scopeClaim === undefined
      ? undefined
      : (claims[scopeClaim] as string | readonly string[] | undefined),
  )
  return Object.freeze({
    issuer: settings.issuer,
    audience: typeof aud === 'string' ? Object.freeze([aud]) : (aud ?? NONE),
    subject: subjectOf(
      { claims, form: origin, header, clientIdNames, clientId, contradicted },
      subjects,
    ),
    clientId,
    scopes,
    expiresAt: claims['exp'] as number | undefined,
    issuedAt: claims['iat'] as number | undefined,
    notBefore: claims['nbf'] as number | undefined,
    claims,
    origin,
    bindings: NONE,
    hasScope: Object.freeze((scope: string) => scopes.includes(scope)),
  })
}

const NONE: readonly never[] = Object.freeze([])

/** A string is split at single spaces (RFC 6749 section 3.3); an array is taken as it is. */
function scopesOf(scope: string | readonly string[] | undefined): readonly string[] {
  if (scope === undefined) return NONE
  if (typeof scope !== 'string') return scope
  const names = scope.split(' ')
  return Object.freeze(names.includes('') ? names.filter((name) => name !== '') : names)
}
