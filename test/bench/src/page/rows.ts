import type { ByName } from '../comparisons.ts'
import { median, percentile, spreadOf } from '../statistics.ts'

/** The median of what has been measured in all rounds. `undefined` where there was none. */
export function medianOf<T>(
  rounds: readonly T[] | undefined,
  value: (of: T) => number,
): number | undefined {
  return rounds && median(rounds.map(value))
}

/** The names of all contestants that take part somewhere. */
export function namesIn<T>(all: readonly ByName<T>[]): string[] {
  return [...new Set(all.flatMap(Object.keys))]
}

/** How many rounds there were, and how far those of one contestant lie apart, in a sentence. */
export function steadiness<T>(all: readonly ByName<T>[], value: (of: T) => number): string {
  const measured = all.flatMap(Object.values<readonly T[]>)
  const counts = [...new Set(measured.map(({ length }) => length))].join(' or ')
  const widths = measured.map((rounds) => {
    const { median: middle, least, most } = spreadOf(rounds.map(value))
    return (most - least) / middle
  })
  const percent = (of: number) => `${Math.round(100 * percentile(widths, of))} %`
  return `Each figure is the median of ${counts} rounds. The lowest and the highest of them lie at most ${percent(0.5)} of it apart in half of all
cases, and at least ${percent(0.9)} in one of ten: what differs by less may well be equal.`
}
