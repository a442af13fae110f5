import { cpu, ratio } from '../comparisons.ts'
import { BARE, FRAMEWORKS } from '../http/contestants.ts'
import type { HttpResults, LoadName } from '../http/http.ts'
import { capacityOf } from '../http/over-bare.ts'
import type { MicroResults } from '../micro/micro.ts'
import type { Findings } from '../results.ts'
import { figure, table } from './table.ts'

/** What the figures come to. Every sentence of it has to hold whatever they are. */
export function inShort({ major, parts }: Findings): string[] {
  return [
    `Bearward remembers tokens that it has verified, so that one that comes again costs no signature. Of the others only fast-jwt can do
so, and @fastify/jwt with it, if it is asked to. A new token costs everybody a signature.`,
    ...(parts.http ? whatIsLeft(parts.http.found, major) : []),
    ...(parts.micro ? [besideJose(parts.micro.found, parts.http?.found)] : []),
  ]
}

function whatIsLeft(found: HttpResults, major: number): string[] {
  const loads = ['1,000 tokens', 'every token once'] as const
  return [
    `Requests that one core can bear behind a guard, over those that it can bear without one (Node ${major}), and the best of the
others here:`,
    table(
      ['', ...loads.flatMap((load) => [`${load}: bearward`, 'the others'])],
      FRAMEWORKS.map((framework) => [
        framework,
        ...loads.flatMap((load) => {
          const all = found[load][framework]
          return [figure(capacityOf(all, 'bearward')?.median), bestOfOthers(all)]
        }),
      ]),
    ),
  ]
}

function bestOfOthers(all: HttpResults[LoadName]['Express']): string {
  const [best] = Object.keys(all)
    .filter((name) => name !== BARE && !name.startsWith('bearward'))
    .map((name) => ({ name, capacity: capacityOf(all, name)!.median }))
    .sort((a, b) => b.capacity - a.capacity)
  return best === undefined ? '-' : `${figure(best.capacity)} (${best.name})`
}

function besideJose({ distinct }: MicroResults, http: HttpResults | undefined): string {
  const { sequential, atOnce } = distinct.RS256
  const over = (costs: typeof sequential) => figure(ratio(costs, 'bearward', 'jose', cpu)?.median)
  const server = http && ratio(http['every token once'].Express, 'bearward', 'jose', cpu)
  return `jose verifies in the thread pool, where many tokens at a time, as in a busy server, are another thing than one after the other.
Bearward takes ${over(sequential)} of its processor time for new RS256 tokens one after the other, and ${over(atOnce)} with 64 at once${
    server
      ? `; a whole Express server with Bearward takes ${figure(server.median)} of that of one with jose`
      : ''
  }.`
}
