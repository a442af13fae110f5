import { keepInBackground, runDetached } from '#async-context'
import { MATCHED_ISSUER } from '../authorization/issuer.ts'
import { onAbort } from '../authorization-server/deadline.ts'
import { BoundedCache } from '../lib/bounded-cache.ts'
import type { Clock } from '../lib/clock.ts'
import { isSameData } from '../lib/is-same-data.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { addIfMissing } from '../lib/objects.ts'
import type { Publish } from '../lib/publisher.ts'
import { getLostAfter, joinOrRestart } from '../lib/shared-work.ts'
import { LIMITS } from '../limits.ts'
import type {
  CheckedIssuer,
  DynamicIssuerSettings,
  IssuerSettings,
  Settings,
} from '../model/settings.ts'
import type { Rejection } from '../response/rejection.ts'
import { rejectUnknownIssuer, type TrustedIssuer } from '../token/trusted-issuers.ts'
import type { IntrospectionSteps } from '../token/introspection/introspection-steps.ts'
import type { ManagedIssuers } from './issuers.ts'
import { CallSlots } from './call-slots.ts'
import { IssuerCache } from './issuer-cache.ts'
import { isIssuerName } from './issuer-name.ts'
import type { IssuersEvent } from './issuer-events.ts'
import { NewIssuerBudget } from './new-issuer-budget.ts'
import { TOO_MANY_NEW } from './resolution-failures.ts'
import { ResolutionResults } from './resolution-results.ts'
import { createResolvedIssuer, type ResolvedIssuer } from './resolved-issuer.ts'
import {
  callMatch,
  canResolve,
  type FailedResolution,
  mayResolve,
  resolveIssuer,
  toInvalidOptions,
} from './resolve-issuer.ts'
import { type FoundIssuer, type RunningCall, RunningCalls } from './running-calls.ts'

/** Fraction of `ttl` after which the next token starts a call of `resolve` in the background. The cached options stay in use. */
const REFRESH_AT = 0.8

/**
 * The issuers that `match` accepts and for which `resolve` returns options. The options are cached for `ttl` seconds, and are never
 * used for longer. After 80 percent of that time, the next token starts a call of `resolve`, and does not wait for the result.
 *
 * Each issuer has its own keys and its own introspection. Keys are fetched only when tokens of the issuer arrive. An evicted issuer
 * is not closed, because running requests may still use it. After these requests, nothing refers to the issuer.
 */
export class ResolvedIssuers implements ManagedIssuers {
  readonly #dynamic: DynamicIssuerSettings
  readonly #settings: Settings
  readonly #publish: Publish<IssuersEvent>
  readonly #closed: AbortSignal
  readonly #steps: IntrospectionSteps | undefined
  readonly #clock: Clock
  readonly #cache: IssuerCache<ResolvedIssuer>
  readonly #results: ResolutionResults
  /** Issuers whose warnings were published. */
  readonly #warned: BoundedCache<true>
  readonly #running: RunningCalls
  readonly #distrusted = new Map<string, Set<string>>()
  readonly #slots: CallSlots
  readonly #lostAfter: number
  readonly #budget: NewIssuerBudget
  /** Rate limit for issuers that had a verified token earlier, but are no longer cached. */
  readonly #budgetOfKnown: NewIssuerBudget

  /**
   * `forget` is called for each issuer that is removed, evicted or replaced. `steps` is `undefined` if the part `introspection` is
   * not in use.
   */
  constructor(
    dynamic: DynamicIssuerSettings,
    settings: Settings,
    publish: Publish<IssuersEvent>,
    closed: AbortSignal,
    forget: (issuer: TrustedIssuer) => void,
    steps: IntrospectionSteps | undefined,
  ) {
    const { maxEntries, concurrency } = dynamic
    const { newPerSecond, knownNames } = LIMITS.dynamicIssuers
    this.#dynamic = dynamic
    this.#settings = settings
    this.#publish = publish
    this.#closed = closed
    this.#steps = steps
    this.#clock = settings.clock
    this.#lostAfter = getLostAfter(settings.fetchTimeout)
    this.#running = new RunningCalls(this.#lostAfter)
    this.#cache = new IssuerCache(maxEntries, ({ issuer }) => forget(issuer))
    this.#results = new ResolutionResults(dynamic, this.#clock, publish)
    this.#warned = new BoundedCache(maxEntries * knownNames, Infinity, () => 1)
    this.#slots = new CallSlots(concurrency, () => this.#clock.monotonic(), this.#lostAfter)
    const now = this.#clock.monotonic()
    const perSecond = (newPerSecond * maxEntries) / 1000
    this.#budget = new NewIssuerBudget(maxEntries, perSecond, now)
    this.#budgetOfKnown = new NewIssuerBudget(maxEntries, perSecond, now)
  }

  find(iss: unknown): MaybePromise<FoundIssuer> {
    const entry = typeof iss === 'string' ? this.#cache.get(iss) : undefined
    const now = this.#clock.monotonic()
    if (entry === undefined || !this.#isUsable(entry, now)) return this.#findUncached(iss, now)
    if (now - entry.resolvedAt >= this.#dynamic.ttl * 1000 * REFRESH_AT)
      this.#refresh(entry.name, now)
    return entry.issuer
  }

  peek(iss: string): TrustedIssuer | undefined {
    return this.#cache.peek(iss)?.issuer
  }

  mayResolve(name: unknown): name is string {
    return mayResolve(name, this.#dynamic)
  }

  forgetIssuer(iss: string): void {
    this.#delete(iss)
    this.#results.endPause(iss)
    const call = this.#running.get(iss)
    if (call !== undefined) this.#running.end(iss, call)
    call?.aborting.abort()
    this.#publish('issuer_forgotten', () => ({ issuer: iss }))
  }

  distrustKey(iss: string, thumbprint: string): boolean | undefined {
    const issuer = this.peek(iss)
    // A cached issuer is still in use, even if `match` no longer accepts it.
    if (issuer === undefined && !canResolve(iss, this.#dynamic)) return undefined
    if (issuer !== undefined && issuer.keys.distrustKey?.(thumbprint) === undefined)
      return undefined
    issuer?.introspection?.forget()
    const thumbprints = this.#distrusted.get(iss) ?? new Set()
    this.#distrusted.set(iss, thumbprints)
    return addIfMissing(thumbprints, thumbprint)
  }

  /** Removes an issuer. Verification results that are based on its options become outdated. */
  #delete(iss: string): void {
    this.#cache.peek(iss)?.retire()
    this.#cache.delete(iss)
  }

  #isUsable({ resolvedAt }: ResolvedIssuer, now: number): boolean {
    return now - resolvedAt < this.#dynamic.ttl * 1000
  }

  /** Finds an issuer whose options are not cached, or are too old. */
  #findUncached(iss: unknown, now: number): MaybePromise<FoundIssuer> {
    if (!isIssuerName(iss)) return rejectUnknownIssuer('a URL in its normal form', iss)
    const rejection = this.#results.reject(iss, now)
    if (rejection !== undefined) return rejection
    const call = this.#running.get(iss)
    if (call?.found === undefined) return this.#start(iss, now)
    return joinOrRestart(call.found, this.#clock, this.#lostAfter, () => {
      this.#running.end(iss, call)
      return this.find(iss)
    })
  }

  /** Starts a call of `resolve` that no request waits for. */
  #refresh(iss: string, now: number): void {
    this.#running.forgetLost(now)
    if (this.#running.get(iss) !== undefined || this.#results.reject(iss, now) !== undefined) return
    const found = this.#start(iss, now)
    if (found instanceof Promise) keepInBackground(found)
  }

  #start(iss: string, now: number): MaybePromise<FoundIssuer> {
    const isMatch = callMatch(iss, this.#dynamic)
    if (isMatch === false) {
      this.#delete(iss)
      return rejectUnknownIssuer(MATCHED_ISSUER, iss)
    }
    if (isMatch !== true) return this.#fail(iss, isMatch, now)
    this.#running.forgetLost(now)
    const call: RunningCall = { startedAt: now, aborting: new AbortController() }
    this.#running.add(iss, call)
    const stopListening = onAbort(this.#closed, () => call.aborting.abort())
    if (this.#closed.aborted) call.aborting.abort()
    call.found = runDetached(() => this.#resolve(iss, now, call)).finally(() => {
      stopListening()
      this.#running.end(iss, call)
    })
    return call.found
  }

  /** Calls `resolve`, and caches the result. Never rejects. */
  async #resolve(iss: string, startedAt: number, call: RunningCall): Promise<FoundIssuer> {
    const { fetchTimeout: timeout } = this.#settings
    const bounds = { clock: this.#clock, timeout, closed: call.aborting.signal }
    const services = { slots: this.#slots, bounds, isProved: this.#cache.isProved(iss) }
    const resolved = await resolveIssuer(iss, this.#dynamic, services)
    if (!this.#running.has(iss, call)) return this.find(iss)
    if (resolved === undefined) return this.#rejectUnknown(iss, startedAt)
    if ('failure' in resolved) return this.#fail(iss, resolved, startedAt)
    const previous = this.#cache.peek(iss)
    if (previous !== undefined && isSameData(previous.issuer.settings, resolved.settings)) {
      previous.resolvedAt = startedAt
      return this.#succeed(previous, startedAt)
    }
    const budget = previous === undefined ? this.#getBudget(iss, resolved.settings) : undefined
    if (budget?.take(this.#clock.monotonic()) === false)
      return this.#fail(iss, TOO_MANY_NEW, startedAt)
    try {
      const entry = this.#create(iss, resolved, previous, startedAt)
      // Some runtimes import configured keys asynchronously. Keys that the issuer publishes are fetched later.
      if (resolved.settings.keyOrigin.kind === 'static') await entry.issuer.keys.ready()
      if (!this.#running.has(iss, call)) {
        budget?.giveBack()
        return await this.find(iss)
      }
      return this.#keep(entry, budget, startedAt)
    } catch (error) {
      budget?.giveBack()
      return this.#running.has(iss, call)
        ? this.#fail(iss, toInvalidOptions(error), startedAt)
        : this.find(iss)
    }
  }

  /** Returns the rate limit for adding an issuer. `undefined`: no limit, because the issuer causes no calls to a server. */
  #getBudget(
    iss: string,
    { keyOrigin, introspection }: IssuerSettings,
  ): NewIssuerBudget | undefined {
    const makesCalls = ['discovery', 'jwks_uri'].includes(keyOrigin.kind)
    if (!makesCalls && introspection === undefined) return undefined
    return this.#cache.isKnown(iss) ? this.#budgetOfKnown : this.#budget
  }

  #create(
    iss: string,
    { settings, warnings }: CheckedIssuer,
    previous: ResolvedIssuer | undefined,
    resolvedAt: number,
  ): ResolvedIssuer {
    // Anyone can cause an evicted issuer to be added again, so the warnings of an issuer are published only once.
    const isWarned = this.#warned.get(iss) === true
    this.#warned.set(iss, true)
    const publish: Publish<IssuersEvent> = (type, ...event) => {
      if (type !== 'configuration_warning' || !isWarned) this.#publish(type, ...event)
    }
    for (const warning of warnings)
      publish('configuration_warning', () => ({ issuer: iss, ...warning }))
    return createResolvedIssuer(iss, settings, {
      previous,
      settings: this.#settings,
      steps: this.#steps,
      publish,
      closed: this.#closed,
      resolvedAt,
    })
  }

  #keep(
    entry: ResolvedIssuer,
    budget: NewIssuerBudget | undefined,
    startedAt: number,
  ): TrustedIssuer {
    const { name, issuer } = entry
    const previous = this.#cache.peek(name)
    previous?.retire()
    let isProved = this.#cache.isProved(name)
    entry.onVerified = () => {
      if (isProved) return
      isProved = true
      budget?.giveBack()
      this.#cache.prove(name, entry)
    }
    for (const thumbprint of this.#distrusted.get(name) ?? []) issuer.keys.distrustKey?.(thumbprint)
    this.#cache.set(name, entry)
    return this.#succeed(entry, startedAt)
  }

  #succeed({ name, issuer }: ResolvedIssuer, startedAt: number): TrustedIssuer {
    this.#results.recordSuccess(name, startedAt)
    return issuer
  }

  #rejectUnknown(iss: string, startedAt: number): Rejection {
    this.#delete(iss)
    return this.#results.recordUnknown(iss, startedAt)
  }

  /** Records a failure. Cached options stay in use until their `ttl` is over. */
  #fail(iss: string, failed: FailedResolution, startedAt: number): Rejection {
    const previous = this.#cache.peek(iss)
    const trusted = previous !== undefined && this.#isUsable(previous, this.#clock.monotonic())
    return this.#results.recordFailure(iss, failed, startedAt, trusted)
  }
}
