import { cpu } from '../comparisons.ts'
import { BARE, FRAMEWORKS } from '../http/contestants.ts'
import { LOAD_NAMES } from '../http/http.ts'
import {
  getAddedCpu,
  getRelativeCapacity,
  getRelativeThroughput,
} from '../http/comparisons-with-bare.ts'
import type { PartResults } from '../results.ts'
import { describeVariation, getMedian } from './rows.ts'
import { createTable, formatNumber } from './table.ts'

const HEADINGS = [
  '',
  'CPU us',
  'added',
  'capacity, x bare',
  'requests/s, x bare',
  'requests/s',
  'p50 ms',
  'p99 ms',
]

export function createHttpSection({ run, found: results }: PartResults<'http'>): string[] {
  const all = LOAD_NAMES.flatMap((load) => Object.values(results[load]))
  const firstRounds = Object.values(results.first.Express)[0]?.length ?? 0
  return [
    '### Over HTTP',
    `Each API runs in its own process, ${run.pinned ? 'pinned to one core' : 'on any core'}.
It fetches its keys from another process. The load generator uses 64 connections. Each connection sends its next request
as soon as it has received the response.`,
    `Every server is warmed up before the first round: for six seconds with the first load, and for two seconds with each
other load.`,
    `- \`CPU us\`: processor time of the server per request, in microseconds.
- \`added\`: processor time per request in addition to the bare framework, in microseconds.
- \`capacity, x bare\`: requests that one core can handle, relative to the bare framework.
- \`requests/s, x bare\`: requests per second, relative to the bare framework.
- \`p50 ms\`, \`p99 ms\`: latencies of a server under full load.`,
    `Every server is one process for all rounds, and the optimizations of V8 differ between processes. After a full garbage
collection, Node itself may need some microseconds more per request until the end of the measurement. This also applies to a
bare server. Ignore differences of this size.`,
    describeVariation(all, cpu),
    ...LOAD_NAMES.flatMap((load) => [
      `#### ${load[0]!.toUpperCase()}${load.slice(1)}`,
      createTable(
        HEADINGS,
        FRAMEWORKS.flatMap((framework) => {
          const servers = results[load][framework]
          return Object.entries(servers).map(([name, rounds]) => [
            `${framework}: ${name}`,
            formatNumber(getMedian(rounds, cpu)),
            ...[getAddedCpu, getRelativeCapacity, getRelativeThroughput].map((compare) =>
              name === BARE ? '-' : formatNumber(compare(servers, name)?.median),
            ),
            formatNumber(getMedian(rounds, ({ rate }) => rate)),
            formatNumber(getMedian(rounds, ({ p50 }) => p50)),
            formatNumber(getMedian(rounds, ({ p99 }) => p99)),
          ])
        }),
      ),
    ]),
    '#### First requests of a process',
    `The first 1,000 requests of a new process, including the fetch of the keys. Every token is sent once. Each figure is the
median of ${firstRounds} processes.`,
    createTable(
      ['', 'CPU us', 'p50 ms', 'p99 ms'],
      FRAMEWORKS.flatMap((framework) =>
        Object.entries(results.first[framework]).map(([name, rounds]) => [
          `${framework}: ${name}`,
          formatNumber(getMedian(rounds, cpu)),
          formatNumber(getMedian(rounds, ({ p50 }) => p50)),
          formatNumber(getMedian(rounds, ({ p99 }) => p99)),
        ]),
      ),
    ),
  ]
}
