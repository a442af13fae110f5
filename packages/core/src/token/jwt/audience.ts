import type { JsonObject } from '../../lib/json.ts'
import { ifOwn } from '../../lib/objects.ts'
import { listAlternatives } from '../../lib/quote.ts'
import type { IssuerSettings } from '../../model/settings.ts'
import { Rejection, showValue } from '../../response/rejection.ts'

/** The audiences that are accepted: see `IssuerSettings`. */
export type AcceptedAudiences = Pick<
  IssuerSettings,
  'audiences' | 'isAudienceDerived' | 'onlyAudience' | 'audienceRequiredFrom'
>

/** Returns the audience of claims whose types were checked. Returns `undefined` for an empty list, as from Hydra or SuperTokens. */
export function getAudience(claims: JsonObject): string | readonly string[] | undefined {
  const aud = ifOwn(claims['aud'], claims, 'aud') as string | readonly string[] | undefined
  return Array.isArray(aud) && aud.length === 0 ? undefined : aud
}

/**
 * Checks that the token was issued for this API (RFC 7519 section 4.1.3, RFC 9068 section 4). One of its audiences must
 * equal a configured audience, byte for byte. If `onlyAudience` is set, each of its audiences must equal a configured audience.
 * Equivalent spellings are accepted only for an audience that is derived from `resource`. If `audiences` is `null`, a token that
 * has an audience is rejected.
 *
 * Does NOT reject a token without audience if `audienceRequiredFrom` is set: from that time on, `checkTimes` rejects it.
 */
export function checkIntended(
  claims: JsonObject,
  accepted: AcceptedAudiences,
): Rejection | undefined {
  const { audiences, audienceRequiredFrom } = accepted
  const aud = getAudience(claims)
  if (aud === undefined && (audiences === null || audienceRequiredFrom !== undefined))
    return undefined
  if (audiences !== null && aud !== undefined && isAccepted(aud, audiences, accepted))
    return undefined
  const only = accepted.onlyAudience ? 'only ' : ''
  return new Rejection('wrong_audience', {
    check: 'aud',
    expected: audiences === null ? 'nothing' : only + listAlternatives(audiences),
    found: showValue(aud),
  })
}

function isAccepted(
  aud: string | readonly string[],
  audiences: readonly string[],
  { isAudienceDerived, onlyAudience }: AcceptedAudiences,
): boolean {
  if (typeof aud === 'string') return isIn(aud, audiences, isAudienceDerived)
  if (onlyAudience) return aud.every((name) => isIn(name, audiences, isAudienceDerived))
  for (const name of aud) if (isIn(name, audiences, isAudienceDerived)) return true
  return false
}

function isIn(name: string, audiences: readonly string[], isDerived: boolean): boolean {
  if (audiences.includes(name)) return true
  return isDerived && audiences.some((one) => isEquivalentResource(name, one))
}

/**
 * Returns whether two identifiers of a resource are equivalent. Ignores upper and lower case in the scheme and host (RFC 3986
 * section 6.2.2.1), and the slash of an empty path (section 6.2.3). Does not ignore any other difference, such as a slash at
 * the end of a path.
 */
export function isEquivalentResource(a: string, b: string): boolean {
  const normal = normalize(a)
  return normal !== undefined && normal === normalize(b)
}

const WITH_AUTHORITY = /^([A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#]+)([^]*)$/

function normalize(identifier: string): string | undefined {
  const [, authority, rest] = WITH_AUTHORITY.exec(identifier) ?? []
  if (authority === undefined || rest === undefined) return undefined
  // Only ASCII letters are converted: `toLowerCase` would convert some other characters, such as the Kelvin sign, to ASCII letters.
  const lower = authority.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
  return lower + (rest.startsWith('/') ? rest : `/${rest}`)
}
