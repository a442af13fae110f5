import type { Clock } from '@bearward/core/internal'
import { TokenError } from './errors.ts'
import type { RenewedToken } from './renewed-token.ts'
import { TARGET_LIMITS } from './target-limits.ts'

/** Minimum milliseconds between a search that found no entry to evict, and the next search in the same list. */
const SEARCH_INTERVAL = 1000

/**
 * Renewed tokens of a source, by the key of their target. Targets without a token are in a separate list, so that they
 * do not evict tokens. A valid token that is in use, a running request and a backoff are never evicted.
 */
export class RenewedTokens {
  readonly #withToken: BoundedList
  readonly #withoutToken: BoundedList

  constructor(clock: Clock) {
    this.#withToken = new BoundedList(
      TARGET_LIMITS.withToken,
      (one) => ['unused', 'idle'].includes(one.getState(TARGET_LIMITS.unused)),
      clock,
    )
    this.#withoutToken = new BoundedList(
      TARGET_LIMITS.withoutToken,
      (one) => one.getState(TARGET_LIMITS.unused) === 'idle',
      clock,
    )
  }

  getAll(): readonly RenewedToken[] {
    return [...this.#withToken.values(), ...this.#withoutToken.values()]
  }

  /**
   * Returns the renewed token of a target. For a new target, calls `create` with the function `reservePlace`. When the target
   * has a token, `reservePlace` moves the target to the list of targets with a token. If that list is full and no entry can be
   * evicted, `reservePlace` returns `false`, and the token is not cached. Throws a `TokenError` if the list of targets without a
   * token is full and no entry can be evicted.
   */
  get(key: string, create: (reservePlace: () => boolean) => RenewedToken): RenewedToken {
    const known = this.#withToken.use(key) ?? this.#withoutToken.use(key)
    if (known !== undefined) return known
    const created = create(() => this.#reservePlace(key, created))
    if (this.#withoutToken.add(key, created)) return created
    const detail = `${TARGET_LIMITS.withoutToken} other targets have a running or failed token request`
    throw new TokenError('too_many_targets', { detail, retryAfter: 1 })
  }

  #reservePlace(key: string, renewedToken: RenewedToken): boolean {
    if (this.#withToken.has(key, renewedToken)) return true
    this.#withoutToken.remove(key, renewedToken)
    return this.#withToken.add(key, renewedToken)
  }
}

/** List with a maximum size, in order of use. */
class BoundedList {
  readonly #max: number
  readonly #canEvict: (renewedToken: RenewedToken) => boolean
  readonly #clock: Clock
  readonly #entries = new Map<string, RenewedToken>()
  #fullUntil = -Infinity

  constructor(max: number, canEvict: (renewedToken: RenewedToken) => boolean, clock: Clock) {
    this.#max = max
    this.#canEvict = canEvict
    this.#clock = clock
  }

  values(): Iterable<RenewedToken> {
    return this.#entries.values()
  }

  has(key: string, renewedToken: RenewedToken): boolean {
    return this.#entries.get(key) === renewedToken
  }

  /** Returns the entry with this key, and marks it as the most recently used one. */
  use(key: string): RenewedToken | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry
  }

  remove(key: string, renewedToken: RenewedToken): void {
    if (this.has(key, renewedToken)) this.#entries.delete(key)
  }

  /** Adds an entry. Returns `false` if the key exists, or if the list is full and no entry can be evicted. */
  add(key: string, renewedToken: RenewedToken): boolean {
    if (this.#entries.has(key) || !this.#makeRoom()) return false
    this.#entries.set(key, renewedToken)
    return true
  }

  #makeRoom(): boolean {
    if (this.#entries.size < this.#max) return true
    const now = this.#clock.monotonic()
    if (now < this.#fullUntil) return false
    for (const [key, entry] of this.#entries) {
      if (this.#canEvict(entry)) return this.#entries.delete(key)
    }
    this.#fullUntil = now + SEARCH_INTERVAL
    return false
  }
}
