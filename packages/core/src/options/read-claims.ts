import type { IssuerSettings } from '../issuers/issuer-settings.ts'
import { hintAt, isRecord } from '../problems.ts'
import { clientIdClaims, profileIn, scopeSources } from '../subject/context.ts'
import { isProvider, PROFILES, type Provider, providerOfIssuer } from '../subject/profiles.ts'
import type { ScopeSource } from '../subject/profile.ts'
import { isName, oneOf, readName, readNames, type Say } from './read-values.ts'

type Options = Readonly<Record<string, unknown>>

/**
 * Reads what is said about the claims of an issuer's tokens: who issues them, and which claims hold the
 * client, the scopes and the subject. An option goes before the provider's profile.
 */
export function readClaimSettings(
  options: Options,
  issuer: string,
  say: Say,
): Pick<IssuerSettings, 'tokenKindClaim' | 'clientIdClaims' | 'scopeSources' | 'subjects'> {
  const subjects = Object.freeze({
    provider: readProvider(options['provider'], say) ?? providerOfIssuer(issuer),
    clientIdClaim: readName(options['clientIdClaim'], 'clientIdClaim', say),
    machineSubject: oneOf(options['machineSubject'], ['client_id', 'none'], 'machineSubject', say),
    machineClients: readNames(options['machineClients'], 'machineClients', say),
  })
  return {
    tokenKindClaim:
      readTokenKindClaim(options['tokenKindClaim'], say) ?? profileIn(subjects)?.tokenKind,
    clientIdClaims: clientIdClaims(subjects),
    scopeSources: readScopeSources(options, scopeSources(subjects), say),
    subjects,
  }
}

function readProvider(provider: unknown, say: Say): Provider | undefined {
  if (provider === undefined || isProvider(provider)) return provider
  const known = Object.keys(PROFILES)
  if (typeof provider === 'string') {
    const part = known.find((name) => isPartOf(provider.toLowerCase(), name))
    say(`provider '${provider}' is not known. ${hintAt(part ?? provider, known)}`)
  } else {
    say(`provider must be one of ${known.join(', ')}.`)
  }
  return undefined
}

/** Whether one stands in the other, as `entra` does in `azure/entra-id`. */
function isPartOf(a: string, b: string): boolean {
  const isIn = (part: string, whole: string) => part.length >= 4 && whole.includes(part)
  return isIn(a, b) || isIn(b, a)
}

function readScopeSources(
  options: Options,
  ofProvider: readonly ScopeSource[],
  say: Say,
): readonly ScopeSource[] {
  const claim = readName(options['scopeClaim'], 'scopeClaim', say)
  const format = oneOf(options['scopeFormat'], ['string', 'array'], 'scopeFormat', say)
  if (claim !== undefined) return [{ claim, format: format ?? 'string' }]
  return format === undefined ? ofProvider : ofProvider.map((source) => ({ ...source, format }))
}

function readTokenKindClaim(rule: unknown, say: Say): IssuerSettings['tokenKindClaim'] {
  if (rule === undefined) return undefined
  const { name, value, ...others } = isRecord(rule) ? rule : {}
  if (isName(name) && isName(value) && Object.keys(others).length === 0) {
    return Object.freeze({ name, value })
  }
  say("tokenKindClaim must name a claim and its value: { name: 'token_use', value: 'access' }.")
  return undefined
}
