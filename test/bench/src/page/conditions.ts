import { type Findings, PARTS, type Run } from '../results.ts'
import { table } from './table.ts'

/** Where and when everything was measured, and whether by one command. */
export function conditions({ parts }: Findings): string[] {
  const runs = new Map<string, { run: Run; names: string[] }>()
  for (const name of PARTS) {
    const run = parts[name]?.run
    if (run === undefined) continue
    const { names } = runs.get(run.began) ?? { names: [] }
    runs.set(run.began, { run, names: [...names, name] })
  }
  const missing = PARTS.filter((name) => parts[name] === undefined)
  return [
    runs.size === 1
      ? `${missing.length === 0 ? 'All four parts come' : 'All of it comes'} from one run of one command.`
      : '**This does not come from one run**: what different runs have found must not be compared.',
    ...(missing.length > 0 ? [`Not measured: ${missing.join(', ')}.`] : []),
    table(
      ['command', 'parts', 'began', 'Node', 'machine'],
      [...runs.values()].map(({ run, names }) => [
        `\`${run.command}\``,
        names.join(', '),
        `${run.began.slice(0, 16).replace('T', ' ')} UTC`,
        run.node,
        run.machine,
      ]),
    ),
  ]
}
