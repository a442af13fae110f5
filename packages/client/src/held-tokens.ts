import type { Clock } from '@bearward/core/internal'
import { TokenError } from './errors.ts'
import type { RenewedToken } from './renewed-token.ts'
import { TARGET_LIMITS } from './target-limits.ts'

/** Milliseconds for which a full list is not searched again. */
const SEARCHED_FOR = 1000

/**
 * Renewed tokens of a source by the key of their target. Those without a token are kept apart, so that they evict none.
 * A valid token that is in use, a running request and a backoff are never evicted.
 */
export class HeldTokens {
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

  /** Returns all renewed tokens. */
  getAll(): readonly RenewedToken[] {
    return [...this.#withToken.values(), ...this.#withoutToken.values()]
  }

  /**
   * Returns the renewed token of a target, or one that `create` makes. The function that `create` gets moves it to those
   * with a token. It returns whether there is a place; if not, the token is not cached. Throws a `TokenError` if
   * there is no place for another target.
   */
  get(key: string, create: (hold: () => boolean) => RenewedToken): RenewedToken {
    const known = this.#withToken.use(key) ?? this.#withoutToken.use(key)
    if (known !== undefined) return known
    const created = create(() => this.#hold(key, created))
    if (this.#withoutToken.add(key, created)) return created
    const detail = `${TARGET_LIMITS.withoutToken} other targets are waiting for a token, or failed`
    throw new TokenError('too_many_targets', { detail, retryAfter: 1 })
  }

  #hold(key: string, renewedToken: RenewedToken): boolean {
    if (this.#withToken.has(key, renewedToken)) return true
    this.#withoutToken.remove(key, renewedToken)
    return this.#withToken.add(key, renewedToken)
  }
}

/** List with a limit, in order of use. */
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

  /** Returns the entry with this key as the one that was used last. */
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

  /** Adds an entry if there is none with this key, and a place or an entry that can be evicted. */
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
    this.#fullUntil = now + SEARCHED_FOR
    return false
  }
}
