import { cpu } from '../comparisons.ts'
import { BARE, FRAMEWORKS } from '../http/contestants.ts'
import { LOAD_NAMES } from '../http/http.ts'
import { addedBy, capacityOf, throughputOf } from '../http/over-bare.ts'
import type { Results } from '../results.ts'
import { medianOf, steadiness } from './rows.ts'
import { figure, table } from './table.ts'

const HEADINGS = [
  '',
  'CPU us',
  'added',
  'x bare, capacity',
  'x bare, requests/s',
  'requests/s',
  'p50 ms',
  'p99 ms',
]

export function httpSection({ run, found }: Results<'http'>): string[] {
  const all = LOAD_NAMES.flatMap((load) => Object.values(found[load]))
  return [
    '### Over HTTP',
    `A server of its own for each, ${run.pinned ? 'kept on one core' : 'on any core'}, keys fetched from another process;
64 connections that always wait for an answer. \`CPU us\` is the processor time of the server a request, \`added\`
what of it the framework alone does not take; \`capacity\` compares the requests that one core can bear. Latencies are those of a server under full load.`,
    `Every server is one process for all rounds. What the engine makes of a process is partly luck, and lasts: after full garbage
collections at one moment or another, what Node itself does for a request takes some microseconds more, in a bare server as in any
other. Differences of that size mean little.`,
    steadiness(all, cpu),
    ...LOAD_NAMES.flatMap((load) => [
      `#### ${load[0]!.toUpperCase()}${load.slice(1)}`,
      table(
        HEADINGS,
        FRAMEWORKS.flatMap((framework) => {
          const servers = found[load][framework]
          return Object.entries(servers).map(([name, rounds]) => [
            `${framework}: ${name}`,
            figure(medianOf(rounds, cpu)),
            ...[addedBy, capacityOf, throughputOf].map((compared) =>
              name === BARE ? '-' : figure(compared(servers, name)?.median),
            ),
            figure(medianOf(rounds, ({ rate }) => rate)),
            figure(medianOf(rounds, ({ p50 }) => p50)),
            figure(medianOf(rounds, ({ p99 }) => p99)),
          ])
        }),
      ),
    ]),
  ]
}
