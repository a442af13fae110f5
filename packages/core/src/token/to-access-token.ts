import type { JsonObject } from '../lib/json.ts'
import type { ClaimReading } from '../model/settings.ts'
import { toSubject } from '../subject/classify-subject.ts'
import { claimNames, clientIdentity } from '../subject/client-id.ts'
import type { TokenForm } from '../subject/profile.ts'
import { getScopeSource } from '../subject/scope-source.ts'
import type { AccessToken, Claims } from '../model/access-token.ts'

/**
 * Creates the access token that handlers see. The claims, their types and the header must be verified already.
 * `verifiedBy` decides which rules for claims apply.
 */
export function toAccessToken(
  claims: Claims,
  settings: ClaimReading & { readonly issuer: string },
  verifiedBy: TokenForm,
  header: JsonObject = {},
): AccessToken {
  const aud = claims['aud'] as string | readonly string[] | undefined
  const { clientIdClaims, subjects } = settings
  const { clientId, contradicted } = clientIdentity(claims, clientIdClaims)
  const clientIdNames = claimNames(clientIdClaims)
  const scopeClaim = getScopeSource(claims, settings.scopeSources, verifiedBy)?.claim
  const scopes = readScopes(
    scopeClaim === undefined
      ? undefined
      : (claims[scopeClaim] as string | readonly string[] | undefined),
  )
  return Object.freeze({
    issuer: settings.issuer,
    audience: typeof aud === 'string' ? Object.freeze([aud]) : (aud ?? NONE),
    subject: toSubject(
      { claims, form: verifiedBy, header, clientIdNames, clientId, contradicted },
      subjects,
    ),
    clientId,
    scopes,
    expiresAt: claims['exp'] as number | undefined,
    issuedAt: claims['iat'] as number | undefined,
    notBefore: claims['nbf'] as number | undefined,
    claims,
    verifiedBy,
    bindings: NONE,
    hasScope: Object.freeze((scope: string) => scopes.includes(scope)),
  })
}

const NONE: readonly never[] = Object.freeze([])

/** Reads scopes. A string is split at single spaces (RFC 6749 section 3.3). An array is returned unchanged. */
export function readScopes(scope: string | readonly string[] | undefined): readonly string[] {
  if (scope === undefined) return NONE
  if (typeof scope !== 'string') return scope
  const names = scope.split(' ')
  return Object.freeze(names.includes('') ? names.filter((name) => name !== '') : names)
}
