import { type ByName, cpu, wall } from '../comparisons.ts'
import { FRESH_STRING } from '../micro/contestants.ts'
import type { Cost } from '../micro/cost.ts'
import { ALGORITHMS, type MicroResults } from '../micro/micro.ts'
import { collectNames, describeVariation, getMedian } from './rows.ts'
import { createTable, formatNumber } from './table.ts'

export function createMicroSection({
  distinct,
  repeated,
  refused,
  long,
  profile,
}: MicroResults): string[] {
  const modes = ALGORITHMS.map((algorithm) => distinct[algorithm])
  const names = collectNames(modes.map(({ sequential }) => sequential))
  const kinds = Object.keys(refused)
  const seenBefore = [repeated.one, repeated.thousand].map(subtractFreshString)
  const all = [
    ...modes.flatMap(({ sequential, atOnce }) => [sequential, atOnce]),
    ...Object.values(refused),
    ...Object.values(long),
  ]
  const shapes = Object.keys(long)
  return [
    '### One verification',
    'The keys are known from the start. Each figure comes from a separate process, which is warmed up before the first round.',
    describeVariation(all, cpu),
    `Processor time in microseconds for new tokens: one at a time / 64 at the same time. A synchronous library verifies one
token at a time in both cases.`,
    createTable(
      ['', ...ALGORITHMS],
      names.map((name) => [
        name,
        ...modes.map(({ sequential, atOnce }) =>
          [sequential, atOnce]
            .map((costs) => formatNumber(getMedian(costs[name], cpu)))
            .join(' / '),
        ),
      ]),
    ),
    'Verifications of new tokens per second, one at a time.',
    createTable(
      ['', ...ALGORITHMS],
      names.map((name) => [
        name,
        ...modes.map(({ sequential }) =>
          formatNumber(getMedian(sequential[name], (cost) => 1e6 / wall(cost))),
        ),
      ]),
    ),
    'A token that was verified before: processor time in microseconds. The cost of creating its string is subtracted.',
    describeVariation(seenBefore, (over) => over),
    createTable(
      ['', 'one token', '1,000 tokens'],
      collectNames(seenBefore).map((name) => [
        name,
        ...seenBefore.map((costs) => formatNumber(getMedian(costs[name], (over) => over))),
      ]),
    ),
    'A token that is rejected: processor time in microseconds.',
    createTable(
      ['', ...kinds],
      collectNames(Object.values(refused)).map((name) => [
        name,
        ...kinds.map((kind) => formatNumber(getMedian(refused[kind]![name], cpu))),
      ]),
    ),
    `A token of about 16 kB with a bad signature, by the shape of its claims: processor time in microseconds. \`jose\`,
\`fast-jwt\` and \`aws-jwt-verify\` have no limit for the number of members, so they verify the signature of each token.`,
    createTable(
      ['', ...collectNames(Object.values(long))],
      shapes.map((shape) => [
        shape,
        ...collectNames(Object.values(long)).map((name) =>
          formatNumber(getMedian(long[shape]![name], cpu)),
        ),
      ]),
    ),
    '### CPU profile',
    `CPU profile of Bearward with RS256 tokens, in percent of the time, for each file of the core. Rows below 1 % in both columns
are omitted. "The benchmark itself" includes the creation of a new string for every token.`,
    createTable(
      ['', 'every token once', '1,000 tokens, verified before'],
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

/**
 * Subtracts the processor time for a new string, in microseconds. The row of the new string itself is dropped, because
 * its cost is too small to be measured.
 */
function subtractFreshString({
  [FRESH_STRING]: fresh = [],
  ...others
}: ByName<Cost>): ByName<number> {
  const over = (rounds: readonly Cost[]) => rounds.map((each, i) => each.cpu - fresh[i]!.cpu)
  return Object.fromEntries(Object.entries(others).map(([name, rounds]) => [name, over(rounds)]))
}
