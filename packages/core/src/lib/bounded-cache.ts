/** An entry of a `BoundedCache`. */
interface Entry<Value> {
  readonly key: string
  readonly value: Value
  readonly bytes: number
  /** Position in the ring: see `BoundedCache`. */
  place: number
  /** The mark: `true` if the entry was read after the hand last passed it. */
  isUsed: boolean
}

/**
 * Caches values by a key, bounded in entries and in bytes. If it is full, it evicts an entry that was not read recently.
 *
 * Uses the CLOCK algorithm. The entries form a ring, and a hand goes around it. The hand removes the mark of each entry that was
 * read, and evicts the first entry without a mark. A new entry is put behind the hand, so that the hand reaches it last. Reading
 * an entry only sets its mark, so it is almost as fast as a lookup in a `Map`.
 *
 * The ring is an array. With an iterator of the `Map` instead, all entries that the `Map` has ever had would stay in memory.
 */
export class BoundedCache<Value> {
  readonly #entries = new Map<string, Entry<Value>>()
  readonly #ring: Entry<Value>[] = []
  readonly #maxEntries: number
  readonly #maxBytes: number
  readonly #sizeOf: (value: Value) => number
  readonly #onRemove: ((key: string, value: Value) => void) | undefined
  #hand = 0
  #bytes = 0

  /**
   * `sizeOf` returns the bytes of a value. A value that alone has more than `maxBytes` is not stored. `onRemove` is called for
   * each entry that is evicted, deleted or replaced, but not by `clear`.
   */
  constructor(
    maxEntries: number,
    maxBytes: number,
    sizeOf: (value: Value) => number,
    onRemove?: (key: string, value: Value) => void,
  ) {
    this.#maxEntries = maxEntries
    this.#maxBytes = maxBytes
    this.#sizeOf = sizeOf
    this.#onRemove = onRemove
  }

  get size(): number {
    return this.#ring.length
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

  /** Returns all values. */
  values(): readonly Value[] {
    return this.#ring.map(({ value }) => value)
  }

  /** Returns a value without marking it as read. */
  peek(key: string): Value | undefined {
    return this.#entries.get(key)?.value
  }

  set(key: string, value: Value): void {
    this.delete(key)
    const bytes = this.#sizeOf(value)
    if (bytes > this.#maxBytes) return
    while (this.#ring.length >= this.#maxEntries || this.#bytes + bytes > this.#maxBytes)
      this.#evict()
    this.#insert({ key, value, bytes, place: 0, isUsed: false })
  }

  delete(key: string): void {
    const entry = this.#entries.get(key)
    if (entry !== undefined) this.#remove(entry)
  }

  clear(): void {
    this.#entries.clear()
    this.#ring.length = 0
    this.#hand = 0
    this.#bytes = 0
  }

  /** Puts an entry behind the hand. The entry at the hand moves to the end of the ring. */
  #insert(entry: Entry<Value>): void {
    const place = Math.min(this.#hand, this.#ring.length)
    const moved = this.#ring[place]
    if (moved !== undefined) this.#put(moved, this.#ring.length)
    this.#put(entry, place)
    this.#hand = place + 1
    this.#entries.set(entry.key, entry)
    this.#bytes += entry.bytes
  }

  /** Evicts one entry. The cache must not be empty. */
  #evict(): void {
    for (;;) {
      if (this.#hand >= this.#ring.length) this.#hand = 0
      const entry = this.#ring[this.#hand]!
      if (!entry.isUsed) return this.#remove(entry)
      entry.isUsed = false
      this.#hand++
    }
  }

  /** Removes an entry. The last entry of the ring takes its place. */
  #remove(entry: Entry<Value>): void {
    const last = this.#ring.pop()!
    if (last !== entry) this.#put(last, entry.place)
    this.#entries.delete(entry.key)
    this.#bytes -= entry.bytes
    this.#onRemove?.(entry.key, entry.value)
  }

  #put(entry: Entry<Value>, place: number): void {
    this.#ring[place] = entry
    entry.place = place
  }
}
