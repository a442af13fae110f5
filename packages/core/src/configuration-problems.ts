import { ConfigurationError } from './errors.ts'
import { quoteName } from './lib/describe-given.ts'

/** Collects the problems of a configuration, so that one error lists all of them. */
export class Problems {
  readonly #problems: string[] = []

  add(problem: string): void {
    if (!this.#problems.includes(problem)) this.#problems.push(problem)
  }

  /** Adds a problem for every member of `options` whose name is not in `known`. For `foreign`, see `hintAt`. */
  unknownNames(
    options: object,
    known: readonly string[],
    prefix = '',
    foreign: Readonly<Record<string, string>> = {},
  ): void {
    for (const name of Object.keys(options)) {
      if (known.includes(name)) continue
      this.add(`${prefix}${quoteName(name)} is not known. ${hintAt(name, known, foreign)}`)
    }
  }

  throwAs(what: string): void {
    if (this.#problems.length > 0) throw new ConfigurationError(what, this.#problems)
  }
}

/**
 * Returns a hint for an unknown name. The hint is made from the most similar name in `known` or in `foreign`. The values
 * of `foreign` are the replacements for names that are used elsewhere.
 */
export function hintAt(
  name: string,
  known: readonly string[],
  foreign: Readonly<Record<string, string>> = {},
): string {
  const candidates = [
    ...known.map((option) => ({ name: option, hint: `Did you mean ${option}?` })),
    ...Object.entries(foreign).map(([other, use]) => ({ name: other, hint: `Use ${use}.` })),
  ]
    .map((candidate) => ({ ...candidate, distance: getDistance(name, candidate.name) }))
    .filter((candidate) => candidate.distance <= Math.min(2, candidate.name.length / 3))
    .sort((a, b) => a.distance - b.distance)
  return candidates[0]?.hint ?? `Known are ${known.join(', ')}.`
}

/** Returns the edit distance of two names, without regard to case and separators. */
function getDistance(a: string, b: string): number {
  const plain = (name: string) => name.toLowerCase().replace(/[_-]/g, '')
  return editDistance(plain(a), plain(b))
}

/** Returns the Levenshtein distance, computed row by row. */
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
