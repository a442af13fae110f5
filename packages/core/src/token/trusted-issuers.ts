import { beginsWithHeader } from './jwt/begins-with-header.ts'
import { STRINGIFIED } from './jwt/compact-jws.ts'
import { Rejection, showClaimed } from '../response/rejection.ts'
import type { KeySource } from '../keys/key-source.ts'
import type { Introspection } from './introspection/introspection.ts'
import { andThen, type MaybePromise } from '../lib/maybe-promise.ts'
import type { IssuerSettings } from '../model/settings.ts'
import type { TokensOfIssuer } from './cache/tokens-of-issuer.ts'

/** An issuer with its keys and its introspection. */
export interface TrustedIssuer {
  readonly settings: IssuerSettings
  readonly keys: KeySource
  /** `undefined` if introspection is not configured. An issuer of opaque tokens always has introspection. */
  readonly introspection: Introspection | undefined
  /** `undefined`: the issuer is static. */
  readonly dynamic: DynamicIssuer | undefined
}

/** The members that only dynamic issuers have. */
export interface DynamicIssuer {
  /** The tokens of the issuer that are cached. */
  readonly cachedTokens: TokensOfIssuer
  /** `true` if the issuer was removed, or its options have changed. Earlier results of the verification are then outdated. */
  readonly isOutdated: boolean
  /** Called for each token that was verified with the keys of the issuer. */
  readonly onVerified: () => void
}

/** The issuers that the functions `match` and `resolve` of the application define. */
export interface DynamicIssuers {
  /** Returns the issuer with this `iss`, or a rejection (401, 503). Calls the functions if the issuer is not cached. */
  find(iss: unknown): MaybePromise<TrustedIssuer | Rejection>
  /** Returns the issuer if its options are cached, even if these are too old. Never calls the functions. */
  peek(iss: string): TrustedIssuer | undefined
}

/** All issuers whose tokens are accepted. */
export interface TrustedIssuers {
  /** The issuers that are listed in the options, by their names. */
  readonly static: ReadonlyMap<string, TrustedIssuer>
  /** `undefined`: only static issuers are trusted. */
  readonly dynamic: DynamicIssuers | undefined
}

/**
 * Looks up the issuer that equals an unverified `iss`, byte for byte. The claim only selects one of the trusted issuers: no
 * metadata or keys are fetched for an unknown issuer.
 */
export function findTrustedIssuer(
  { static: issuers, dynamic }: TrustedIssuers,
  iss: unknown,
): MaybePromise<TrustedIssuer | Rejection> {
  const issuer = typeof iss === 'string' ? issuers.get(iss) : undefined
  if (issuer !== undefined) return issuer
  if (dynamic !== undefined) return dynamic.find(iss)
  const expected = issuers.size > 5 ? 'a configured issuer' : [...issuers.keys()].join(' or ')
  return rejectUnknownIssuer(expected, iss)
}

export function rejectUnknownIssuer(expected: string, iss: unknown): Rejection {
  return new Rejection('unknown_issuer', { check: 'iss', expected, found: showClaimed(iss) })
}

/**
 * Returns whether an issuer that was found earlier is still trusted with the same options. Returns `true` for static issuers.
 * For a dynamic issuer, `match` and `resolve` may be called again. Returns a rejection if they no longer accept the issuer
 * (401), or if they fail (503).
 */
export function isStillTrusted(
  issuer: TrustedIssuer,
  { dynamic }: TrustedIssuers,
): MaybePromise<boolean | Rejection> {
  if (issuer.dynamic === undefined) return true
  return andThen(dynamic!.find(issuer.settings.issuer), (found) =>
    found instanceof Rejection ? found : found === issuer,
  )
}

/** Returns a trusted issuer by its name. Never calls functions of the application. */
export function getKnownIssuer(
  name: string,
  { static: issuers, dynamic }: TrustedIssuers,
): TrustedIssuer | undefined {
  return issuers.get(name) ?? dynamic?.peek(name)
}

/** Explains that `introspection` without `tokenFormat` does not enable opaque tokens. */
const NO_OPAQUE_TOKEN = "a JWT (tokenFormat is 'jwt': opaque tokens need 'opaque' or 'any')"

/**
 * Looks up the issuer of a token that is not a compact JWS: the one static issuer of opaque tokens. Returns a rejection if
 * there is no such issuer. Returns `malformed` for a token that begins like a JOSE header. Such a token was meant to be signed
 * or encrypted, and any issuer may have issued it. Also returns `malformed` for the text of a value that is not a token, such
 * as `undefined`.
 */
export function findOpaqueTokenIssuer(
  { static: issuers }: TrustedIssuers,
  token: string,
  malformed: Rejection,
): TrustedIssuer | Rejection {
  if (beginsWithHeader(token) || STRINGIFIED.includes(token)) return malformed
  for (const issuer of issuers.values()) if (issuer.settings.tokenFormat !== 'jwt') return issuer
  return [...issuers.values()].some(({ introspection }) => introspection !== undefined)
    ? new Rejection('malformed_token', { ...malformed.explanation, expected: NO_OPAQUE_TOKEN })
    : malformed
}
