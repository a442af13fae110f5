/** Where values lie. */
export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
}

export function spreadOf(values: readonly number[]): Spread {
  return {
    median: median(values),
    least: percentile(values, 0),
    most: percentile(values, 1),
  }
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5)
}

/** The value below which the fraction `of` of all values lies: between two of them, their mean by distance. */
export function percentile(values: readonly number[], of: number): number {
  if (values.length === 0) throw new Error('there is no percentile of nothing')
  const sorted = Float64Array.from(values).sort()
  const at = (sorted.length - 1) * of
  const below = sorted[Math.floor(at)]!
  return below + (sorted[Math.ceil(at)]! - below) * (at - Math.floor(at))
}
