/** A value of a `BoundedCache`. */
interface Entry<Value> {
  readonly value: Value
  readonly bytes: number
  /** The mark: `true` if the entry was read since a search has passed it. */
  isUsed: boolean
}

/**
 * Caches values by a key, bounded in entries and in bytes. If it is full, it evicts an entry that was not read recently.
 *
 * Uses the CLOCK algorithm: a search goes around all entries, and removes the mark of each one that was read. It evicts the
 * first entry without a mark, and the next search continues there. Reading an entry only sets its mark, so it is almost as fast
 * as a lookup in a `Map`.
 */
export class BoundedCache<Value> {
  readonly #entries = new Map<string, Entry<Value>>()
  readonly #maxEntries: number
  readonly #maxBytes: number
  readonly #sizeOf: (value: Value) => number
  #bytes = 0
  /** Position of the search. */
  #search = this.#entries.entries()

  /** `sizeOf` returns the bytes of a value. A value that alone has more than `maxBytes` is not stored. */
  constructor(maxEntries: number, maxBytes: number, sizeOf: (value: Value) => number) {
    this.#maxEntries = maxEntries
    this.#maxBytes = maxBytes
    this.#sizeOf = sizeOf
  }

  get size(): number {
    return this.#entries.size
  }

  /** The bytes of all values. */
  get bytes(): number {
    return this.#bytes
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    entry.isUsed = true
    return entry.value
  }

  /** Returns a value without marking it as read. */
  peek(key: string): Value | undefined {
    return this.#entries.get(key)?.value
  }

  set(key: string, value: Value): void {
    this.delete(key)
    const bytes = this.#sizeOf(value)
    if (bytes > this.#maxBytes) return
    while (this.#entries.size >= this.#maxEntries || this.#bytes + bytes > this.#maxBytes)
      this.#evict()
    this.#entries.set(key, { value, bytes, isUsed: false })
    this.#bytes += bytes
  }

  delete(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    this.#bytes -= entry.bytes
  }

  clear(): void {
    this.#entries.clear()
    this.#bytes = 0
  }

  /** Removes one entry. The cache is not empty. */
  #evict(): void {
    for (;;) {
      const { done, value } = this.#search.next()
      if (done === true) {
        this.#search = this.#entries.entries()
      } else if (value[1].isUsed) {
        value[1].isUsed = false
      } else {
        this.delete(value[0])
        return
      }
    }
  }
}
