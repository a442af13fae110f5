/** Number of marks in one set. The filter stores one mark for each token. A new mark evicts the oldest mark of its set. */
const WAYS = 8

/** Number of characters that identify a token: the last characters of its signature. */
const LENGTH = 12

/**
 * Detects approximately whether a token was seen recently, by the end of its signature. For each token, the filter stores a mark
 * of 32 bits. The filter has space for at least as many marks as the cache can have entries. It forgets old tokens and has a
 * false-positive rate of about 2e-9. A forgotten token is verified again. A false positive is harmless, because the cache
 * compares the hash of the whole token.
 */
export class AdmissionFilter {
  readonly #marks: Uint32Array

  /** `maxEntries`: maximum number of entries of the cache. */
  constructor(maxEntries: number) {
    this.#marks = new Uint32Array(2 ** Math.ceil(Math.log2(Math.max(maxEntries, 1024))))
  }

  /** Returns whether a token was seen recently. If so, its mark becomes the newest mark of the set. */
  has(token: string): boolean {
    const marks = this.#marks
    const place = this.#getPlace(token)
    const mark = toUint32(token, HALF)
    if (marks[place] === mark) return true
    for (let way = place + 1; way < place + WAYS; way++) {
      if (marks[way] !== mark) continue
      marks.copyWithin(place + 1, place, way)
      marks[place] = mark
      return true
    }
    return false
  }

  /** Remembers a token. Call it for verified tokens only, so that forged tokens evict no marks. */
  add(token: string): void {
    const marks = this.#marks
    const place = this.#getPlace(token)
    marks.copyWithin(place + 1, place, place + WAYS - 1)
    marks[place] = toUint32(token, HALF)
  }

  /** Returns the position of the set for the mark of a token. */
  #getPlace(token: string): number {
    return toUint32(token, LENGTH) & (this.#marks.length - 1) & -WAYS
  }
}

const HALF = LENGTH / 2

/**
 * Converts six characters of a token to one number of 32 bits. The first character is `distance` characters before the end of the
 * token. The number is never zero, which is the value of an unused mark.
 */
function toUint32(token: string, distance: number): number {
  const start = Math.max(0, token.length - distance)
  let number = 0
  for (let i = start; i < start + HALF; i++) number = Math.imul(number, 67) + token.charCodeAt(i)
  return number >>> 0 || 1
}
