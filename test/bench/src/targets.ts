import { cpu, difference, ratio, wall } from './comparisons.ts'
import { BARE, type Framework, FRAMEWORKS } from './http/contestants.ts'
import type { LoadName } from './http/http.ts'
import { addedBy, capacityOf } from './http/over-bare.ts'
import { FLOOR, FRESH_STRING } from './micro/contestants.ts'
import type { Findings, Parts } from './results.ts'
import type { Start } from './start/start.ts'
import { type Spread, spreadOf } from './statistics.ts'
import type { Algorithm } from './token-pool.ts'
import { NO_CACHE } from './without-cache.ts'

/** One number that is to be reached. */
export interface Goal {
  /** What tells it from the other goals of the target, if there are any. */
  readonly of: string
  readonly limit: number
  /** `undefined` where it has not been measured. The median counts. */
  readonly measured: Spread | undefined
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
  return bound === 'at most' ? measured.median <= limit : measured.median >= limit
}

/**
 * The targets for one major version of Node. Ours is always Bearward as it comes, with its memory for verified
 * tokens, also where every token is seen once.
 */
export function targetsOf({ major, parts }: Findings): Target[] {
  // Before Node 24 the peers are as fast as they can be, so that the targets are those against them.
  if (major < 24) return againstPeers(parts.micro?.found)
  return [
    ...ofVerification(parts.micro?.found),
    ...overHttp(parts.http?.found),
    ...ofStart(parts.start?.found),
    ...ofPresence(parts.start?.found),
    ...ofMemory(parts.memory?.found),
  ]
}

const ONE_AFTER_THE_OTHER = {
  what: 'RS256 one after the other, verifications a second over those of',
  bound: 'at least',
  unit: 'x',
} as const

/** Verifications a second over those of a peer. */
function faster(micro: Parts['micro'] | undefined, peer: string, limit: number): Goal {
  const measured = micro && ratio(micro.distinct.RS256.sequential, peer, 'bearward', wall)
  return { of: peer, limit, measured }
}

function againstPeers(micro: Parts['micro'] | undefined): Target[] {
  const goals = [faster(micro, 'aws-jwt-verify', 1.15), faster(micro, 'fast-jwt', 1)]
  return [{ ...ONE_AFTER_THE_OTHER, id: "P3'", goals }]
}

function ofVerification(micro: Parts['micro'] | undefined): Target[] {
  const alone = (algorithm: Algorithm, limit: number): Goal => ({
    of: algorithm,
    limit,
    measured: micro && ratio(micro.distinct[algorithm].sequential, 'bearward', FLOOR, cpu),
  })
  const atOnce = (algorithm: Algorithm, limit: number): Goal => ({
    of: algorithm,
    limit,
    measured: micro && ratio(micro.distinct[algorithm].atOnce, 'bearward', 'jose', cpu),
  })
  const again = micro && difference(micro.repeated.thousand, 'bearward', FRESH_STRING, cpu)
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
      goals: [faster(micro, 'aws-jwt-verify', 1.7), faster(micro, 'jose', 2.2)],
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
      goals: [{ of: '', limit: 1.5, measured: again }],
    },
  ]
}

function overHttp(http: Parts['http'] | undefined): Target[] {
  const capacity = (load: LoadName, framework: Framework, limit: number): Goal => ({
    of: `${framework}, ${load}`,
    limit,
    measured: http && capacityOf(http[load][framework], 'bearward'),
  })
  const added = (load: LoadName, framework: Framework, limit: number, over = BARE): Goal => ({
    of: `${framework}, ${load}`,
    limit,
    measured: http && addedBy(http[load][framework], 'bearward', over),
  })
  const repeated = ['one token', '1,000 tokens'] as const
  return [
    {
      id: 'P6',
      what: 'HTTP, tokens seen before, capacity over the bare framework',
      bound: 'at least',
      unit: 'x',
      goals: repeated.flatMap((load) => FRAMEWORKS.map((name) => capacity(load, name, 0.8))),
    },
    {
      id: 'P6',
      what: 'the same, CPU a request added to the bare framework',
      bound: 'at most',
      unit: 'us',
      goals: repeated.flatMap((load) => FRAMEWORKS.map((name) => added(load, name, 5))),
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
      what: 'HTTP, CPU a request that the memory for tokens adds',
      bound: 'at most',
      unit: 'us',
      goals: FRAMEWORKS.map((name) => added('every token once', name, 8, NO_CACHE)),
    },
    {
      id: 'P9',
      what: 'HTTP, CPU a request added to the bare framework',
      bound: 'at most',
      unit: 'us',
      goals: [added('bad signatures', 'Express', 60)],
    },
  ]
}

function ofStart(start: Parts['start'] | undefined): Target[] {
  const later = (
    of: string,
    name: string,
    limit: number,
    time: (start: Start) => number,
  ): Goal => ({ of, limit, measured: start && difference(start.starts, name, BARE, time) })
  const untilAnswered = (each: Start) => each.untilAnswered
  return [
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
  ]
}

function ofPresence(start: Parts['start'] | undefined): Target[] {
  const { packages, bytes } = start?.installed['@bearward/express'] ?? {}
  const target = (what: string, unit: string, limit: number, values: readonly number[]) => {
    const measured = values.length > 0 ? spreadOf(values) : undefined
    return {
      id: 'P18',
      what,
      bound: 'at most',
      unit,
      goals: [{ of: '', limit, measured }],
    } as const
  }
  return [
    target(
      'size of `@bearward/express` with all that it needs',
      'MB',
      1.5,
      bytes === undefined ? [] : [bytes / 1e6],
    ),
    target('packages that it consists of', '', 5, packages === undefined ? [] : [packages]),
    target('time to import it', 'ms', 60, start?.imports['@bearward/express'] ?? []),
  ]
}

function ofMemory(memory: Parts['memory'] | undefined): Target[] {
  const measured = memory && spreadOf([memory['bearward']!.heap / 1e6])
  return [
    {
      id: 'P19',
      what: 'heap after a million tokens',
      bound: 'at most',
      unit: 'MB',
      goals: [{ of: '', limit: 20, measured }],
    },
  ]
}
