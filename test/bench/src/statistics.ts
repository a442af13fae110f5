/** Median and range of a set of values. */
export interface Summary {
  readonly median: number
  readonly min: number
  readonly max: number
}

export function summarize(values: readonly number[]): Summary {
  return {
    median: median(values),
    min: percentile(values, 0),
    max: percentile(values, 1),
  }
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5)
}

/** Returns a percentile. `fraction` is from 0 (the lowest value) to 1 (the highest value). Interpolates between two values. */
export function percentile(values: readonly number[], fraction: number): number {
  if (values.length === 0) throw new Error('a percentile requires at least one value')
  const sorted = Float64Array.from(values).sort()
  const position = (sorted.length - 1) * fraction
  const below = sorted[Math.floor(position)]!
  return below + (sorted[Math.ceil(position)]! - below) * (position - Math.floor(position))
}
