import { summarize, type Summary } from './statistics.ts'

/** Measured values by contestant. Each array has one value per round. */
export type ByName<T> = Readonly<Record<string, readonly T[]>>

export const cpu = (cost: { readonly cpu: number }): number => cost.cpu
export const wall = (cost: { readonly wall: number }): number => cost.wall

/** Returns the ratio of `name` to `over`, compared round by round. `undefined` if one of them was not measured. */
export function ratio<T>(
  all: ByName<T>,
  name: string,
  over: string,
  value: (measured: T) => number,
): Summary | undefined {
  return compareRounds(all, name, over, (a, b) => value(a) / value(b))
}

/** Returns `name` minus `from`, compared round by round. `undefined` if one of them was not measured. */
export function difference<T>(
  all: ByName<T>,
  name: string,
  from: string,
  value: (measured: T) => number,
): Summary | undefined {
  return compareRounds(all, name, from, (a, b) => value(a) - value(b))
}

/** Compares values of the same round, because a slow round affects both contestants. */
function compareRounds<T>(
  all: ByName<T>,
  one: string,
  other: string,
  compare: (one: T, other: T) => number,
): Summary | undefined {
  const [ones, others] = [all[one], all[other]]
  return ones && others && summarize(ones.map((each, round) => compare(each, others[round]!)))
}
