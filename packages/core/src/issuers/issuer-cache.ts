import { BoundedCache } from '../lib/bounded-cache.ts'
import { LIMITS } from '../limits.ts'

/**
 * Caches dynamic issuers by name. A cached issuer is proved if one of its tokens was verified. Anyone can send a forged token
 * with the name of another tenant, so an unproved issuer never evicts a proved one.
 */
export class IssuerCache<Value> {
  readonly #proved: BoundedCache<Value>
  /** The unproved issuers, in the order in which they were added. */
  readonly #unproved = new Map<string, Value>()
  readonly #maxUnproved: number
  /** The names of issuers that were proved, including evicted ones. */
  readonly #known: BoundedCache<true>
  readonly #onRemove: (value: Value) => void

  /** `maxEntries` limits the proved issuers. `onRemove` is called for each issuer that is evicted, deleted or replaced. */
  constructor(maxEntries: number, onRemove: (value: Value) => void) {
    const { unprovedPart, knownNames } = LIMITS.dynamicIssuers
    this.#maxUnproved = Math.ceil(maxEntries * unprovedPart)
    this.#proved = new BoundedCache<Value>(maxEntries, Infinity, countOne, (_, value) =>
      onRemove(value),
    )
    this.#known = new BoundedCache<true>(maxEntries * knownNames, Infinity, countOne)
    this.#onRemove = onRemove
  }

  get(name: string): Value | undefined {
    return this.#proved.get(name) ?? this.#unproved.get(name)
  }

  /** Returns an issuer without marking it as used. */
  peek(name: string): Value | undefined {
    return this.#proved.peek(name) ?? this.#unproved.get(name)
  }

  /** Returns whether a token of this issuer was verified earlier, even if the issuer was evicted since then. */
  isKnown(name: string): boolean {
    return this.#known.get(name) === true
  }

  /** Returns whether this issuer is cached and proved. */
  isProved(name: string): boolean {
    return this.#proved.peek(name) !== undefined
  }

  /** Adds an issuer as unproved, or replaces a cached issuer. */
  set(name: string, value: Value): void {
    this.#deleteUnproved(name)
    if (this.isProved(name)) {
      this.#proved.set(name, value)
      return
    }
    for (const oldest of this.#unproved.keys()) {
      if (this.#unproved.size < this.#maxUnproved) break
      this.#deleteUnproved(oldest)
    }
    this.#unproved.set(name, value)
  }

  /** Records that a token of this issuer was verified. If `value` is still cached, the issuer is now proved. */
  prove(name: string, value: Value): void {
    this.#known.set(name, true)
    if (this.#unproved.get(name) !== value) return
    this.#unproved.delete(name)
    this.#proved.set(name, value)
  }

  delete(name: string): void {
    this.#proved.delete(name)
    this.#deleteUnproved(name)
  }

  /** Returns all issuers. */
  values(): readonly Value[] {
    return [...this.#proved.values(), ...this.#unproved.values()]
  }

  #deleteUnproved(name: string): void {
    const value = this.#unproved.get(name)
    if (value === undefined) return
    this.#unproved.delete(name)
    this.#onRemove(value)
  }
}

function countOne(): number {
  return 1
}
