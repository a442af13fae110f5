import { type ByName, wall } from '../comparisons.ts'
import type { Cost } from '../micro/cost.ts'
import { summarize, type Summary } from '../statistics.ts'
import { MEMORY, MEMORY_AND_TRIP, REDIS } from './contestants.ts'

/**
 * Returns the elapsed time that a store in Redis adds to a request, relative to the time that one round trip adds. The times are
 * compared round by round. `undefined` if a contestant was not measured.
 */
export function getAddedRoundTrips(stores: ByName<Cost>): Summary | undefined {
  const { [MEMORY]: memory, [REDIS]: redis, [MEMORY_AND_TRIP]: withTrip } = stores
  if (memory === undefined || redis === undefined || withTrip === undefined) return undefined
  const added = (one: Cost, round: number) => wall(one) - wall(memory[round]!)
  return summarize(redis.map((each, round) => added(each, round) / added(withTrip[round]!, round)))
}
