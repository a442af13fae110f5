import { BARE } from './http/contestants.ts'
import type { Bearing } from './http/http.ts'
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

/** Requests that one core can bear, over those that it can bear of the bare framework. */
export function capacityOf(all: ByName<Bearing>, name: string): Spread | undefined {
  return ratio(all, BARE, name, cpu)
}

/** Microseconds of processor time a request that one contestant takes more than another one. */
export function addedBy(all: ByName<Bearing>, name: string, over = BARE): Spread | undefined {
  return difference(all, name, over, cpu)
}

/** Requests a second over those of the bare framework. */
export function throughputOf(all: ByName<Bearing>, name: string): Spread | undefined {
  return ratio(all, name, BARE, ({ rate }) => rate)
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
