import { runDetached } from '#async-context'
import { sha256 } from '#sha256'
import { withoutQuery } from '../../authorization-server/address.ts'
import { FetchError } from '../../authorization-server/bounded-fetch.ts'
import { type Bounds, withDeadline } from '../../authorization-server/deadline.ts'
import type { DiscoveredEndpoint } from '../../authorization-server/discovered-endpoint.ts'
import { LONGEST_RETRY_AFTER } from '../../authorization-server/retry-after.ts'
import { getMoment } from '../../lib/clock.ts'
import { IntrospectionUnavailableError } from '../../errors.ts'
import type { AccessToken } from '../../model/access-token.ts'
import type { Fetch } from '../../model/fetch.ts'
import type { IntrospectionSettings } from '../../model/settings.ts'
import type { Signer } from '../jwt/verify-jwt.ts'
import { LIMITS } from '../../limits.ts'
import { andThen, type MaybePromise } from '../../lib/maybe-promise.ts'
import { Rejection } from '../../response/rejection.ts'
import { SingleFlight } from '../../lib/single-flight.ts'
import type { Publish } from '../../lib/publisher.ts'
import { CircuitBreaker, type Permission } from './circuit-breaker.ts'
import {
  type FailedCall,
  failedCall,
  failedDiscovery,
  IntrospectionError,
} from './introspection-failure.ts'
import type { IntrospectionEvent } from './introspection-events.ts'
import { beginsWithHeader } from '../jwt/begins-with-header.ts'
import { findContradiction } from './contradiction.ts'
import { IntrospectionCache } from './introspection-cache.ts'
import { requestIntrospection } from './introspection-request.ts'
import { type IntrospectionResponse, readIntrospectionResponse } from './introspection-response.ts'

/** What it takes to ask one issuer. */
export interface IntrospectionParts {
  readonly issuer: Signer
  readonly settings: IntrospectionSettings
  readonly endpoint: DiscoveredEndpoint
  readonly fetch: Fetch
  readonly bounds: Bounds
  readonly publish: Publish<IntrospectionEvent>
}

/** Asks one issuer about its tokens. */
export interface Introspection {
  /** Seconds that a response is used again, unless somebody asks for a younger one. */
  readonly maxAge: number
  /**
   * Whether the issuer calls a token active, and what it says about it: at once where a response is known that
   * is younger than `maxAge`; with 0 it is asked from now on, in any case. Where it cannot be known, or where the
   * response is not about `verified` (the same token as it was verified here), the rejection is
   * `introspection_unavailable`.
   */
  ask(
    token: string,
    maxAge?: number,
    verified?: AccessToken,
  ): MaybePromise<Introspected | Rejection>
  /** Forgets which tokens were active. */
  forget(): void
  /** Finds the endpoint. Rejects with an `IntrospectionUnavailableError`. */
  ready(): Promise<void>
}

export interface Introspected {
  readonly response: IntrospectionResponse
  /** Whether the issuer was asked after this request has asked, and not for an earlier one. */
  readonly isForThisRequest: boolean
}

type Answer = IntrospectionResponse | Rejection

/**
 * Introspection with all that keeps it from harming anybody: responses are remembered for a time, callers with
 * the same token share a call, only so many calls run at once, and a server that does not answer is left alone
 * for a while. `IntrospectionCache`, `SingleFlight` and `CircuitBreaker` decide; this carries out what they decide.
 */
export function createIntrospection(parts: IntrospectionParts): Introspection {
  const { issuer, settings, endpoint, bounds, fetch, publish } = parts
  const { clock, closed } = bounds
  const { issuer: identifier } = issuer.settings
  const cache = new IntrospectionCache()
  const breaker = new CircuitBreaker()
  /** The tokens that the server has answered about last, with 200. */
  let answered: { readonly hash: string; readonly at: number }[] = []
  const calls = new SingleFlight<Answer>(() => clock.monotonic())
  let callsUnderWay = 0
  /** How often all answers were forgotten. An answer from before is not shared and not remembered. */
  let forgetCount = 0

  function hashToken(token: string): MaybePromise<string> {
    return sha256([identifier, settings.endpoint ?? '', settings.clientId, token].join('\n'))
  }

  function answer(
    token: string,
    hash: string,
    maxAge: number,
    isVerified: boolean,
  ): MaybePromise<Introspected | Rejection> {
    const ages = { maxAge, negativeMaxAge: Math.min(maxAge, settings.negativeMaxAge) }
    const known = cache.find(hash, ages, getMoment(clock))
    if (known !== undefined) {
      const { active } = known
      publish(() => ({ type: 'introspection_cached', issuer: identifier, active }))
      return { response: known, isForThisRequest: false }
    }
    const { result, isNew: isForThisRequest } = calls.join(
      `${forgetCount} ${hash}`,
      maxAge * 1000,
      () => runDetached(() => permitted(token, hash, isVerified)),
    )
    return result.then((response) =>
      response instanceof Rejection ? response : { response, isForThisRequest },
    )
  }

  /** Made-up tokens do not take all the calls: some are kept for those that were verified, or active before. */
  async function permitted(token: string, hash: string, isVerified: boolean): Promise<Answer> {
    const { introspectionCalls: most, callsForKnownTokens: kept } = LIMITS
    if (callsUnderWay >= (isVerified || cache.wasActive(hash) ? most : most - kept))
      return unavailable('too many calls at once', 1)
    const permission = breaker.ask(clock.monotonic())
    if (permission === undefined)
      return unavailable('that the last calls have failed', breaker.pause(clock.monotonic()))
    callsUnderWay++
    return call(token, hash, permission, isVerified).finally(() => callsUnderWay--)
  }

  async function call(
    token: string,
    hash: string,
    permission: Permission,
    isVerified: boolean,
  ): Promise<Answer> {
    const found: { at?: string } = {}
    const begun = forgetCount
    try {
      const received = await withDeadline(bounds, async (signal) => {
        const at = (found.at = await endpoint.find())
        return requestIntrospection({ token, endpoint: at, issuer, settings, fetch, clock, signal })
      })
      const response = readIntrospectionResponse(received, issuer.settings)
      breaker.succeeded(permission)
      if (answered[0]?.hash === hash) answered.shift()
      answered = [{ hash, at: clock.monotonic() }, ...answered.slice(0, 1)]
      if (forgetCount === begun) cache.remember(hash, response)
      const { active } = response
      publish(() => ({ type: 'introspection_called', issuer: identifier, active }))
      return response
    } catch (error) {
      if (found.at === undefined) return failed(notFound(error), permission)
      if (error instanceof FetchError && [404, 410].includes(error.status ?? 0)) endpoint.forget()
      if (!isVerified && isAboutToken(error, token, hash)) {
        breaker.inconclusive(permission, clock.monotonic())
        publish(() => ({ type: 'introspection_called', issuer: identifier, active: false }))
        return { active: false, askedAt: getMoment(clock) }
      }
      return failed(failedCall(located(error, withoutQuery(found.at)), clock.now()), permission)
    }
  }

  /**
   * Returns whether a 400 says that this token is none of the server's. A JWT may be one that the server does not
   * introspect, which is a matter of the configuration.
   */
  function isAboutToken(error: unknown, token: string, hash: string): boolean {
    if (!(error instanceof IntrospectionError)) return false
    if (issuer.settings.tokenFormat !== 'opaque' && beginsWithHeader(token)) return false
    if (error.failure === 'token_unsupported') return true
    const since = clock.monotonic() - LIMITS.otherAnswer * 1000
    // A server that answers nobody with 200 is not set up for us.
    return (
      error.failure === 'token_refused' &&
      answered.some((other) => other.hash !== hash && other.at > since)
    )
  }

  function notFound(error: unknown): FailedCall {
    const { metadataIssuer } = issuer.settings
    return failedDiscovery(located(error, `the metadata of ${metadataIssuer}`), clock.now())
  }

  function failed(failure: FailedCall, permission: Permission): Rejection {
    const now = clock.monotonic()
    if (failure.isOutage && !closed.aborted) breaker.failed(permission, now, failure.retryAfter)
    else breaker.inconclusive(permission, now)
    const pause = breaker.pause(now)
    publishFailed(failure, Math.ceil(pause))
    return unavailable(
      failure.failure,
      Math.max(pause, Math.min(failure.retryAfter, LONGEST_RETRY_AFTER.introspection)),
    )
  }

  function publishFailed({ failure, detail }: FailedCall, pause: number): void {
    publish(() => ({ type: 'introspection_failed', issuer: identifier, failure, detail, pause }))
  }

  function unavailable(found: string, pause: number): Rejection {
    const explanation = { check: 'introspection', expected: `an answer of ${identifier}`, found }
    return new Rejection('introspection_unavailable', explanation, { retryAfter: pause })
  }

  /** The server has mixed something up: what it says is neither believed nor kept. */
  function checkIdentity(
    { response }: Introspected,
    hash: string,
    verified: AccessToken,
  ): Rejection | undefined {
    const member = response.active ? findContradiction(response, verified) : undefined
    if (member === undefined) return undefined
    cache.forget(hash)
    const detail = `the answer is not about the token that was sent: its ${member} is another one`
    const failure = failedCall(new IntrospectionError('another_token', detail), clock.now())
    publishFailed(failure, 0)
    return unavailable(failure.failure, 0)
  }

  return {
    maxAge: settings.maxAge,
    ask: (token, maxAge = settings.maxAge, verified) =>
      andThen(hashToken(token), (hash) =>
        andThen(answer(token, hash, maxAge, verified !== undefined), (introspected) =>
          introspected instanceof Rejection || verified === undefined
            ? introspected
            : (checkIdentity(introspected, hash, verified) ?? introspected),
        ),
      ),
    forget() {
      forgetCount++
      cache.clear()
    },
    async ready() {
      try {
        await endpoint.find()
      } catch (error) {
        throw new IntrospectionUnavailableError(identifier, notFound(error).detail, error)
      }
    },
  }
}

/** Says where it was that something has failed, if the error does not. */
function located(error: unknown, place: string): unknown {
  if (error instanceof IntrospectionError) {
    const { failure, message, retryAfter } = error
    return new IntrospectionError(failure, `${place}: ${message}`, retryAfter)
  }
  const isSilent = error instanceof FetchError && error.failure === 'timeout'
  return isSilent ? new FetchError('timeout', `${place}: ${error.message}`) : error
}
