import { addedBy, capacityOf, cpu, differing, ratio } from './comparisons.ts'
import { BARE, type Framework } from './http/contestants.ts'
import type { LoadName } from './http/http.ts'
import { FLOOR, FRESH_STRING } from './micro/contestants.ts'
import type { Cost } from './micro/cost.ts'
import type { Parts, Run } from './results.ts'
import type { Start } from './start/start.ts'
import { median } from './statistics.ts'
import type { Algorithm } from './token-pool.ts'

/** One number that is to be reached. */
export interface Goal {
  /** What tells it from the other goals of the target, if there are any. */
  readonly of: string
  readonly limit: number
  /** `undefined` where it has not been measured. */
  readonly measured: number | undefined
}

/** What we hold ourselves to. */
export interface Target {
  readonly id: string
  readonly what: string
  readonly bound: 'at most' | 'at least'
  readonly unit: string
  readonly goals: readonly Goal[]
}

/** `undefined` where it has not been measured. */
export function isMet({ bound }: Target, { limit, measured }: Goal): boolean | undefined {
  if (measured === undefined) return undefined
  return bound === 'at most' ? measured <= limit : measured >= limit
}

const ONE_AFTER_THE_OTHER = {
  what: 'RS256 one after the other, verifications a second over those of',
  bound: 'at least',
  unit: 'x',
} as const

/**
 * The targets for one major version of Node. Ours is always Bearward as it comes, with its memory for verified
 * tokens, also where every token is seen once.
 */
export function targetsOf({ major, parts }: Run): Target[] {
  const micro = parts.micro?.found
  const http = parts.http?.found
  const memory = parts.memory?.found
  const start = parts.start?.found

  const alone = (algorithm: Algorithm, limit: number): Goal => ({
    of: algorithm,
    limit,
    measured: micro && ratio(micro.distinct[algorithm].sequential, 'bearward', FLOOR, cpu),
  })
  const faster = (of: string, limit: number): Goal => ({
    of,
    limit,
    measured: micro && ratio(micro.distinct.RS256.sequential, of, 'bearward', wall),
  })
  const atOnce = (algorithm: Algorithm, limit: number): Goal => ({
    of: algorithm,
    limit,
    measured: micro && ratio(micro.distinct[algorithm].atOnce, 'bearward', 'jose', cpu),
  })
  const capacity = (load: LoadName, framework: Framework, limit: number): Goal => ({
    of: `${framework}, ${load}`,
    limit,
    measured: http && capacityOf(http[load][framework], 'bearward'),
  })
  const added = (load: LoadName, framework: Framework, limit: number, over = BARE): Goal => ({
    of: framework,
    limit,
    measured: http && addedBy(http[load][framework], 'bearward', over),
  })
  const later = (
    of: string,
    name: string,
    limit: number,
    time: (start: Start) => number,
  ): Goal => ({
    of,
    limit,
    measured: start && differing(start.starts, name, BARE, time),
  })
  const frameworks = ['Express', 'Koa', 'Fastify'] as const
  const repeated = ['one token', '1,000 tokens'] as const

  if (major < 24) {
    // There the peers are as fast as they can be, so that the targets are those against them.
    const goals = [faster('aws-jwt-verify', 1.15), faster('fast-jwt', 1)]
    return [{ ...ONE_AFTER_THE_OTHER, id: "P3'", goals }]
  }
  return [
    {
      id: 'P1',
      what: 'a token verified once, CPU over `crypto.verify` alone',
      bound: 'at most',
      unit: 'x',
      goals: [alone('RS256', 1.25)],
    },
    {
      id: 'P2',
      what: 'the same for the other algorithms',
      bound: 'at most',
      unit: 'x',
      goals: [alone('ES256', 1.12), alone('EdDSA', 1.1), alone('PS256', 1.25)],
    },
    {
      ...ONE_AFTER_THE_OTHER,
      id: 'P3',
      goals: [faster('aws-jwt-verify', 1.7), faster('jose', 2.2)],
    },
    {
      id: 'P4',
      what: '64 at once, CPU over that of jose',
      bound: 'at most',
      unit: 'x',
      goals: [atOnce('RS256', 0.65), atOnce('ES256', 0.7)],
    },
    {
      id: 'P5',
      what: 'a token seen before, out of 1,000, CPU over a fresh string',
      bound: 'at most',
      unit: 'us',
      goals: [
        {
          of: '',
          limit: 1.5,
          measured: micro && differing(micro.repeated.thousand, 'bearward', FRESH_STRING, cpu),
        },
      ],
    },
    {
      id: 'P6',
      what: 'HTTP, tokens seen before, capacity over the bare framework',
      bound: 'at least',
      unit: 'x',
      goals: repeated.flatMap((load) => frameworks.map((name) => capacity(load, name, 0.8))),
    },
    {
      id: 'P6',
      what: 'the same, CPU a request added to the bare framework',
      bound: 'at most',
      unit: 'us',
      goals: repeated.flatMap((load) =>
        frameworks.map((name) => ({ ...added(load, name, 5), of: `${name}, ${load}` })),
      ),
    },
    {
      id: 'P7',
      what: 'HTTP, capacity over the bare framework',
      bound: 'at least',
      unit: 'x',
      goals: [
        capacity('every token once', 'Express', 0.33),
        capacity('every token once', 'Koa', 0.27),
        capacity('every token once', 'Fastify', 0.23),
      ],
    },
    {
      id: 'P8',
      what: 'HTTP, every token once, CPU a request that the memory for tokens adds',
      bound: 'at most',
      unit: 'us',
      goals: frameworks.map((name) => added('every token once', name, 8, 'bearward, no cache')),
    },
    {
      id: 'P9',
      what: 'HTTP, a bad signature, CPU a request added to the bare framework',
      bound: 'at most',
      unit: 'us',
      goals: [added('bad signatures', 'Express', 60)],
    },
    {
      id: 'P10',
      what: 'from the start of the process to the first answer, added to bare Express',
      bound: 'at most',
      unit: 'ms',
      goals: [
        later('address of the keys', 'bearward, address of the keys', 45, untilAnswered),
        later('discovery', 'bearward, discovery', 65, untilAnswered),
      ],
    },
    {
      id: 'P10',
      what: 'the first request after `ready()`, added to bare Express',
      bound: 'at most',
      unit: 'ms',
      goals: [later('', 'bearward, discovery, ready()', 5, ({ firstRequest }) => firstRequest)],
    },
    ...presence(start),
    {
      id: 'P19',
      what: 'heap after a million tokens',
      bound: 'at most',
      unit: 'MB',
      goals: [{ of: '', limit: 20, measured: memory && memory['bearward']!.heap / 1e6 }],
    },
  ]
}

function presence(start: Parts['start'] | undefined): Target[] {
  const { packages, bytes } = start?.installed['@bearward/express'] ?? {}
  const imported = start && median(start.imports['@bearward/express']!)
  const target = (what: string, unit: string, limit: number, measured: number | undefined) =>
    ({ id: 'P18', what, bound: 'at most', unit, goals: [{ of: '', limit, measured }] }) as const
  return [
    target('size of `@bearward/express` with all that it needs', 'MB', 1.5, bytes && bytes / 1e6),
    target('packages that it consists of', '', 5, packages),
    target('time to import it', 'ms', 60, imported),
  ]
}

const wall = (cost: Cost): number => cost.wall
const untilAnswered = (start: Start): number => start.untilAnswered
