/** Milliseconds after which a place is free again. Work that has a place ends much earlier, unless its runtime cancels it. */
const LONGEST = 15_000

/**
 * Counts work that is running. Each work takes a place, and must free it at its end. In some runtimes, the work of a request can be
 * cancelled without notice, so a place is also free after 15 seconds.
 */
export class Places {
  readonly #now: () => number
  /** The places that are taken, in the order of their times. */
  readonly #places = new Set<{ readonly takenAt: number; readonly label: string | undefined }>()

  /** Takes a function that returns monotonic milliseconds. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Returns the number of places that are taken. */
  count(): number {
    const oldest = this.#now() - LONGEST
    for (const place of this.#places) {
      if (place.takenAt > oldest) break
      this.#places.delete(place)
    }
    return this.#places.size
  }

  /** Returns the number of places that are taken with this label. Its cost grows with the number of places. */
  countOf(label: string | undefined): number {
    this.count()
    return [...this.#places].filter((place) => place.label === label).length
  }

  /** Takes a place. Returns a function that frees it. */
  take(label?: string): () => void {
    const place = { takenAt: this.#now(), label }
    this.#places.add(place)
    return () => void this.#places.delete(place)
  }
}
