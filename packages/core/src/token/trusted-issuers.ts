import { beginsWithHeader } from './jwt/begins-with-header.ts'
import { STRINGIFIED } from './jwt/compact-jws.ts'
import { Rejection, showClaimed } from '../response/rejection.ts'
import type { KeySource } from '../keys/key-source.ts'
import type { Introspection } from './introspection/introspection.ts'
import type { IssuerSettings } from '../model/settings.ts'

/** A configured issuer with its keys and its introspection. */
export interface TrustedIssuer {
  readonly settings: IssuerSettings
  readonly keys: KeySource
  /** `undefined` if it is not configured. An issuer of opaque tokens always has it. */
  readonly introspection: Introspection | undefined
}

export type TrustedIssuers = ReadonlyMap<string, TrustedIssuer>

/**
 * Looks up the configured issuer that equals an unverified `iss`, byte for byte. The claim only selects one of the
 * configured issuers: nothing is fetched for an unknown issuer.
 */
export function findTrustedIssuer(
  issuers: TrustedIssuers,
  iss: unknown,
): TrustedIssuer | Rejection {
  const issuer = typeof iss === 'string' ? issuers.get(iss) : undefined
  if (issuer !== undefined) return issuer
  return new Rejection('unknown_issuer', {
    check: 'iss',
    expected: issuers.size > 5 ? 'a configured issuer' : [...issuers.keys()].join(' or '),
    found: showClaimed(iss),
  })
}

/** Explains that `introspection` without `tokenFormat` does not enable opaque tokens. */
const NO_OPAQUE_TOKEN = "a JWT (tokenFormat is 'jwt': opaque tokens need 'opaque' or 'any')"

/**
 * Looks up the issuer of a token that is not a compact JWS: the one issuer of opaque tokens. Returns `malformed` for a
 * token that begins like a JOSE header. Such a token was meant to be signed or encrypted, and any issuer may have issued
 * it. Also returns `malformed` for the text of a value that is not a token, such as `undefined`.
 */
export function findOpaqueTokenIssuer(
  issuers: TrustedIssuers,
  token: string,
  malformed: Rejection,
): TrustedIssuer | Rejection {
  if (beginsWithHeader(token) || STRINGIFIED.includes(token)) return malformed
  for (const issuer of issuers.values()) if (issuer.settings.tokenFormat !== 'jwt') return issuer
  return [...issuers.values()].some(({ introspection }) => introspection !== undefined)
    ? new Rejection('malformed_token', { ...malformed.explanation, expected: NO_OPAQUE_TOKEN })
    : malformed
}
