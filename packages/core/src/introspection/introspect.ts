import { sha256 } from '#sha256'
import { type Fetch, FetchError } from '../authorization-server/bounded-fetch.ts'
import { type Bounds, withDeadline } from '../authorization-server/deadline.ts'
import type { IntrospectionSettings } from '../issuers/issuer-settings.ts'
import type { Signer } from '../jwt/verify-jwt.ts'
import { LIMITS } from '../limits.ts'
import { andThen, type MaybePromise } from '../maybe-promise.ts'
import { Rejection } from '../outcome/rejection.ts'
import { CircuitBreaker, type Permission } from './circuit-breaker.ts'
import { type FailedCall, failedCall } from './failure.ts'
import { type Answer, type AnswerAges, IntrospectionCache } from './introspection-cache.ts'
import { readAnswer } from './introspection-response.ts'
import { requestIntrospection } from './request.ts'

/** What is reported of introspection as it happens. */
export interface IntrospectionReports {
  called(active: boolean): void
  cached(active: boolean): void
  /** `pause` are the seconds for which nothing is asked from now on. */
  failed(call: FailedCall, pause: number): void
}

export interface IntrospectionOptions {
  readonly issuer: Signer
  readonly settings: IntrospectionSettings
  readonly fetch: Fetch
  readonly bounds: Bounds
  /** Where the endpoint is. */
  readonly endpoint: (signal: AbortSignal) => Promise<string>
  /** It was not there: it may have moved. */
  readonly endpointIsGone: () => void
  readonly reports: IntrospectionReports
  readonly cache?: IntrospectionCache
}

/** Asks one issuer about its tokens. */
export interface Introspection {
  /**
   * Whether the issuer calls a token active, and what it says about it: at once where an answer is known that
   * is young enough. `ages` are those of the settings, unless they are given. Where it cannot be known, the
   * rejection is `introspection_unavailable`.
   */
  ask(token: string, ages?: AnswerAges): MaybePromise<Answer | Rejection>
}

/**
 * Introspection with all that keeps it from harming anybody: answers are remembered for a time, callers with
 * the same token share a call, only so many calls run at once, and a server that does not answer is left alone
 * for a while. `CircuitBreaker` and `IntrospectionCache` decide; this carries out what they decide.
 */
export function introspection(options: IntrospectionOptions): Introspection {
  const { issuer, settings, bounds, endpoint, reports, cache = new IntrospectionCache() } = options
  const { clock, closed } = bounds
  const { issuer: identifier } = issuer.settings
  const breaker = new CircuitBreaker()
  const running = new Map<string, Promise<Answer | Rejection>>()
  let calls = 0

  function hashOf(token: string): MaybePromise<string> {
    return sha256([identifier, settings.endpoint ?? '', settings.clientId, token].join('\n'))
  }

  function answerTo(
    token: string,
    hash: string,
    ages: AnswerAges,
  ): MaybePromise<Answer | Rejection> {
    const moment = { monotonic: clock.monotonic(), seconds: clock.now() / 1000 }
    const known = cache.find(hash, ages, moment)
    if (known !== undefined) {
      reports.cached(known.active)
      return known
    }
    // Who wants no answer from before his request wants none to a question from before it either.
    const shared = ages.maxAge > 0
    const flight = shared ? running.get(hash) : undefined
    if (flight !== undefined) return flight
    const answer = begin(token, hash)
    if (!shared || answer instanceof Rejection) return answer
    running.set(hash, answer)
    return answer.finally(() => running.delete(hash))
  }

  function begin(token: string, hash: string): Rejection | Promise<Answer | Rejection> {
    if (calls >= LIMITS.introspectionCalls) return unavailable('too many calls at once', 1)
    const permission = breaker.ask(clock.monotonic())
    if (permission === 'refused') {
      const pause = breaker.pause(clock.monotonic())
      return unavailable('that the last calls have failed', pause)
    }
    calls++
    return ask(token, hash, permission).finally(() => calls--)
  }

  async function ask(
    token: string,
    hash: string,
    permission: Permission,
  ): Promise<Answer | Rejection> {
    const askedAt = clock.monotonic()
    try {
      const { members, bytes } = await withDeadline(bounds, async (signal) => {
        const request = { ...options, clock, endpoint: await endpoint(signal) }
        return requestIntrospection(token, request, signal)
      })
      const answer = readAnswer(members, bytes)
      breaker.succeeded(permission)
      cache.remember(hash, answer, askedAt)
      reports.called(answer.active)
      return answer
    } catch (error) {
      if (error instanceof FetchError && (error.status === 404 || error.status === 410))
        options.endpointIsGone()
      return failed(failedCall(error, clock.now()), permission)
    }
  }

  function failed(failure: FailedCall, permission: Permission): Rejection {
    const now = clock.monotonic()
    if (closed.aborted) breaker.abandoned(permission)
    else if (failure.isOutage) breaker.failed(permission, now, failure.retryAfter)
    else breaker.succeeded(permission)
    reports.failed(failure, breaker.pause(now))
    return unavailable(failure.failure, breaker.pause(now))
  }

  function unavailable(found: string, pause: number): Rejection {
    const explanation = { check: 'introspection', expected: `an answer of ${identifier}`, found }
    return new Rejection('introspection_unavailable', explanation, pause)
  }

  return {
    ask: (token, ages = settings) => andThen(hashOf(token), (hash) => answerTo(token, hash, ages)),
  }
}
