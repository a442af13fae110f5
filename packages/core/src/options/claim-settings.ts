import { copyOwnMembers } from '../lib/objects.ts'
import { copyOwnData } from '../lib/own-data.ts'
import type { ClaimReading, TokenUse } from '../model/settings.ts'
import { clientIdClaims, scopeSources } from '../subject/context.ts'
import type { ScopeSource } from '../subject/profile.ts'
import type { Provider } from '../subject/providers.ts'
import type { IssuerValues } from './issuer-options.ts'
import type { ServerParts } from './server-parts.ts'

/**
 * Returns the claims from which the kind of a token, the client, the scopes and the subject are read. Options take precedence
 * over the profile of the provider.
 */
export function toClaimSettings(
  values: IssuerValues,
  provider: Provider | undefined,
  part: ServerParts['providers'],
): ClaimReading {
  const { clientIdClaim, machineSubject, machineClients, acceptTyp } = values
  const subjects = Object.freeze({
    provider,
    profile: provider && part?.getProfile(provider),
    clientIdClaim,
    machineSubject,
    machineClients,
    acceptTyp,
  })
  const tokenUse = values.tokenUse ?? subjects.profile?.tokenUse
  return {
    // A profile can omit `tokenUse.value`. A copy without a prototype does not inherit `value` from a polluted `Object.prototype`.
    tokenUse: tokenUse && (copyOwnMembers(tokenUse) as unknown as TokenUse),
    clientIdClaims: clientIdClaims(subjects),
    scopeSources: copyOwnData(toScopeSources(values, scopeSources(subjects))),
    subjects,
  }
}

function toScopeSources(
  { scopeClaim: claim, scopeFormat: format }: IssuerValues,
  ofProvider: readonly ScopeSource[],
): readonly ScopeSource[] {
  if (claim !== undefined) return [{ claim, format: format ?? 'string' }]
  return format === undefined ? ofProvider : ofProvider.map((source) => ({ ...source, format }))
}
