import type { IssuerSettings } from '../model/settings.ts'
import { hintAt } from '../configuration-problems.ts'
import { isRecord } from '../lib/objects.ts'
import { clientIdClaims, profileIn, scopeSources } from '../subject/context.ts'
import { isProvider, PROFILES, type Provider, getProviderOfIssuer } from '../subject/providers.ts'
import type { ScopeSource } from '../subject/profile.ts'
import {
  type GivenOptions,
  isName,
  readChoice,
  readName,
  readNames,
  type Say,
} from './read-values.ts'

/**
 * Reads what is said about the claims of an issuer's tokens: who issues them, and which claims hold the
 * client, the scopes and the subject. An option goes before the provider's profile.
 */
export function readClaimSettings(
  options: GivenOptions,
  issuer: string,
  say: Say,
): Pick<IssuerSettings, 'tokenUse' | 'clientIdClaims' | 'scopeSources' | 'subjects'> {
  const subjects = Object.freeze({
    provider: readProvider(options['provider'], say) ?? getProviderOfIssuer(issuer),
    clientIdClaim: readName(options['clientIdClaim'], 'clientIdClaim', say),
    machineSubject: readChoice(
      options['machineSubject'],
      ['client_id', 'absent'],
      'machineSubject',
      say,
    ),
    machineClients: readNames(options['machineClients'], 'machineClients', say),
  })
  return {
    tokenUse: readTokenUse(options['tokenUse'], say) ?? profileIn(subjects)?.tokenUse,
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
  options: GivenOptions,
  ofProvider: readonly ScopeSource[],
  say: Say,
): readonly ScopeSource[] {
  const claim = readName(options['scopeClaim'], 'scopeClaim', say)
  const format = readChoice(options['scopeFormat'], ['string', 'array'], 'scopeFormat', say)
  if (claim !== undefined) return [{ claim, format: format ?? 'string' }]
  return format === undefined ? ofProvider : ofProvider.map((source) => ({ ...source, format }))
}

function readTokenUse(rule: unknown, say: Say): IssuerSettings['tokenUse'] {
  if (rule === undefined) return undefined
  const { claim, value, ...others } = isRecord(rule) ? rule : {}
  if (isName(claim) && isName(value) && Object.keys(others).length === 0) {
    return Object.freeze({ claim, value })
  }
  say("tokenUse must name a claim and its value: { claim: 'token_use', value: 'access' }.")
  return undefined
}
