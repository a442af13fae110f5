/** Number of marks in one set. A new mark evicts the oldest one. */
const WAYS = 8

/**
 * Detects approximately whether a hash was seen recently. It stores a mark of 32 bits for about as many hashes as the
 * cache has entries. It forgets old hashes and has a false-positive rate of about 1e-9. Both are harmless for a cache.
 */
export class AdmissionFilter {
  readonly #marks: Uint32Array

  /** `maxEntries`: maximum number of entries of the cache. */
  constructor(maxEntries: number) {
    this.#marks = new Uint32Array(2 ** Math.ceil(Math.log2(Math.max(maxEntries, 1024))))
  }

  /** Returns whether a hash of at least 12 characters was seen before, and remembers it. */
  hasSeen(hash: string): boolean {
    const marks = this.#marks
    const place = toUint32(hash, 0) & (marks.length - 1) & -WAYS
    const mark = toUint32(hash, 6)
    for (let way = place; way < place + WAYS; way++) if (marks[way] === mark) return true
    marks.copyWithin(place + 1, place, place + WAYS - 1)
    marks[place] = mark
    return false
  }
}

/** Converts six characters of a hash to one number of 32 bits. */
function toUint32(hash: string, start: number): number {
  let number = 0
  for (let i = start; i < start + 6; i++) number = Math.imul(number, 67) + hash.charCodeAt(i)
  return number >>> 0
}
