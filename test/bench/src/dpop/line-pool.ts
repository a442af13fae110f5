/**
 * Texts of equal length in one buffer, which the garbage collector does not scan. Every call of `line` returns a new string,
 * because a server also receives a new string with every request.
 */
export class LinePool {
  readonly count: number
  readonly #bytes: Buffer
  readonly #length: number

  /** Requires at least one line. All lines must be ASCII. */
  constructor(lines: readonly string[]) {
    this.count = lines.length
    this.#length = lines[0]!.length
    if (lines.some(({ length }) => length !== this.#length))
      throw new Error('all lines of a pool must have the same length')
    this.#bytes = Buffer.from(lines.join(''), 'latin1')
  }

  line(index: number): string {
    const start = index * this.#length
    return this.#bytes.toString('latin1', start, start + this.#length)
  }
}
