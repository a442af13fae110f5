import { beginsWithHeader } from './jwt/begins-with-header.ts'
import { STRINGIFIED } from './jwt/compact-jws.ts'
import { Rejection, showClaimed } from '../response/rejection.ts'
import type { KeySource } from '../keys/key-source.ts'
import type { Introspection } from './introspection/introspection.ts'
import type { IssuerSettings } from '../model/settings.ts'

/** An issuer that the configuration names, its keys, and how to ask it about a token. */
export interface TrustedIssuer {
  readonly settings: IssuerSettings
  readonly keys: KeySource
  /** Always there for an issuer of opaque tokens. */
  readonly introspection: Introspection | undefined
}

export type TrustedIssuers = ReadonlyMap<string, TrustedIssuer>

/**
 * The configured issuer that an unverified `iss` names, byte for byte. The claim only picks among the
 * issuers of the configuration: nothing is fetched for one that is not there.
 */
export function trustedIssuer(issuers: TrustedIssuers, iss: unknown): TrustedIssuer | Rejection {
  const issuer = typeof iss === 'string' ? issuers.get(iss) : undefined
  if (issuer !== undefined) return issuer
  return new Rejection('unknown_issuer', {
    check: 'iss',
    expected: issuers.size > 5 ? 'a configured issuer' : [...issuers.keys()].join(' or '),
    found: showClaimed(iss),
  })
}

/** For whoever has configured `introspection` alone, and expects more of it. */
const NO_OPAQUE_TOKEN = "a JWT (tokenFormat is 'jwt': opaque tokens need 'opaque' or 'any')"

/**
 * The issuer of a token that is no compact JWS: the one that issues opaque tokens. What begins like a JOSE
 * header was meant to be signed or encrypted, and remains as `malformed` as it is: it may be anybody's. So does the text of
 * a value that is not a token.
 */
export function opaqueTokenIssuer(
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
