import { difference } from '../comparisons.ts'
import { BARE } from '../http/contestants.ts'
import type { Start, StartResults } from '../start/start.ts'
import { medianOf, steadiness } from './rows.ts'
import { figure, table } from './table.ts'

const untilAnswered = (start: Start) => start.untilAnswered

export function startSection({ latency, starts, imports, installed }: StartResults): string[] {
  return [
    '### Start',
    `An Express API, from the start of its process to the answer to its first request, in milliseconds. Every answer of the
authorization server takes ${latency} ms, over plain HTTP. With \`ready()\` and \`hydrate()\` the keys are fetched before the API listens.`,
    steadiness([starts], untilAnswered),
    table(
      ['', 'until the first answer', 'over bare', 'the first request'],
      Object.entries(starts).map(([name, rounds]) => [
        name,
        figure(medianOf(rounds, untilAnswered)),
        name === BARE ? '-' : figure(difference(starts, name, BARE, untilAnswered)?.median),
        figure(medianOf(rounds, ({ firstRequest }) => firstRequest)),
      ]),
    ),
    'What is installed besides the framework, counted once, and what it takes to import it.',
    table(
      ['', 'packages', 'kB', 'import ms'],
      Object.entries(installed).map(([name, { packages, bytes }]) => [
        name,
        String(packages),
        String(Math.round(bytes / 1000)),
        figure(medianOf(imports[name], (time) => time)),
      ]),
    ),
  ]
}
