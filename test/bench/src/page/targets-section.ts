import type { Findings } from '../results.ts'
import { isMet, targetsOf } from '../targets.ts'
import { reasonsFor } from './reasons.ts'
import { table, withSpread } from './table.ts'

export function targetsSection(findings: Findings): string[] {
  const goals = targetsOf(findings).flatMap((target) =>
    target.goals.map((goal) => ({ target, goal, met: isMet(target, goal) })),
  )
  const missed = new Set(goals.filter(({ met }) => met === false).map(({ target }) => target.id))
  return [
    '### Targets',
    'Measured is the median, with the lowest and the highest round.',
    table(
      ['', 'what', 'where', 'target', 'measured', 'met'],
      goals.map(({ target, goal, met }) => [
        target.id,
        target.what,
        goal.of,
        `${target.bound} ${goal.limit} ${target.unit}`.trim(),
        withSpread(goal.measured),
        met === undefined ? 'not measured' : met ? 'yes' : '**no**',
      ]),
    ),
    ...(missed.size > 0 ? [reasonsFor([...missed])] : []),
  ]
}
