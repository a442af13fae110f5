import { runDetached } from '#async-context'
import { sha256 } from '#sha256'
import { LONGEST_RETRY_AFTER } from '../../authorization-server/retry-after.ts'
import { getMoment } from '../../lib/clock.ts'
import type { AccessToken } from '../../model/access-token.ts'
import { LIMITS } from '../../limits.ts'
import { andThen, type MaybePromise } from '../../lib/maybe-promise.ts'
import { Rejection } from '../../response/rejection.ts'
import { SingleFlight } from '../../lib/single-flight.ts'
import type { Publish } from '../../lib/publisher.ts'
import { AnsweredTokens } from './answered-tokens.ts'
import { Availability } from './availability.ts'
import type { Permission } from './circuit-breaker.ts'
import { type FailedCall, failedCall, IntrospectionError } from './introspection-failure.ts'
import { type CallParts, IntrospectionCall } from './introspection-call.ts'
import type { IntrospectionEvent } from './introspection-events.ts'
import { beginsWithHeader } from '../jwt/begins-with-header.ts'
import { findContradiction } from './contradiction.ts'
import { IntrospectionCache } from './introspection-cache.ts'
import type { IntrospectionResponse } from './introspection-response.ts'
import { Probe, type ProbeResult } from './probe.ts'
import { makeProbeToken } from './probe-token.ts'

/** The parts that introspection at one issuer needs. */
export interface IntrospectionParts extends CallParts {
  readonly publish: Publish<IntrospectionEvent>
}

/** Asks one issuer about its tokens. */
export interface Introspection {
  /** Seconds that a response is used again, unless somebody asks for a younger one. */
  readonly maxAge: number
  /**
   * Returns whether the issuer calls a token active, and what it says about it: at once where a response is known that
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
  /** True if the issuer was asked after this request has asked, and not for an earlier one. */
  readonly isForThisRequest: boolean
}

type Answer = IntrospectionResponse | Rejection

/**
 * Introspection with all that keeps it from harming anybody: responses are remembered for a time, callers with
 * the same token share a call, only so many calls run at once, and a server that does not answer is left alone
 * for a while. `IntrospectionCache`, `SingleFlight` and `Availability` decide; this carries out what they decide.
 */
export function createIntrospection(parts: IntrospectionParts): Introspection {
  const { issuer, settings, bounds, publish } = parts
  const { clock, closed } = bounds
  const { issuer: identifier } = issuer.settings
  const now = () => clock.monotonic()
  const cache = new IntrospectionCache()
  const call = new IntrospectionCall(parts)
  const probe = settings.probe === false ? undefined : new Probe(sendProbe, now)
  const availability = new Availability(probe, now)
  const answeredTokens = new AnsweredTokens()
  const calls = new SingleFlight<Answer>(now)
  let callsUnderWay = 0
  /** The number of times that all answers were forgotten. An answer from before is not shared and not remembered. */
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
      publish('introspection_cached', () => ({ issuer: identifier, active }))
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
    const isKnown = isVerified || cache.wasActive(hash)
    if (callsUnderWay >= (isKnown ? most : most - kept))
      return unavailable('too many calls at once', 1)
    callsUnderWay++
    try {
      const permission = await availability.ask(isKnown)
      return permission === undefined
        ? unavailable('a pause after failed calls', availability.pause)
        : await ask(token, hash, permission, isKnown)
    } finally {
      callsUnderWay--
    }
  }

  async function ask(
    token: string,
    hash: string,
    permission: Permission,
    isKnown: boolean,
  ): Promise<Answer> {
    const begun = forgetCount
    const begunAt = now()
    const result = await call.make(token)
    const duration = (now() - begunAt) / 1000
    if ('active' in result) {
      availability.succeeded(permission)
      answeredTokens.add(hash, now())
      if (forgetCount === begun) cache.remember(hash, result)
      return called(result, duration)
    }
    if (!isKnown && isAboutToken(result, token, hash)) {
      availability.inconclusive(permission)
      return called({ active: false, askedAt: getMoment(clock) }, duration)
    }
    return failed(result, permission, isKnown, duration)
  }

  function called(response: IntrospectionResponse, duration: number): IntrospectionResponse {
    const { active } = response
    publish('introspection_called', () => ({ issuer: identifier, active, duration }))
    return response
  }

  /**
   * Returns whether a failure says that this token is none of the server's. A JWT may be one that the server does not
   * introspect, which is a matter of the configuration.
   */
  function isAboutToken({ failure }: FailedCall, token: string, hash: string): boolean {
    if (issuer.settings.tokenFormat !== 'opaque' && beginsWithHeader(token)) return false
    if (failure === 'token_unsupported') return true
    // A server that answers nobody with 200 is not set up for us.
    const since = now() - LIMITS.otherAnswer * 1000
    return failure === 'token_refused' && answeredTokens.hasOther(hash, since)
  }

  function failed(
    failure: FailedCall,
    permission: Permission,
    isKnown: boolean,
    duration: number,
  ): Rejection {
    if (closed.aborted) availability.inconclusive(permission)
    else availability.failed(permission, failure, isKnown)
    const { pause } = availability
    publishFailed(failure, Math.ceil(pause), duration)
    return unavailable(
      failure.failure,
      Math.max(pause, Math.min(failure.retryAfter, LONGEST_RETRY_AFTER.introspection)),
    )
  }

  /** Never rejects. */
  async function sendProbe(): Promise<ProbeResult> {
    const token = makeProbeToken(settings.probe || undefined)
    if (token === undefined) {
      const detail = 'introspection.probe has not returned a token'
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
    const detail = `the answer is not about the token that was sent: its ${member} differs`
    const failure = failedCall(new IntrospectionError('another_token', detail), clock.now())
    publishFailed(failure, 0, 0)
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
    ready: () => call.ready(),
  }
}
