import { type ByName, cpu, difference, ratio } from '../comparisons.ts'
import type { Spread } from '../statistics.ts'
import { BARE } from './contestants.ts'
import type { Bearing } from './http.ts'

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
