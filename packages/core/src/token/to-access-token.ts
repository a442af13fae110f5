import type { JsonObject } from '../lib/json.ts'
import { TextCache } from '../lib/text-cache.ts'
import { LIMITS } from '../limits.ts'
import { ifOwn } from '../lib/objects.ts'
import type { ClaimReading } from '../model/settings.ts'
import { getClaim } from '../subject/claim-path.ts'
import { toSubject } from '../subject/classify-subject.ts'
import { claimNames, clientIdentity } from '../subject/client-id.ts'
import type { TokenForm } from '../subject/profile.ts'
import { getScopeSource } from '../subject/scope-source.ts'
import type { AccessToken, Claims } from '../model/access-token.ts'
import { includesText } from '../lib/includes-text.ts'

/**
 * Creates the access token that handlers see. The claims, their types and the header must be verified already, and the
 * claims must be frozen. `verifiedBy` selects the rules for reading the claims: those for a JWT or for an introspection response.
 */
export function toAccessToken(
  claims: Claims,
  settings: ClaimReading & { readonly issuer: string },
  verifiedBy: TokenForm,
  header: JsonObject = {},
): AccessToken {
  const aud = ifOwn(claims['aud'], claims, 'aud') as string | readonly string[] | undefined
  const { clientIdClaims, subjects } = settings
  const { clientId, contradicted } = clientIdentity(claims, clientIdClaims)
  const clientIdNames = claimNames(clientIdClaims)
  const scopeClaim = getScopeSource(claims, settings.scopeSources, verifiedBy)?.claim
  const scope =
    scopeClaim === undefined
      ? undefined
      : (getClaim(claims, scopeClaim) as string | readonly string[] | undefined)
  const { scopes, hasScope } = readGrantedScopes(scope)
  return Object.freeze({
    issuer: settings.issuer,
    audience: typeof aud === 'string' ? Object.freeze([aud]) : (aud ?? NONE),
    subject: toSubject(
      { claims, form: verifiedBy, header, clientIdNames, clientId, contradicted },
      subjects,
    ),
    clientId,
    scopes,
    expiresAt: ifOwn(claims['exp'], claims, 'exp') as number | undefined,
    issuedAt: ifOwn(claims['iat'], claims, 'iat') as number | undefined,
    notBefore: ifOwn(claims['nbf'], claims, 'nbf') as number | undefined,
    claims,
    verifiedBy,
    bindings: NONE,
    hasScope,
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

/** The scopes of a token, as handlers see them. */
type GrantedScopes = Pick<AccessToken, 'scopes' | 'hasScope'>

/** Cache of scopes. The tokens of a client usually have the same scopes. */
const cachedScopes = new TextCache<GrantedScopes>(LIMITS.cachedScopes)

function readGrantedScopes(scope: string | readonly string[] | undefined): GrantedScopes {
  const known = typeof scope === 'string' ? cachedScopes.get(scope) : undefined
  if (known !== undefined) return known
  const scopes = readScopes(scope)
  const granted = { scopes, hasScope: Object.freeze((name: string) => includesText(scopes, name)) }
  if (typeof scope === 'string') cachedScopes.add(scope, granted)
  return granted
}
