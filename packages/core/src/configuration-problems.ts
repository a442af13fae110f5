import { ConfigurationError } from './errors.ts'

/** Collects what is wrong with a configuration, so that all of it can be said at once. */
export class Problems {
  readonly #problems: string[] = []

  add(problem: string): void {
    if (!this.#problems.includes(problem)) this.#problems.push(problem)
  }

  /** Reports every member of `options` whose name is not among `known`. */
  unknownNames(options: object, known: readonly string[], prefix = ''): void {
    for (const name of Object.keys(options)) {
      if (known.includes(name)) continue
      this.add(`${prefix}${name} is not known. ${hintAt(name, known)}`)
    }
  }

  get all(): readonly string[] {
    return this.#problems
  }

  throwAs(what: string): void {
    if (this.#problems.length > 0) throw new ConfigurationError(what, this.#problems)
  }
}

/** What a name that is not known may have been meant to be. */
export function hintAt(name: string, known: readonly string[]): string {
  const similar = known.find((candidate) => isSimilar(name, candidate))
  return similar === undefined ? `Known are ${known.join(', ')}.` : `Did you mean ${similar}?`
}

/** The same but for case, separators, and at most two slips of the finger. */
function isSimilar(a: string, b: string): boolean {
  const plain = (name: string) => name.toLowerCase().replace(/[_-]/g, '')
  return editDistance(plain(a), plain(b)) <= Math.min(2, b.length / 3)
}

/** Levenshtein's distance, row by row. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(substitution, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}
