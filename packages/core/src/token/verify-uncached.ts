import { type CheckedBindings, readBinding, checkSupported } from '../binding/confirmation.ts'
import { type Clock, getSeconds } from '../lib/clock.ts'
import { freezeJson } from '../lib/json.ts'
import { andThen, type MaybePromise } from '../lib/maybe-promise.ts'
import { getOwn } from '../lib/objects.ts'
import { Rejection } from '../response/rejection.ts'
import { checkB64token } from './b64token.ts'
import type { IntrospectionSteps } from './introspection/introspection-steps.ts'
import { type CompactJws, parseCompactJws } from './jwt/compact-jws.ts'
import { checkForeignMediaType } from './jwt/token-type.ts'
import { checkClaims, type SignedBy, verifyJwt } from './jwt/verify-jwt.ts'
import { toAccessToken } from './to-access-token.ts'
import {
  findOpaqueTokenIssuer,
  findTrustedIssuer,
  type TrustedIssuer,
  type TrustedIssuers,
} from './trusted-issuers.ts'
import type { VerifiedToken } from './verified-token.ts'

/** The parts of a resource server that the verification of a token needs. */
interface UncachedServices extends CheckedBindings {
  readonly issuers: TrustedIssuers
  readonly clock: Clock
  /** `undefined`: no issuer has introspection. */
  readonly introspection: IntrospectionSteps | undefined
}

/**
 * Verifies a token by its signature or by introspection. The `iss` of a compact JWS selects its issuer. If that issuer is
 * not trusted, the JWS is rejected and is not sent to any server. A malformed or encrypted JWT is rejected, too. Every other
 * token is introspected by the one issuer of opaque tokens, if there is one.
 *
 * With `tokenFormat: 'any'`, a JWT is introspected only while the keys are unavailable, and only if no key was
 * distrusted. A JWT that was rejected locally stays rejected.
 */
export function verifyUncached(
  presented: string,
  services: UncachedServices,
): MaybePromise<VerifiedToken | Rejection> {
  const { issuers } = services
  const jws = parseCompactJws(presented)
  const found =
    jws instanceof Rejection
      ? (checkB64token(presented) ?? findOpaqueTokenIssuer(issuers, presented, jws))
      : findTrustedIssuer(issuers, getOwn(jws.claims, 'iss'))
  return andThen(found, (issuer) =>
    issuer instanceof Rejection
      ? withClaimed(issuer, jws)
      : verifyForIssuer(presented, jws, issuer, services),
  )
}

function verifyForIssuer(
  presented: string,
  jws: CompactJws | Rejection,
  issuer: TrustedIssuer,
  services: UncachedServices,
): MaybePromise<VerifiedToken | Rejection> {
  const isIntrospected = jws instanceof Rejection || issuer.settings.tokenFormat === 'opaque'
  const result = isIntrospected
    ? (checkIntrospected(jws) ?? introspect(presented, issuer, services))
    : verifyLocally(jws, issuer, services)
  return andThen(result, (verified) =>
    verified instanceof Rejection
      ? withClaimed(verified.with({ issuer: issuer.settings.issuer }), jws)
      : verified,
  )
}

/** Introspects a token. The options ensure that an issuer of introspected tokens has introspection. */
function introspect(
  token: string,
  issuer: TrustedIssuer,
  { introspection, clock }: UncachedServices,
): MaybePromise<VerifiedToken | Rejection> {
  return introspection!.introspectToken(token, issuer, clock)
}

/** Rejects a JWT whose `typ` is never that of an access token, without an introspection call. */
function checkIntrospected(jws: CompactJws | Rejection): Rejection | undefined {
  return jws instanceof Rejection ? undefined : checkForeignMediaType(jws.header['typ'])
}

/**
 * Adds the unverified header and claims to a rejection. If the rejection already contains a verified token, that token is
 * kept.
 */
function withClaimed(rejection: Rejection, jws: CompactJws | Rejection): Rejection {
  if (jws instanceof Rejection) return rejection
  const { header, claims } = jws
  return rejection.with({ token: { header, claims, isVerified: false } })
}

function verifyLocally(
  jws: CompactJws,
  issuer: TrustedIssuer,
  services: UncachedServices,
): MaybePromise<VerifiedToken | Rejection> {
  return andThen(
    verifyJwt(jws, issuer, () => getSeconds(services.clock)),
    (signedBy) => {
      if (!(signedBy instanceof Rejection)) return toVerifiedToken(jws, issuer, signedBy)
      // A token that was signed with a distrusted key may still be active at the issuer, so it is not introspected.
      const mayAsk = issuer.settings.tokenFormat === 'any' && !issuer.keys.hasDistrusted()
      if (signedBy.reason !== 'keys_unavailable' || !mayAsk) return signedBy
      return introspectInstead(jws, issuer, services, signedBy)
    },
  )
}

function toVerifiedToken(
  jws: CompactJws,
  issuer: TrustedIssuer,
  signedBy: SignedBy,
): VerifiedToken {
  issuer.dynamic?.onVerified()
  return {
    token: toAccessToken(freezeJson(jws.claims), issuer.settings, 'jwt', jws.header),
    binding: readBinding(jws.claims),
    issuer,
    presented: jws.token,
    signedBy,
    cached: false,
    introspected: undefined,
  }
}

/**
 * Introspects a JWT whose signature cannot be verified. If its claims are invalid, rejects the JWT without a call. This
 * rejection names the invalid claim, although the signature was not verified.
 */
function introspectInstead(
  jws: CompactJws,
  issuer: TrustedIssuer,
  services: UncachedServices,
  unverified: Rejection,
): MaybePromise<VerifiedToken | Rejection> {
  const ruledOut =
    checkClaims(jws, issuer.settings, getSeconds(services.clock)) ??
    checkSupported(readBinding(jws.claims), services)
  if (ruledOut !== undefined) return ruledOut.asClaimed()
  // If introspection fails too, the rejection still reports that the keys are unavailable.
  return andThen(introspect(jws.token, issuer, services), (verified) =>
    verified instanceof Rejection && verified.reason === 'introspection_unavailable'
      ? unverified
      : verified,
  )
}
