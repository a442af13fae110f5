import { difference } from '../comparisons.ts'
import { BARE } from '../http/contestants.ts'
import type { Start, StartResults } from '../start/start.ts'
import { describeVariation, getMedian } from './rows.ts'
import { createTable, formatNumber } from './table.ts'

const untilAnswered = (start: Start) => start.untilAnswered

export function createStartSection({
  latency,
  starts,
  imports,
  installed,
  workerBundle,
}: StartResults): string[] {
  return [
    '### Start',
    `Time from the start of the process of an Express API to its first response, in milliseconds. Every response of the
authorization server takes ${latency} ms, over plain HTTP. In the rows with \`ready()\` and \`hydrate()\`, the
API fetches the keys before it listens.`,
    describeVariation([starts], untilAnswered),
    createTable(
      ['', 'until the first response', 'added to bare', 'first request'],
      Object.entries(starts).map(([name, rounds]) => [
        name,
        formatNumber(getMedian(rounds, untilAnswered)),
        name === BARE ? '-' : formatNumber(difference(starts, name, BARE, untilAnswered)?.median),
        formatNumber(getMedian(rounds, ({ firstRequest }) => firstRequest)),
      ]),
    ),
    'Installed packages without the framework, and the time to import them. Each package is counted once.',
    createTable(
      ['', 'packages', 'kB', 'import ms'],
      Object.entries(installed).map(([name, { packages, bytes }]) => [
        name,
        String(packages),
        String(Math.round(bytes / 1000)),
        formatNumber(getMedian(imports[name], (time) => time)),
      ]),
    ),
    `\`@bearward/express\` for a worker is one file of ${formatNumber(workerBundle / 1000)} kB: minified, with the core and all
dependencies, after gzip.`,
  ]
}
