/**
 * Counts running work. Each piece of work takes a place, and must free this place when the work ends. The place also becomes free
 * when the work is lost, because the runtime has cancelled the work: see `getLostAfter`.
 */
export class Places {
  readonly #now: () => number
  readonly #lostAfter: number
  /** The places that are taken, in the order of their times. */
  readonly #places = new Set<{ readonly takenAt: number; readonly label: string | undefined }>()

  /** `now` returns monotonic milliseconds. Work is lost after `lostAfter` milliseconds. */
  constructor(now: () => number, lostAfter: number) {
    this.#now = now
    this.#lostAfter = lostAfter
  }

  /** Returns the number of places that are taken. */
  count(): number {
    const oldest = this.#now() - this.#lostAfter
    for (const place of this.#places) {
      if (place.takenAt > oldest) break
      this.#places.delete(place)
    }
    return this.#places.size
  }

  /** Returns the number of places that are taken with this label. Takes longer if more places are taken. */
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
