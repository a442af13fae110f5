import { cpu, ratio } from '../comparisons.ts'
import { BARE, FRAMEWORKS } from '../http/contestants.ts'
import type { HttpResults, LoadName } from '../http/http.ts'
import { getRelativeCapacity } from '../http/comparisons-with-bare.ts'
import type { MicroResults } from '../micro/micro.ts'
import type { VersionResults } from '../results.ts'
import { createTable, formatNumber } from './table.ts'

/** Summarizes the results. Each sentence must be true for all possible figures. */
export function createOverviewSection({ major, parts }: VersionResults): string[] {
  return [
    `Bearward caches a token when it is verified for the second time. From the third use on, this token needs no signature check. Of
the other libraries, only fast-jwt has such a cache, which @fastify/jwt can use. The cache of fast-jwt is off by default. A new
token always needs a signature check.`,
    ...(parts.http ? createCapacityTable(parts.http.found, major) : []),
    ...(parts.micro ? [compareWithJose(parts.micro.found, parts.http?.found)] : []),
  ]
}

function createCapacityTable(results: HttpResults, major: number): string[] {
  const loads = ['1,000 tokens', 'every token once'] as const
  return [
    `Requests that one core can handle with a guard, relative to the same API without a guard (Node ${major}). The columns
"best other library" show the best result of the other libraries.`,
    createTable(
      ['', ...loads.flatMap((load) => [`${load}: bearward`, 'best other library'])],
      FRAMEWORKS.map((framework) => [
        framework,
        ...loads.flatMap((load) => {
          const all = results[load][framework]
          return [formatNumber(getRelativeCapacity(all, 'bearward')?.median), findBestOther(all)]
        }),
      ]),
    ),
  ]
}

function findBestOther(all: HttpResults[LoadName]['Express']): string {
  const [best] = Object.keys(all)
    .filter((name) => name !== BARE && !name.startsWith('bearward'))
    .map((name) => ({ name, capacity: getRelativeCapacity(all, name)!.median }))
    .sort((a, b) => b.capacity - a.capacity)
  return best === undefined ? '-' : `${formatNumber(best.capacity)} (${best.name})`
}

function compareWithJose({ distinct }: MicroResults, http: HttpResults | undefined): string {
  const { sequential, atOnce } = distinct.RS256
  const relative = (costs: typeof sequential) =>
    formatNumber(ratio(costs, 'bearward', 'jose', cpu)?.median)
  const server = http && ratio(http['every token once'].Express, 'bearward', 'jose', cpu)
  const forServer = server
    ? `
For new tokens, an Express server with Bearward takes ${formatNumber(server.median)} of the processor time of a server with jose.`
    : ''
  return `jose verifies in the thread pool, so its cost depends on how many tokens are verified at the same time. For new RS256
tokens, one at a time, Bearward takes ${relative(sequential)} of the processor time of jose.
With 64 tokens at the same time, as in a busy server, Bearward takes ${relative(atOnce)}.${forServer}`
}
