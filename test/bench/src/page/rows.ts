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

/** How far the rounds of one contestant lie apart, in a sentence. */
export function steadiness<T>(all: readonly ByName<T>[], value: (of: T) => number): string {
  const widths = all.flatMap(Object.values<readonly T[]>).map((rounds) => {
    const { median: middle, least, most } = spreadOf(rounds.map(value))
    return (most - least) / middle
  })
  const percent = (of: number) => `${Math.round(100 * percentile(widths, of))} %`
  return `The lowest and the highest round of a contestant lie ${percent(0.5)} of its median apart in half of all cases, and more than
${percent(0.9)} in one of ten: what differs by less may well be equal.`
}
