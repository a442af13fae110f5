import { ConfigurationError } from './errors.ts'
import { quoteName } from './lib/describe-given.ts'

/** The words that messages use for names of one kind: for one name, and for all names of this kind. */
export interface KindOfName {
  readonly one: string
  readonly all: string
}

export const OPTION: KindOfName = { one: 'an option', all: 'options' }

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
    {
      prefix = '',
      kind = OPTION,
      foreign = {},
    }: {
      readonly prefix?: string
      readonly kind?: KindOfName
      readonly foreign?: Readonly<Record<string, string>>
    } = {},
  ): void {
    for (const name of Object.keys(options)) {
      if (known.includes(name)) continue
      const hint = hintAt(name, known, kind.all, foreign)
      this.add(`${prefix}${quoteName(name)} is not ${kind.one}. ${hint}`)
    }
  }

  throwAs(what: string): void {
    if (this.#problems.length > 0) throw new ConfigurationError(what, this.#problems)
  }
}

/**
 * Returns a hint for an unknown name. The hint contains the most similar name in `known`, or the replacement for the most similar
 * name in `foreign`. The keys of `foreign` are names that other libraries use, and its values are the replacements for these names.
 * If no name is similar, the hint lists all known names. `plural` is the word for the known names, such as `options`.
 */
export function hintAt(
  name: string,
  known: readonly string[],
  plural: string,
  foreign: Readonly<Record<string, string>> = {},
): string {
  const candidates = [
    ...known.map((option) => ({ name: option, hint: `Did you mean ${option}?` })),
    ...Object.entries(foreign).map(([other, use]) => ({ name: other, hint: `Use ${use}.` })),
  ]
    .map((candidate) => ({ ...candidate, distance: getDistance(name, candidate.name) }))
    .filter((candidate) => candidate.distance <= Math.min(2, candidate.name.length / 3))
    .sort((a, b) => a.distance - b.distance)
  return candidates[0]?.hint ?? `The ${plural} are: ${known.join(', ')}.`
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
