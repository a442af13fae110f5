import type { BindingServices } from '../binding/check-binding.ts'
import type { KeyStatus } from '../keys/key-source.ts'
import { type Clock, getSeconds } from '../lib/clock.ts'
import { andThen, type MaybePromise } from '../lib/maybe-promise.ts'
import type { Publish } from '../lib/publisher.ts'
import { getRequestId, type RequestLike } from '../model/request-like.ts'
import { Rejection } from '../response/rejection.ts'
import type { TokenForm } from '../subject/profile.ts'
import { showClientId } from '../subject/personal-claims.ts'
import { type CachedToken, isStillValid } from './cache/cached-token.ts'
import type { TokenCache } from './cache/token-cache.ts'
import type { IntrospectionSteps } from './introspection/introspection-steps.ts'
import type { MissingAudienceReports } from './missing-audience.ts'
import { toContent } from './token-content.ts'
import { isStillTrusted, type TrustedIssuers } from './trusted-issuers.ts'
import type { VerifiedToken } from './verified-token.ts'
import { verifyUncached } from './verify-uncached.ts'

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
  /** Seconds that the verification waited, for example for keys or for introspection. 0 if it did not wait. */
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
export interface VerificationServices extends BindingServices {
  /** Number of times that a key was distrusted. Results that are older than the last change of this number are outdated. */
  readonly distrustCount: number
  readonly issuers: TrustedIssuers
  /** `undefined`: tokens are not cached. */
  readonly tokenCache: TokenCache | undefined
  readonly clock: Clock
  /** `undefined`: no issuer has introspection. */
  readonly introspection: IntrospectionSteps | undefined
  readonly missingAudience: MissingAudienceReports
  readonly publish: Publish<VerifiedEvent>
}

/**
 * Verifies a token, and publishes a `verified` event. The result does not depend on the request, so a verified JWT can be
 * stored in the token cache. Introspected tokens are not stored there: their introspection responses are cached instead.
 *
 * Does NOT check the binding. `hashToken` returns the SHA-256 hash of the token in base64url.
 */
export function verify(
  presented: string,
  services: VerificationServices,
  { raw, request }: RequestOfToken,
  hashToken: () => MaybePromise<string>,
): MaybePromise<VerifiedToken | Rejection> {
  const { clock, publish } = services
  const result = findOrVerify(presented, services, hashToken)
  const waitingSince = result instanceof Promise ? clock.monotonic() : undefined
  return andThen(result, (verified) => {
    if (verified instanceof Rejection) return verified
    const { token, issuer, cached } = verified
    services.missingAudience.report(verified)
    publish(
      'verified',
      () => ({
        issuer: token.issuer,
        subjectKind: token.subject.kind,
        // This code verifies only tokens of issuers. The value `api_key` does not occur here.
        verifiedBy: token.verifiedBy as TokenForm,
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
  hashToken: () => MaybePromise<string>,
): MaybePromise<VerifiedToken | Rejection> {
  const { tokenCache } = services
  if (tokenCache === undefined) return verifyUncached(presented, services)
  if (!tokenCache.isKnown(presented)) {
    return verifyAndKeep(presented, services, () => tokenCache.remember(presented))
  }
  return andThen(hashToken(), (hash) => {
    const known = tokenCache.find(hash)
    const verifyAndAdd = () =>
      verifyAndKeep(presented, services, (verified) => tokenCache.add(hash, verified))
    if (known === undefined) return verifyAndAdd()
    return andThen(checkCached(known, services), (isValid) => {
      if (isValid instanceof Rejection) return describeCached(isValid, known, presented)
      if (isValid) return fromCache(known, presented)
      tokenCache.delete(hash)
      return verifyAndAdd()
    })
  })
}

/**
 * Returns whether a cached token is still valid. Returns a rejection if its issuer is no longer trusted (401), or if the
 * check of the issuer fails (503).
 */
function checkCached(
  known: CachedToken,
  { issuers, clock }: VerificationServices,
): MaybePromise<boolean | Rejection> {
  return andThen(isStillTrusted(known.issuer, issuers), (isTrusted) =>
    isTrusted === true ? isStillValid(known, () => getSeconds(clock)) : isTrusted,
  )
}

/** Adds the issuer and the content of a cached token to a rejection. */
function describeCached(rejection: Rejection, known: CachedToken, presented: string): Rejection {
  const { issuer } = known.issuer.settings
  return rejection.with({ issuer, token: toContent(fromCache(known, presented)) })
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
