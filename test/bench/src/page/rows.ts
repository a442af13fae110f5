import type { ByName } from '../comparisons.ts'
import { median, percentile, summarize } from '../statistics.ts'

/** Returns the median of all rounds, or `undefined` if there are no rounds. */
export function getMedian<T>(
  rounds: readonly T[] | undefined,
  value: (round: T) => number,
): number | undefined {
  return rounds && median(rounds.map(value))
}

/** Returns the names of all contestants, without duplicates. */
export function collectNames<T>(all: readonly ByName<T>[]): string[] {
  return [...new Set(all.flatMap(Object.keys))]
}

/** Describes the number of rounds, and how much the rounds of one contestant vary. */
export function describeVariation<T>(
  all: readonly ByName<T>[],
  value: (round: T) => number,
): string {
  const measured = all.flatMap(Object.values<readonly T[]>)
  const counts = [...new Set(measured.map(({ length }) => length))].join(' or ')
  const widths = measured.map((rounds) => {
    const { median: middle, min, max } = summarize(rounds.map(value))
    return (max - min) / middle
  })
  const percent = (fraction: number) => `${Math.round(100 * percentile(widths, fraction))} %`
  return `Each figure is the median of ${counts} rounds. The range from the lowest to the highest round
is at most ${percent(0.5)} of the median in half of all cases. In one case of ten, it is at least ${percent(0.9)}. Smaller differences may be noise.`
}
