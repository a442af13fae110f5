/** Marks that share a place: the newest drives out the oldest. */
const WAYS = 8

/**
 * Knows roughly which hashes have come lately: each leaves its mark of 32 bits, and about as many are
 * remembered as a cache has entries. Whatever comes again only after more than that would not have been kept
 * either. It forgets, and in a billion it takes one hash for another; neither does any harm to a cache.
 */
export class Doorkeeper {
  readonly #marks: Uint32Array

  /** `entries`: of the cache before which it stands. */
  constructor(entries: number) {
    this.#marks = new Uint32Array(2 ** Math.ceil(Math.log2(Math.max(entries, 1024))))
  }

  /** Whether this hash (of at least 12 characters) has come before, as far as is known. From now on it has. */
  hasSeen(hash: string): boolean {
    const marks = this.#marks
    const place = mixed(hash, 0) & (marks.length - 1) & -WAYS
    const mark = mixed(hash, 6)
    for (let way = place; way < place + WAYS; way++) if (marks[way] === mark) return true
    marks.copyWithin(place + 1, place, place + WAYS - 1)
    marks[place] = mark
    return false
  }
}

/** Six characters of a hash as one number of 32 bits. */
function mixed(hash: string, start: number): number {
  let number = 0
  for (let i = start; i < start + 6; i++) number = Math.imul(number, 67) + hash.charCodeAt(i)
  return number >>> 0
}
