import { sha256 } from '#sha256'
import { readBinding, rejectBound } from '../binding/confirmation.ts'
import type { KeyStatus } from '../keys/key-source.ts'
import { type Clock, getSeconds } from '../lib/clock.ts'
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
import { toAccessToken } from './to-access-token.ts'
import {
  opaqueTokenIssuer,
  type TrustedIssuer,
  trustedIssuer,
  type TrustedIssuers,
} from './trusted-issuers.ts'
import type { VerifiedToken } from './verified-token.ts'

/**
 * A token was verified: its signature, or the answer of its issuer, and its claims. Published once for all guards
 * of a request. A bound token is refused afterwards.
 */
export interface VerifiedEvent {
  readonly type: 'verified'
  readonly issuer: string
  readonly subjectKind: 'machine' | 'user' | 'unknown'
  /** `jwt`: its signature was verified here. `introspection`: its issuer was asked. */
  readonly verifiedBy: TokenForm
  /** True if the token was found in the token cache. Never where the issuer was asked. */
  readonly cached: boolean
  /** The state of the issuer's keys. Count `stale` to see that an outage begins to matter. */
  readonly keys: KeyStatus['state']
  /** The client to which the token was issued, if the token names one. */
  readonly clientId: string | undefined
  /** Seconds that the verification has waited for keys or the issuer. */
  readonly duration: number
  /** The id of the request, if the framework or the application gives it one. */
  readonly requestId: string | undefined
}

/** The request with a token. Events are about it, and nothing else is read of it. */
export interface RequestOfToken {
  /** The request of the framework. `undefined`: the token did not come in a request. */
  readonly raw: object | undefined
  readonly request: RequestLike | undefined
}

/** The parts of a resource server that verification needs. */
export interface VerificationServices {
  /** The number of times that a key was distrusted. A result from before the last time is outdated. */
  readonly distrustCount: number
  readonly issuers: TrustedIssuers
  /** `undefined`: no token is remembered. */
  readonly tokenCache: TokenCache | undefined
  readonly clock: Clock
  readonly publish: Publish<VerifiedEvent>
}

/**
 * Verifies a token, and publishes that it was verified. The result depends on the token alone, so a JWT is
 * remembered in the token cache. Introspected tokens are not: the answers of their issuer are.
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
  return andThen(sha256(presented), (hash) => {
    const known = tokenCache.find(hash)
    if (known === undefined) return verifyAndRemember(presented, hash, tokenCache, services)
    return andThen(
      isStillValid(known, () => getSeconds(services.clock)),
      (isValid) => {
        if (isValid === true) return fromCache(known, presented)
        tokenCache.delete(hash)
        return verifyAndRemember(presented, hash, tokenCache, services)
      },
    )
  })
}

function fromCache(known: CachedToken, presented: string): VerifiedToken {
  const { token, binding, issuer, signedBy } = known
  return { token, binding, issuer, presented, signedBy, cached: true, introspected: undefined }
}

function verifyAndRemember(
  presented: string,
  hash: string,
  tokenCache: TokenCache,
  services: VerificationServices,
): MaybePromise<VerifiedToken | Rejection> {
  return andThen(verifyUncached(presented, services), (verified) => {
    if (!(verified instanceof Rejection) && verified.signedBy !== undefined) {
      const { token, binding, issuer, signedBy } = verified
      tokenCache.add(hash, { token, binding, issuer, signedBy })
    }
    return verified
  })
}

/**
 * Chooses how a token is verified. A compact JWS belongs to the issuer that it names, and is rejected if that
 * issuer is not configured: it is sent nowhere. Every other token belongs to the one issuer of opaque tokens,
 * if there is one. An issuer with `tokenFormat: 'any'` is asked about a JWT only while its keys are
 * unavailable, and none of them was distrusted. A JWT that was rejected here stays rejected.
 */
function verifyUncached(
  presented: string,
  { issuers, clock }: VerificationServices,
): MaybePromise<VerifiedToken | Rejection> {
  const jws = parseCompactJws(presented)
  const issuer =
    jws instanceof Rejection
      ? (checkB64token(presented) ?? opaqueTokenIssuer(issuers, presented, jws))
      : trustedIssuer(issuers, jws.claims['iss'])
  if (issuer instanceof Rejection) return withClaimed(issuer, jws)
  const isIntrospected = jws instanceof Rejection || issuer.settings.tokenFormat === 'opaque'
  const result = isIntrospected
    ? introspectToken(presented, issuer, clock)
    : verifyLocally(jws, issuer, clock)
  return andThen(result, (verified) =>
    verified instanceof Rejection
      ? withClaimed(verified.with({ issuer: issuer.settings.issuer }), jws)
      : verified,
  )
}

/** Adds the content of the token, as long as nothing verified is known about it. */
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
      // Its issuer may still call a token active that a distrusted key has signed.
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
    token: toAccessToken(jws.claims, issuer.settings, 'jwt', jws.header),
    binding: readBinding(jws.claims),
    issuer,
    presented: jws.token,
    signedBy,
    cached: false,
    introspected: undefined,
  }
}

/** Asks the issuer about a JWT whose signature cannot be verified, unless its own claims rule it out. */
function introspectInstead(
  jws: CompactJws,
  issuer: TrustedIssuer,
  clock: Clock,
  unverified: Rejection,
): MaybePromise<VerifiedToken | Rejection> {
  const ruledOut =
    checkClaims(jws, issuer.settings, getSeconds(clock)) ?? rejectBound(readBinding(jws.claims))
  if (ruledOut !== undefined) return ruledOut.asClaimed()
  // If the issuer does not answer at all, the keys are still what is missing.
  return andThen(introspectToken(jws.token, issuer, clock), (verified) =>
    verified instanceof Rejection && verified.reason === 'introspection_unavailable'
      ? unverified
      : verified,
  )
}
