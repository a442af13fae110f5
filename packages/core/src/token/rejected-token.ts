import type { JsonObject } from '../lib/json.ts'
import type { ClaimReading } from '../model/settings.ts'
import type { RejectedToken } from '../response/rejection.ts'
import { getClaim } from '../subject/claim-path.ts'
import { clientIdentity } from '../subject/client-id.ts'
import type { TokenForm } from '../subject/profile.ts'
import { getScopeSource } from '../subject/scope-source.ts'
import { readScopes } from './to-access-token.ts'

/**
 * Describes a token that was rejected after its signature was verified or its introspection response was active. Its
 * claims may have wrong types. `reading` defines which claims contain the client and the scopes.
 */
export function toRejectedToken(
  { header, claims }: { readonly header: JsonObject; readonly claims: JsonObject },
  reading: ClaimReading,
  form: TokenForm,
): RejectedToken {
  const { clientId } = clientIdentity(claims, reading.clientIdClaims)
  const source = getScopeSource(claims, reading.scopeSources, form)
  const scopes = source === undefined ? undefined : getClaim(claims, source.claim)
  return {
    header,
    claims,
    isVerified: true,
    clientId: typeof clientId === 'string' ? clientId : undefined,
    scopes: isTexts(scopes) ? readScopes(scopes) : [],
  }
}

function isTexts(value: unknown): value is string | readonly string[] {
  const isText = (one: unknown) => typeof one === 'string'
  return isText(value) || (Array.isArray(value) && value.every(isText))
}
