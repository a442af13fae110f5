import { runDetached } from '#async-context'
import { sha256 } from '#sha256'
import { LONGEST_RETRY_AFTER } from '../../authorization-server/retry-after.ts'
import { getMoment } from '../../lib/clock.ts'
import type { AccessToken } from '../../model/access-token.ts'
import { LIMITS } from '../../limits.ts'
import { andThen, type MaybePromise } from '../../lib/maybe-promise.ts'
import { Rejection } from '../../response/rejection.ts'
import { Places } from '../../lib/places.ts'
import { getLostAfter } from '../../lib/shared-work.ts'
import { SingleFlight } from '../../lib/single-flight.ts'
import type { Publish } from '../../lib/publisher.ts'
import { KnownTokens } from './known-tokens.ts'
import { Availability } from './availability.ts'
import type { Permission } from '../../lib/circuit-breaker.ts'
import { type FailedCall, toFailedCall, IntrospectionError } from './introspection-failure.ts'
import { type CallParts, IntrospectionCall } from './introspection-call.ts'
import type { IntrospectionEvent } from './introspection-events.ts'
import { beginsWithHeader } from '../jwt/begins-with-header.ts'
import { findContradiction } from './contradiction.ts'
import { type CachedResponseLimits, IntrospectionCache } from './introspection-cache.ts'
import type { IntrospectionResponse } from './introspection-response.ts'
import { Probe, type ProbeResult } from './probe.ts'
import { createProbeToken } from './probe-token.ts'

/** Dependencies of the introspection of one issuer. */
export interface IntrospectionParts extends CallParts {
  readonly publish: Publish<IntrospectionEvent>
  readonly cachedResponses: CachedResponseLimits
}

/** Introspects the tokens of one issuer. */
export interface Introspection {
  /** Default maximum age of a cached response, in seconds. */
  readonly maxAge: number
  /**
   * Returns the introspection response for a token. An active response from the cache is used if it is younger than `maxAge`
   * seconds and its token has not expired. For an inactive response, the limit is the smaller of `maxAge` and
   * `negativeMaxAge`. If `maxAge` is 0, no cached response is used: the response comes from a call that starts after
   * `introspect` was called.
   *
   * `verified` is the result of the local verification of this token. Returns the rejection `introspection_unavailable` if
   * introspection fails, or if the response is not about the token `verified`.
   */
  introspect(
    token: string,
    maxAge?: number,
    verified?: AccessToken,
  ): MaybePromise<Introspected | Rejection>
  /** Removes all active responses from the cache. */
  forget(): void
  /** Finds the endpoint. Rejects with an `IntrospectionUnavailableError` if it is not found. */
  ready(): Promise<void>
}

/** An introspection response and its origin. */
export interface Introspected {
  readonly response: IntrospectionResponse
  /** `true` if the call to the issuer started after this request had called `introspect`. */
  readonly isForThisRequest: boolean
}

type CallResult = IntrospectionResponse | Rejection

/**
 * Creates the introspection of one issuer, with protection against overload. Responses are cached
 * (`IntrospectionCache`). Requests with the same token share a call (`SingleFlight`). The number of concurrent calls is
 * limited. After failed calls there is a pause, in which only known tokens are introspected (`Availability`).
 */
export function createIntrospection(parts: IntrospectionParts): Introspection {
  const { issuer, settings, bounds, publish } = parts
  const { clock, closed } = bounds
  const { issuer: identifier } = issuer.settings
  const now = () => clock.monotonic()
  const cache = new IntrospectionCache(parts.cachedResponses)
  const call = new IntrospectionCall(parts)
  const probe =
    settings.probe === false ? undefined : new Probe(sendProbe, clock, getLostAfter(bounds.timeout))
  const availability = new Availability(probe, now, getLostAfter(2 * bounds.timeout))
  const knownTokens = new KnownTokens()
  // A call may first wait for a probe, which has the same timeout.
  const lostAfter = getLostAfter(2 * bounds.timeout)
  const calls = new SingleFlight<CallResult>(clock, lostAfter)
  const runningCalls = new Places(now, lostAfter)
  /**
   * Number of times that `forget` was called. If an introspection call started before the last `forget`, its response is not
   * cached, and later requests do not join the call.
   */
  let forgetCount = 0

  function hashToken(token: string): MaybePromise<string> {
    return sha256([identifier, settings.endpoint ?? '', settings.clientId, token].join('\n'))
  }

  function getResponse(
    token: string,
    hash: string,
    maxAge: number,
    isVerified: boolean,
  ): MaybePromise<Introspected | Rejection> {
    const ages = { maxAge, negativeMaxAge: Math.min(maxAge, settings.negativeMaxAge) }
    const known = cache.find(hash, ages, getMoment(clock))
    if (known !== undefined) {
      const { active } = known
      publish('introspection_cached', () => ({ issuer: identifier, active }))
      return { response: known, isForThisRequest: false }
    }
    const { result, isNew: isForThisRequest } = calls.join(
      `${forgetCount} ${hash}`,
      maxAge * 1000,
      () => runDetached(() => makeCallIfPermitted(token, hash, isVerified)),
    )
    return result.then((response) =>
      response instanceof Rejection ? response : { response, isForThisRequest },
    )
  }

  /** Makes a call if it is permitted. Some concurrent calls are reserved for tokens that were verified or active earlier. */
  async function makeCallIfPermitted(
    token: string,
    hash: string,
    isVerified: boolean,
  ): Promise<CallResult> {
    const { introspectionCalls: max, callsForKnownTokens: reserved } = LIMITS
    const isKnown = isVerified || cache.wasActive(hash)
    if (runningCalls.count() >= (isKnown ? max : max - reserved))
      return rejectUnavailable('too many concurrent calls', 1)
    const leave = runningCalls.take()
    try {
      const permission = await availability.acquire(isKnown)
      return permission === undefined
        ? rejectUnavailable('a pause after failed calls', availability.pause)
        : await makeCall(token, hash, permission, isKnown)
    } finally {
      leave()
    }
  }

  async function makeCall(
    token: string,
    hash: string,
    permission: Permission,
    isKnown: boolean,
  ): Promise<CallResult> {
    const forgetCountBefore = forgetCount
    const startedAt = now()
    const result = await call.make(token)
    const duration = (now() - startedAt) / 1000
    if ('active' in result) {
      availability.succeeded(permission)
      knownTokens.add(hash, now())
      if (forgetCount === forgetCountBefore) cache.remember(hash, result)
      return publishCalled(result, duration)
    }
    if (!isKnown && meansInactive(result, token, hash)) {
      availability.inconclusive(permission)
      return publishCalled({ active: false, askedAt: getMoment(clock) }, duration)
    }
    return reportFailure(result, permission, isKnown, duration)
  }

  function publishCalled(response: IntrospectionResponse, duration: number): IntrospectionResponse {
    const { active } = response
    publish('introspection_called', () => ({ issuer: identifier, active, duration }))
    return response
  }

  /**
   * Returns whether a failed call has the same meaning as the response `active: false`. Returns `false` for a JWT if
   * `tokenFormat` is not `'opaque'`. The call may have failed because the server does not introspect JWTs at all. In that case,
   * the configuration is wrong, and the token may be active.
   */
  function meansInactive({ failure }: FailedCall, token: string, hash: string): boolean {
    if (issuer.settings.tokenFormat !== 'opaque' && beginsWithHeader(token)) return false
    if (failure === 'token_unsupported') return true
    // If no other token got a 200, the server probably refuses this API, and not the token.
    const since = now() - LIMITS.otherResponse * 1000
    return failure === 'token_refused' && knownTokens.hasOther(hash, since)
  }

  function reportFailure(
    failure: FailedCall,
    permission: Permission,
    isKnown: boolean,
    duration: number,
  ): Rejection {
    if (closed.aborted) availability.inconclusive(permission)
    else availability.failed(permission, failure, isKnown)
    const { pause } = availability
    publishFailed(failure, Math.ceil(pause), duration)
    return rejectUnavailable(
      failure.failure,
      Math.max(pause, Math.min(failure.retryAfter, LONGEST_RETRY_AFTER.introspection)),
    )
  }

  /** Sends a probe. Never rejects. */
  async function sendProbe(): Promise<ProbeResult> {
    const token = createProbeToken(settings.probe || undefined)
    if (token === undefined) {
      const detail = 'introspection.probe did not return a valid token'
      publishFailed({ failure: 'unexpected', detail }, 0, 0)
      return undefined
    }
    const result = await call.make(token)
    if (closed.aborted) return undefined
    const answered = 'active' in result || result.dueTo === 'token'
    publish('introspection_probed', () => ({ issuer: identifier, answered }))
    return answered ? 'answered' : result
  }

  function publishFailed(
    { failure, detail }: Pick<FailedCall, 'failure' | 'detail'>,
    pause: number,
    duration: number,
  ): void {
    publish('introspection_failed', () => ({
      issuer: identifier,
      failure,
      detail,
      pause,
      duration,
    }))
  }

  function rejectUnavailable(found: string, pause: number): Rejection {
    const explanation = { check: 'introspection', expected: `a response from ${identifier}`, found }
    return new Rejection('introspection_unavailable', explanation, { retryAfter: pause })
  }

  /** Rejects a response that is not about the token `verified`, and removes the response from the cache. */
  function checkIdentity(
    { response }: Introspected,
    hash: string,
    verified: AccessToken,
  ): Rejection | undefined {
    const member = response.active ? findContradiction(response, verified) : undefined
    if (member === undefined) return undefined
    cache.forget(hash)
    const detail = `the response is not about the token that was sent: its ${member} differs`
    const failure = toFailedCall(new IntrospectionError('another_token', detail), clock.now())
    publishFailed(failure, 0, 0)
    return rejectUnavailable(failure.failure, 0)
  }

  return {
    maxAge: settings.maxAge,
    introspect: (token, maxAge = settings.maxAge, verified) =>
      andThen(hashToken(token), (hash) =>
        andThen(getResponse(token, hash, maxAge, verified !== undefined), (introspected) =>
          introspected instanceof Rejection || verified === undefined
            ? introspected
            : (checkIdentity(introspected, hash, verified) ?? introspected),
        ),
      ),
    forget() {
      forgetCount++
      cache.clear()
    },
    ready: () => call.ready(),
  }
}
