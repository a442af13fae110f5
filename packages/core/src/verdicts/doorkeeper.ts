/** A power of two: with so many slots a token may come again after some ten thousand others. */
const SLOTS = 65_536

/**
 * Knows roughly which hashes have come lately, in a quarter of a megabyte and whatever their number: each
 * leaves its mark in one slot, in the place of the one before. It forgets, and in four billion it takes one
 * for another; neither does any harm to a cache.
 */
export class Doorkeeper {
  readonly #marks = new Uint32Array(SLOTS)

  /** Whether this hash (of at least 12 characters) has come before, as far as is known. From now on it has. */
  hasSeen(hash: string): boolean {
    const slot = mixed(hash, 0) & (SLOTS - 1)
    const mark = mixed(hash, 6)
    const seen = this.#marks[slot] === mark
    this.#marks[slot] = mark
    return seen
  }
}

/** Six characters of a hash as one number of 32 bits. */
function mixed(hash: string, start: number): number {
  let number = 0
  for (let i = start; i < start + 6; i++) number = Math.imul(number, 67) + hash.charCodeAt(i)
  return number >>> 0
}
