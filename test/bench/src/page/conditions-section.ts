import { PARTS, type Run, type VersionResults } from '../results.ts'
import { createTable } from './table.ts'

/** Describes when and on which machine the parts were measured, and whether one command measured all of them. */
export function createConditionsSection({ parts }: VersionResults): string[] {
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
      ? `${missing.length === 0 ? 'All parts' : 'All measured parts'} come from one run of one command.`
      : '**The parts come from different runs.** Do not compare figures of different runs.',
    ...(missing.length > 0 ? [`Not measured: ${missing.join(', ')}.`] : []),
    createTable(
      ['command', 'parts', 'start', 'Node', 'machine'],
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
