import type { VersionResults } from '../results.ts'
import { createTargets, isMet } from '../targets.ts'
import { listReasons } from './reasons.ts'
import { createTable, formatSummary } from './table.ts'

export function createTargetsSection(results: VersionResults): string[] {
  const goals = createTargets(results).flatMap((target) =>
    target.goals.map((goal) => ({ target, goal, met: isMet(target, goal) })),
  )
  const missed = new Set(goals.filter(({ met }) => met === false).map(({ target }) => target.id))
  return [
    '### Targets',
    'The column "measured" shows the median, with the lowest and the highest round in parentheses.',
    createTable(
      ['', 'metric', 'case', 'target', 'measured', 'met'],
      goals.map(({ target, goal, met }) => [
        target.id,
        target.description,
        goal.label,
        `${target.bound} ${goal.limit} ${target.unit}`.trim(),
        formatSummary(goal.measured),
        met === undefined ? 'not measured' : met ? 'yes' : '**no**',
      ]),
    ),
    ...(missed.size > 0 ? [listReasons([...missed])] : []),
  ]
}
