import { type ByName, cpu, difference, ratio } from '../comparisons.ts'
import type { Summary } from '../statistics.ts'
import { BARE } from './contestants.ts'
import type { HttpRound } from './http.ts'

/** Returns the number of requests that one core can handle, relative to the bare framework. */
export function getRelativeCapacity(all: ByName<HttpRound>, name: string): Summary | undefined {
  return ratio(all, BARE, name, cpu)
}

/** Returns the processor time per request in addition to another contestant, in microseconds. */
export function getAddedCpu(
  all: ByName<HttpRound>,
  name: string,
  over = BARE,
): Summary | undefined {
  return difference(all, name, over, cpu)
}

/** Returns the requests per second, relative to the bare framework. */
export function getRelativeThroughput(all: ByName<HttpRound>, name: string): Summary | undefined {
  return ratio(all, name, BARE, ({ rate }) => rate)
}
