import { sha256 } from '#sha256'
import { readBinding, rejectBound } from '../binding/confirmation.ts'
import type { KeyStatus } from '../keys/key-source.ts'
import { type Clock, getSeconds } from '../lib/clock.ts'
import { freezeJson } from '../lib/json.ts'
import { getOwn } from '../lib/objects.ts'
import { andThen, type MaybePromise } from '../lib/maybe-promise.ts'
import type { Publish } from '../lib/publisher.ts'
import { getRequestId, type RequestLike } from '../model/request-like.ts'
import { Rejection } from '../response/rejection.ts'
import type { TokenForm } from '../subject/profile.ts'
import { showClientId } from '../subject/personal-claims.ts'
import { checkB64token } from './b64token.ts'
import { type CachedToken, isStillValid } from './cache/cached-token.ts'
import type { TokenCache } from './cache/token-cache.ts'
import { introspectToken } from './introspection/introspected-token.ts'
import { type CompactJws, parseCompactJws } from './jwt/compact-jws.ts'
import { checkClaims, type SignedBy, verifyJwt } from './jwt/verify-jwt.ts'
import { checkForeignMediaType } from './jwt/token-type.ts'
import { toAccessToken } from './to-access-token.ts'
import {
  findOpaqueTokenIssuer,
  type TrustedIssuer,
  findTrustedIssuer,
  type TrustedIssuers,
} from './trusted-issuers.ts'
import type { VerifiedToken } from './verified-token.ts'

/**
 * Event: a token was verified. Its signature or its introspection response was checked, and its claims were checked.
 * Published once for all guards of a request, before requirements, bindings and `revoked` are checked.
 *
 * @example
 * ```ts
 * {
 *   type: 'verified',
 *   issuer: 'https://login.example.com/',
 *   subjectKind: 'machine',
 *   verifiedBy: 'jwt',
 *   cached: false,
 *   keys: 'fresh',
 *   clientId: 'reports-cron',
 *   duration: 0,
 *   requestId: 'req-42',
 * }
 * ```
 */
export interface VerifiedEvent {
  readonly type: 'verified'
  readonly issuer: string
  readonly subjectKind: 'machine' | 'user' | 'unknown'
  /** `jwt`: the signature was verified locally. `introspection`: the token was introspected. */
  readonly verifiedBy: TokenForm
  /** `true` if the token was found in the token cache. Always `false` for an introspected token. */
  readonly cached: boolean
  /** The state of the issuer's keys. Monitor the number of events with `stale` to detect an outage before it causes refusals. */
  readonly keys: KeyStatus['state']
  /** The client to which the token was issued, if the token contains a client id. */
  readonly clientId: string | undefined
  /** Seconds that the verification waited for keys or for introspection. 0 if it did not wait. */
  readonly duration: number
  /** The id of the request, if the framework or the application sets one. */
  readonly requestId: string | undefined
}

/** The request that contains a token. It is used for events only. */
export interface RequestOfToken {
  /** The request object of the framework. `undefined`: the token was not in a request. */
  readonly raw: object | undefined
  readonly request: RequestLike | undefined
}

/** The parts of a resource server that verification needs. */
export interface VerificationServices {
  /** Number of times that a key was distrusted. Results from before the last change are outdated. */
  readonly distrustCount: number
  readonly issuers: TrustedIssuers
  /** `undefined`: tokens are not cached. */
  readonly tokenCache: TokenCache | undefined
  readonly clock: Clock
  readonly publish: Publish<VerifiedEvent>
}

/**
 * Verifies a token, and publishes a `verified` event. The result does not depend on the request, so a JWT is stored in the
 * token cache. Introspected tokens are not stored there: their introspection responses are cached instead.
 *
 * Does NOT check the binding.
 */
export function verify(
  presented: string,
  services: VerificationServices,
  { raw, request }: RequestOfToken,
): MaybePromise<VerifiedToken | Rejection> {
  const { clock, publish } = services
  const result = findOrVerify(presented, services)
  const waitingSince = result instanceof Promise ? clock.monotonic() : undefined
  return andThen(result, (verified) => {
    if (verified instanceof Rejection) return verified
    const { token, issuer, cached } = verified
    publish(
      'verified',
      () => ({
        issuer: token.issuer,
        subjectKind: token.subject.kind,
        verifiedBy: token.verifiedBy,
        cached,
        keys: issuer.keys.status().state,
        clientId: showClientId(token.clientId, issuer.settings),
        duration: waitingSince === undefined ? 0 : (clock.monotonic() - waitingSince) / 1000,
        requestId: getRequestId(request),
      }),
      raw,
    )
    return verified
  })
}

function findOrVerify(
  presented: string,
  services: VerificationServices,
): MaybePromise<VerifiedToken | Rejection> {
  const { tokenCache } = services
  if (tokenCache === undefined) return verifyUncached(presented, services)
  if (!tokenCache.isKnown(presented)) {
    return verifyAndKeep(presented, services, () => tokenCache.remember(presented))
  }
  return andThen(sha256(presented), (hash) => {
    const known = tokenCache.find(hash)
    const verifyAndAdd = () =>
      verifyAndKeep(presented, services, (verified) => tokenCache.add(hash, verified))
    if (known === undefined) return verifyAndAdd()
    return andThen(
      isStillValid(known, () => getSeconds(services.clock)),
      (isValid) => {
        if (isValid === true) return fromCache(known, presented)
        tokenCache.delete(hash)
        return verifyAndAdd()
      },
    )
  })
}

function fromCache(known: CachedToken, presented: string): VerifiedToken {
  const { token, binding, issuer, signedBy } = known
  return { token, binding, issuer, presented, signedBy, cached: true, introspected: undefined }
}

/** Verifies a token. Calls `keep` if its signature was verified. */
function verifyAndKeep(
  presented: string,
  services: VerificationServices,
  keep: (verified: CachedToken) => void,
): MaybePromise<VerifiedToken | Rejection> {
  return andThen(verifyUncached(presented, services), (verified) => {
    if (!(verified instanceof Rejection) && verified.signedBy !== undefined) {
      const { token, binding, issuer, signedBy } = verified
      keep({ token, binding, issuer, signedBy })
    }
    return verified
  })
}

/**
 * Verifies a token by its signature or by introspection. A compact JWS belongs to the issuer in its `iss`. If that
 * issuer is not configured, the JWS is rejected and is not sent to any server. Every other token belongs to the one
 * issuer of opaque tokens, if there is one.
 *
 * With `tokenFormat: 'any'`, a JWT is introspected only while the keys are unavailable, and only if no key was
 * distrusted. A JWT that was rejected locally stays rejected.
 */
function verifyUncached(
  presented: string,
  { issuers, clock }: VerificationServices,
): MaybePromise<VerifiedToken | Rejection> {
  const jws = parseCompactJws(presented)
  const issuer =
    jws instanceof Rejection
      ? (checkB64token(presented) ?? findOpaqueTokenIssuer(issuers, presented, jws))
      : findTrustedIssuer(issuers, getOwn(jws.claims, 'iss'))
  if (issuer instanceof Rejection) return withClaimed(issuer, jws)
  const isIntrospected = jws instanceof Rejection || issuer.settings.tokenFormat === 'opaque'
  const result = isIntrospected
    ? (checkIntrospected(jws) ?? introspectToken(presented, issuer, clock))
    : verifyLocally(jws, issuer, clock)
  return andThen(result, (verified) =>
    verified instanceof Rejection
      ? withClaimed(verified.with({ issuer: issuer.settings.issuer }), jws)
      : verified,
  )
}

/** Rejects a JWT that is never an access token before the issuer is asked about it. */
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
  clock: Clock,
): MaybePromise<VerifiedToken | Rejection> {
  return andThen(
    verifyJwt(jws, issuer, () => getSeconds(clock)),
    (signedBy) => {
      if (!(signedBy instanceof Rejection)) return toVerifiedToken(jws, issuer, signedBy)
      // A token that was signed with a distrusted key may still be active at the issuer.
      const mayAsk = issuer.settings.tokenFormat === 'any' && !issuer.keys.hasDistrusted()
      if (signedBy.reason !== 'keys_unavailable' || !mayAsk) return signedBy
      return introspectInstead(jws, issuer, clock, signedBy)
    },
  )
}

function toVerifiedToken(
  jws: CompactJws,
  issuer: TrustedIssuer,
  signedBy: SignedBy,
): VerifiedToken {
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

/** Introspects a JWT whose signature cannot be verified. Rejects it without a call if its claims are invalid. */
function introspectInstead(
  jws: CompactJws,
  issuer: TrustedIssuer,
  clock: Clock,
  unverified: Rejection,
): MaybePromise<VerifiedToken | Rejection> {
  const ruledOut =
    checkClaims(jws, issuer.settings, getSeconds(clock)) ?? rejectBound(readBinding(jws.claims))
  if (ruledOut !== undefined) return ruledOut.asClaimed()
  // If introspection fails too, the rejection still reports that the keys are unavailable.
  return andThen(introspectToken(jws.token, issuer, clock), (verified) =>
    verified instanceof Rejection && verified.reason === 'introspection_unavailable'
      ? unverified
      : verified,
  )
}
