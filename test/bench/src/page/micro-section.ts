import { type ByName, cpu, wall } from '../comparisons.ts'
import { FRESH_STRING } from '../micro/contestants.ts'
import type { Cost } from '../micro/cost.ts'
import { ALGORITHMS, type MicroResults } from '../micro/micro.ts'
import { medianOf, namesIn, steadiness } from './rows.ts'
import { figure, table } from './table.ts'

export function microSection({ distinct, repeated, refused, profile }: MicroResults): string[] {
  const modes = ALGORITHMS.map((algorithm) => distinct[algorithm])
  const names = namesIn(modes.map(({ sequential }) => sequential))
  const kinds = Object.keys(refused)
  const seenBefore = [repeated.one, repeated.thousand].map(overFreshString)
  const all = [
    ...modes.flatMap(({ sequential, atOnce }) => [sequential, atOnce]),
    ...Object.values(refused),
  ]
  return [
    '### One verification',
    'Keys are at hand. Each figure is from a process of its own, which is warm before the first round.',
    steadiness(all, cpu),
    `Microseconds of processor time, every token once: one after the other / 64 at once. What verifies synchronously does one at a
time all the same.`,
    table(
      ['', ...ALGORITHMS],
      names.map((name) => [
        name,
        ...modes.map(({ sequential, atOnce }) =>
          [sequential, atOnce].map((costs) => figure(medianOf(costs[name], cpu))).join(' / '),
        ),
      ]),
    ),
    'Verifications a second, one after the other.',
    table(
      ['', ...ALGORITHMS],
      names.map((name) => [
        name,
        ...modes.map(({ sequential }) =>
          figure(medianOf(sequential[name], (cost) => 1e6 / wall(cost))),
        ),
      ]),
    ),
    'A token that was seen before: microseconds of processor time over what a fresh string of it costs.',
    steadiness(seenBefore, (over) => over),
    table(
      ['', 'the same token', 'one of 1,000'],
      namesIn(seenBefore).map((name) => [
        name,
        ...seenBefore.map((costs) => figure(medianOf(costs[name], (over) => over))),
      ]),
    ),
    'A token that is refused: microseconds of processor time.',
    table(
      ['', ...kinds],
      namesIn(Object.values(refused)).map((name) => [
        name,
        ...kinds.map((kind) => figure(medianOf(refused[kind]![name], cpu))),
      ]),
    ),
    '### Where the time goes',
    `What Bearward does with RS256 tokens, as the profiler of the engine sees it: parts of the time, by the file of the core. What
is less than a hundredth in both is left out. "The benchmark itself" includes the fresh string that it makes of every token.`,
    table(
      ['', 'every token once', 'one of 1,000 that were seen before'],
      Object.keys({ ...profile.once, ...profile.again })
        .map((place) => [place, profile.once[place] ?? 0, profile.again[place] ?? 0] as const)
        .filter(([, once, again]) => Math.max(once, again) >= 0.01)
        .sort(([, a], [, b]) => b - a)
        .map(([place, ...parts]) => [
          place,
          ...parts.map((part) => `${(100 * part).toFixed(1)} %`),
        ]),
    ),
  ]
}

/** In microseconds of processor time. That of a fresh string by itself is beyond what can be measured. */
function overFreshString({ [FRESH_STRING]: fresh = [], ...others }: ByName<Cost>): ByName<number> {
  const over = (rounds: readonly Cost[]) => rounds.map((each, i) => each.cpu - fresh[i]!.cpu)
  return Object.fromEntries(Object.entries(others).map(([name, rounds]) => [name, over(rounds)]))
}
