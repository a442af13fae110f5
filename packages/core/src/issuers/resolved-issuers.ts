import { runDetached } from '#async-context'
import { BoundedCache } from '../lib/bounded-cache.ts'
import type { Clock } from '../lib/clock.ts'
import { isSameData } from '../lib/is-same-data.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { addIfMissing } from '../lib/objects.ts'
import type { Publish } from '../lib/publisher.ts'
import { LIMITS } from '../limits.ts'
import type { DynamicIssuerSettings, CheckedIssuer, Settings } from '../model/settings.ts'
import { Rejection } from '../response/rejection.ts'
import {
  type DynamicIssuers,
  rejectUnknownIssuer,
  type TrustedIssuer,
} from '../token/trusted-issuers.ts'
import { CallSlots } from './call-slots.ts'
import { IssuerCache } from './issuer-cache.ts'
import { isIssuerName } from './issuer-name.ts'
import type { IssuersEvent } from './issuer-events.ts'
import { NewIssuerBudget } from './new-issuer-budget.ts'
import { getPause, rejectUnavailable, TOO_MANY_NEW } from './resolution-failures.ts'
import { createResolvedIssuer, type ResolvedIssuer } from './resolved-issuer.ts'
import {
  callMatch,
  canResolve,
  type FailedResolution,
  resolveIssuer,
  toInvalidOptions,
} from './resolve-issuer.ts'

/** Part of `ttl` after which the next token makes `resolve` be called again, while the options are still used. */
const REFRESH_AT = 0.8

/** A time in which `resolve` is not called for an issuer, because it has returned nothing or has failed. */
interface Pause {
  readonly until: number
  /** Number of calls that have failed in a row. 0: `resolve` does not know the issuer. */
  readonly failures: number
  readonly rejection: Rejection
}

/** A running call of `resolve`. */
interface RunningCall {
  found?: Promise<FoundIssuer>
}

type FoundIssuer = TrustedIssuer | Rejection

/**
 * The issuers that the functions `match` and `resolve` of the application return. Their options are cached for `ttl` seconds, and
 * are never used for longer. After four fifths of that time, the next token starts a call of `resolve`, and does not wait for it.
 *
 * Each issuer has keys and introspection of its own. Its keys are only fetched when its tokens arrive. An issuer that is evicted
 * is not closed: requests that use it end normally, and nothing else refers to it.
 */
export class ResolvedIssuers implements DynamicIssuers {
  readonly #dynamic: DynamicIssuerSettings
  readonly #settings: Settings
  readonly #publish: Publish<IssuersEvent>
  readonly #closed: AbortSignal
  readonly #clock: Clock
  readonly #cache: IssuerCache<ResolvedIssuer>
  readonly #pauses: BoundedCache<Pause>
  readonly #running = new Map<string, RunningCall>()
  readonly #distrusted = new Map<string, Set<string>>()
  readonly #slots: CallSlots
  readonly #budget: NewIssuerBudget

  /** `forget` is called for each issuer that is removed, evicted or replaced. */
  constructor(
    dynamic: DynamicIssuerSettings,
    settings: Settings,
    publish: Publish<IssuersEvent>,
    closed: AbortSignal,
    forget: (issuer: TrustedIssuer) => void,
  ) {
    const { maxEntries, concurrency } = dynamic
    const { newPerSecond } = LIMITS.dynamicIssuers
    this.#dynamic = dynamic
    this.#settings = settings
    this.#publish = publish
    this.#closed = closed
    this.#clock = settings.clock
    this.#cache = new IssuerCache(maxEntries, ({ issuer }) => forget(issuer))
    this.#pauses = new BoundedCache(maxEntries, Infinity, () => 1)
    this.#slots = new CallSlots(concurrency)
    const now = this.#clock.monotonic()
    this.#budget = new NewIssuerBudget(maxEntries, (newPerSecond * maxEntries) / 1000, now)
  }

  find(iss: unknown): MaybePromise<FoundIssuer> {
    const entry = typeof iss === 'string' ? this.#cache.get(iss) : undefined
    const now = this.#clock.monotonic()
    if (entry === undefined || !this.#isUsable(entry, now)) return this.#findOther(iss, now)
    if (now - entry.resolvedAt >= this.#dynamic.ttl * 1000 * REFRESH_AT)
      this.#refresh(entry.name, now)
    return entry.issuer
  }

  peek(iss: string): TrustedIssuer | undefined {
    return this.#cache.peek(iss)?.issuer
  }

  /** Forgets the options of an issuer, its keys and its cached tokens. The next token makes `resolve` be called. */
  forgetIssuer(iss: string): void {
    this.#cache.delete(iss)
    this.#pauses.delete(iss)
    this.#running.delete(iss)
    this.#publish('issuer_forgotten', () => ({ issuer: iss }))
  }

  /** Distrusts a key of an issuer. Returns `undefined` if `match` does not accept the issuer, or if it has no public keys. */
  distrustKey(iss: string, thumbprint: string): boolean | undefined {
    if (!canResolve(iss, this.#dynamic)) return undefined
    const issuer = this.peek(iss)
    if (issuer !== undefined && issuer.keys.distrustKey?.(thumbprint) === undefined)
      return undefined
    issuer?.introspection?.forget()
    const thumbprints = this.#distrusted.get(iss) ?? new Set()
    this.#distrusted.set(iss, thumbprints)
    return addIfMissing(thumbprints, thumbprint)
  }

  #isUsable({ resolvedAt }: ResolvedIssuer, now: number): boolean {
    return now - resolvedAt < this.#dynamic.ttl * 1000
  }

  /** Finds an issuer whose options are not cached, or are too old. */
  #findOther(iss: unknown, now: number): MaybePromise<FoundIssuer> {
    if (!isIssuerName(iss)) return rejectUnknownIssuer('a URL in its normal form', iss)
    return this.#rejectInPause(iss, now) ?? this.#running.get(iss)?.found ?? this.#start(iss, now)
  }

  #rejectInPause(iss: string, now: number): Rejection | undefined {
    const pause = this.#pauses.get(iss)
    if (pause === undefined || now >= pause.until) return undefined
    const { failures, rejection, until } = pause
    if (failures === 0) return rejection
    const { reason, explanation, advice } = rejection
    return new Rejection(reason, explanation, { advice, retryAfter: (until - now) / 1000 })
  }

  /** Starts a call of `resolve` that no request waits for. */
  #refresh(iss: string, now: number): void {
    if (this.#running.has(iss) || this.#rejectInPause(iss, now) !== undefined) return
    void this.#start(iss, now)
  }

  #start(iss: string, now: number): MaybePromise<FoundIssuer> {
    const isMatch = callMatch(iss, this.#dynamic)
    if (isMatch === false) {
      this.#cache.delete(iss)
      return rejectUnknownIssuer('an issuer that match accepts', iss)
    }
    if (isMatch !== true) return this.#fail(iss, isMatch, now)
    const call: RunningCall = {}
    this.#running.set(iss, call)
    call.found = runDetached(() => this.#resolve(iss, now, call)).finally(() => {
      if (this.#running.get(iss) === call) this.#running.delete(iss)
    })
    return call.found
  }

  /** Calls `resolve`, and keeps its result. Never rejects. */
  async #resolve(iss: string, startedAt: number, call: RunningCall): Promise<FoundIssuer> {
    const { fetchTimeout: timeout } = this.#settings
    const bounds = { clock: this.#clock, timeout, closed: this.#closed }
    const services = { slots: this.#slots, bounds, isKnown: this.#cache.isKnown(iss) }
    const resolved = await resolveIssuer(iss, this.#dynamic, services)
    // `forgetIssuer` was called: the result may be outdated.
    if (this.#running.get(iss) !== call) return this.find(iss)
    if (resolved === undefined) return this.#remove(iss, startedAt)
    if ('failure' in resolved) return this.#fail(iss, resolved, startedAt)
    try {
      return await this.#keep(iss, resolved, startedAt, call)
    } catch (error) {
      return this.#fail(iss, toInvalidOptions(error), startedAt)
    }
  }

  async #keep(
    iss: string,
    { settings, warnings }: CheckedIssuer,
    startedAt: number,
    call: RunningCall,
  ): Promise<FoundIssuer> {
    const previous = this.#cache.peek(iss)
    if (previous !== undefined && isSameData(previous.issuer.settings, settings)) {
      previous.resolvedAt = startedAt
      this.#pauses.delete(iss)
      this.#publishResolved(iss, true, startedAt)
      return previous.issuer
    }
    const now = this.#clock.monotonic()
    const isNew = previous === undefined && !this.#cache.isKnown(iss)
    const entry = createResolvedIssuer(iss, settings, {
      previous,
      settings: this.#settings,
      publish: this.#publish,
      closed: this.#closed,
      onVerified: () => this.#prove(entry),
    })
    entry.resolvedAt = startedAt
    entry.isProved = this.#cache.isKnown(iss)
    const { keys } = entry.issuer
    // Some runtimes import configured keys asynchronously. Keys that the issuer publishes are fetched later.
    if (settings.keyOrigin.kind === 'static') {
      await keys.ready()
      if (this.#running.get(iss) !== call) return this.find(iss)
    }
    if (isNew && !this.#budget.take(now)) return this.#fail(iss, TOO_MANY_NEW, startedAt)
    for (const thumbprint of this.#distrusted.get(iss) ?? []) keys.distrustKey?.(thumbprint)
    for (const warning of warnings)
      this.#publish('configuration_warning', () => ({ issuer: iss, ...warning }))
    this.#cache.set(iss, entry)
    this.#pauses.delete(iss)
    this.#publishResolved(iss, true, startedAt)
    return entry.issuer
  }

  #prove(entry: ResolvedIssuer): void {
    if (entry.isProved) return
    entry.isProved = true
    this.#budget.giveBack()
    this.#cache.prove(entry.name, entry)
  }

  /** Records that `resolve` does not know an issuer. */
  #remove(iss: string, startedAt: number): Rejection {
    this.#cache.delete(iss)
    const rejection = rejectUnknownIssuer('an issuer that resolve knows', iss)
    const until = startedAt + this.#dynamic.negativeTtl * 1000
    this.#pauses.set(iss, { until, failures: 0, rejection })
    this.#publishResolved(iss, false, startedAt)
    return rejection
  }

  /** Records a failure. The current options stay in use until `ttl` is over. */
  #fail(iss: string, failed: FailedResolution, startedAt: number): Rejection {
    const now = this.#clock.monotonic()
    const failures = this.#pauses.peek(iss)?.failures ?? 0
    const pause = getPause(failed, failures)
    const rejection = rejectUnavailable(iss, failed, Math.max(1, pause))
    if (pause > 0)
      this.#pauses.set(iss, { until: now + pause * 1000, failures: failures + 1, rejection })
    const previous = this.#cache.peek(iss)
    const trusted = previous !== undefined && this.#isUsable(previous, now)
    const duration = (now - startedAt) / 1000
    if (failed.failure !== 'closed')
      this.#publish('issuer_failed', () => ({ issuer: iss, ...failed, duration, pause, trusted }))
    return rejection
  }

  #publishResolved(issuer: string, trusted: boolean, startedAt: number): void {
    const duration = (this.#clock.monotonic() - startedAt) / 1000
    this.#publish('issuer_resolved', () => ({ issuer, trusted, duration }))
  }
}
