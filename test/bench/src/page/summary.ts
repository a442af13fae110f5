import { BARE, FRAMEWORKS } from '../http/contestants.ts'
import { getAddedCpu } from '../http/comparisons-with-bare.ts'
import type { HttpResults, LoadName } from '../http/http.ts'
import type { PartResults } from '../results.ts'
import { createTable, formatNumber } from './table.ts'

const LOADS = [
  ['cached token', '1,000 tokens'],
  ['new token', 'every token once'],
] as const satisfies readonly (readonly [name: string, load: LoadName])[]

/**
 * Creates the page for users: one table and one chart. Each sentence must be true for all possible figures.
 *
 * @param chart Name of the file with the chart.
 */
export function createSummary({ run, found }: PartResults<'http'>, chart: string): string {
  const rounds = found['1,000 tokens'].Express[BARE]?.length ?? 0
  const parts = [
    '# Performance',
    `A guard adds processor time to each request. This page shows this time for Bearward and for other libraries. It compares each API
with the same API without a guard.`,
    `Microseconds of processor time that a guard adds to one request:`,
    createTable(
      ['framework', ...LOADS.flatMap(([name]) => [`${name}: Bearward`, 'best other library'])],
      FRAMEWORKS.map((framework) => [
        framework,
        ...LOADS.flatMap(([, load]) => {
          const all = found[load][framework]
          return [formatNumber(getAddedCpu(all, 'bearward')?.median), findBestOther(all)]
        }),
      ]),
    ),
    `- **cached token**: 1,000 RS256 tokens are sent repeatedly. Bearward [caches](caching.md) verified tokens.
- **new token**: every RS256 token is sent once, so its signature must be verified.
- **best other library**: the library that adds the least processor time, with its name.`,
    `A [DPoP](dpop.md) proof is new in every request. Its signature is verified in every request, even if the token is cached.`,
    `The chart shows this measurement in another form. It shows how many requests one core can handle, in percent of an API without a
guard.`,
    `![Capacity of an API with a guard](${chart})`,
    `Measured on ${run.began.slice(0, 10)} with Node ${run.node.slice(1)} on one machine: ${run.machine}.
Each figure is the median of ${rounds} rounds. Differences of a few microseconds are noise. All APIs return a small constant body. In
an API that does more work, a guard takes a smaller part of the processor time.`,
    `The first request is slower, because it loads the keys. Call \`ready()\` before the server listens:
see [keys and outages](keys-and-outages.md).`,
    `The file \`test/bench/REPORT.md\` in the repository has all results, their variation, and the targets that are missed. It also has
the other measurements: single verifications, DPoP proofs, MCP guards, memory and start. \`npm run bench\` repeats the measurement,
and \`npm run bench -- page\` writes this page.`,
  ]
  return `${parts.join('\n\n')}\n`
}

function findBestOther(all: HttpResults[LoadName]['Express']): string {
  const [best] = Object.keys(all)
    .filter((name) => name !== BARE && !name.startsWith('bearward'))
    .map((name) => ({ name, added: getAddedCpu(all, name)!.median }))
    .sort((a, b) => a.added - b.added)
  return best === undefined ? '-' : `${formatNumber(best.added)} (${best.name})`
}
