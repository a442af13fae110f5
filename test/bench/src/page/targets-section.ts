import type { VersionResults } from '../results.ts'
import { createTargets, isMet } from '../targets.ts'
import { listReasons } from './reasons.ts'
import { createTable, formatSummary } from './table.ts'

export function createTargetsSection(results: VersionResults): string[] {
  const goals = createTargets(results).flatMap((target) =>
    target.goals.map((goal) => ({ target, goal, met: isMet(goal) })),
  )
  const missed = new Set(goals.filter(({ met }) => met === false).map(({ target }) => target.name))
  return [
    '### Targets',
    'The column "measured" shows the median, with the lowest and the highest round in parentheses.',
    createTable(
      ['', 'metric', 'case', 'at most', 'measured', 'met'],
      goals.map(({ target, goal, met }) => [
        target.name,
        target.description,
        goal.label,
        `${goal.limit} ${target.unit}`.trim(),
        formatSummary(goal.measured),
        met === undefined ? 'not measured' : met ? 'yes' : '**no**',
      ]),
    ),
    ...(missed.size > 0 ? [listReasons([...missed])] : []),
  ]
}
