import { type Spread, spreadOf } from './statistics.ts'

/** What has been measured, by contestant and round. */
export type ByName<T> = Readonly<Record<string, readonly T[]>>

export const cpu = (cost: { readonly cpu: number }): number => cost.cpu
export const wall = (cost: { readonly wall: number }): number => cost.wall

/** What one contestant takes over what another one takes. `undefined` where one of them took no part. */
export function ratio<T>(
  all: ByName<T>,
  name: string,
  over: string,
  value: (of: T) => number,
): Spread | undefined {
  return compared(all, name, over, (a, b) => value(a) / value(b))
}

/** What one contestant takes more than another one. `undefined` where one of them took no part. */
export function difference<T>(
  all: ByName<T>,
  name: string,
  from: string,
  value: (of: T) => number,
): Spread | undefined {
  return compared(all, name, from, (a, b) => value(a) - value(b))
}

/** What both compare to in the same round, so that what slows a round slows both. */
function compared<T>(
  all: ByName<T>,
  one: string,
  other: string,
  compare: (one: T, other: T) => number,
): Spread | undefined {
  const [ones, others] = [all[one], all[other]]
  return ones && others && spreadOf(ones.map((each, round) => compare(each, others[round]!)))
}
