import { cpu, difference, ratio, wall } from './comparisons.ts'
import { BARE, type Framework, FRAMEWORKS } from './http/contestants.ts'
import type { LoadName } from './http/http.ts'
import { getAddedCpu, getRelativeCapacity } from './http/comparisons-with-bare.ts'
import { FRESH_STRING, SIGNATURE_ALONE } from './micro/contestants.ts'
import type { Parts, VersionResults } from './results.ts'
import type { Start } from './start/start.ts'
import { summarize, type Summary } from './statistics.ts'
import type { Algorithm } from './token-pool.ts'
import { NO_CACHE } from './without-cache.ts'

/** One number that a target requires. */
export interface Goal {
  /** Case that this goal is about, such as an algorithm. Empty if the target has one goal only. */
  readonly label: string
  readonly limit: number
  /** `undefined` if it was not measured. The median decides. */
  readonly measured: Summary | undefined
}

/** Performance target of Bearward. A target may have several goals. */
export interface Target {
  readonly id: string
  readonly description: string
  readonly bound: 'at most' | 'at least'
  readonly unit: string
  readonly goals: readonly Goal[]
}

/** Returns whether a goal is met. `undefined` if it was not measured. */
export function isMet({ bound }: Target, { limit, measured }: Goal): boolean | undefined {
  if (measured === undefined) return undefined
  return bound === 'at most' ? measured.median <= limit : measured.median >= limit
}

/**
 * Creates the targets for one major version of Node. They measure Bearward with its default options. The token cache
 * is therefore enabled, also for loads in which every token is sent once.
 */
export function createTargets({ major, parts }: VersionResults): Target[] {
  // Before Node 24 the peers run at their full speed, so the targets compare with the peers only.
  if (major < 24) return createPeerTargets(parts.micro?.found)
  return [
    ...createVerificationTargets(parts.micro?.found),
    ...createHttpTargets(parts.http?.found),
    ...createStartTargets(parts.start?.found),
    ...createPackageTargets(parts.start?.found),
    ...createMemoryTargets(parts.memory?.found),
  ]
}

const ONE_AT_A_TIME = {
  description: 'new RS256 tokens, one at a time: verifications per second relative to the library',
  bound: 'at least',
  unit: 'x',
} as const

/** Compares the verifications per second with those of a peer. */
function createRateGoal(micro: Parts['micro'] | undefined, peer: string, limit: number): Goal {
  const measured = micro && ratio(micro.distinct.RS256.sequential, peer, 'bearward', wall)
  return { label: peer, limit, measured }
}

function createPeerTargets(micro: Parts['micro'] | undefined): Target[] {
  const goals = [
    createRateGoal(micro, 'aws-jwt-verify', 1.15),
    createRateGoal(micro, 'fast-jwt', 1),
  ]
  return [{ ...ONE_AT_A_TIME, id: "P3'", goals }]
}

function createVerificationTargets(micro: Parts['micro'] | undefined): Target[] {
  const overSignature = (algorithm: Algorithm, limit: number): Goal => ({
    label: algorithm,
    limit,
    measured:
      micro && ratio(micro.distinct[algorithm].sequential, 'bearward', SIGNATURE_ALONE, cpu),
  })
  const overJose = (algorithm: Algorithm, limit: number): Goal => ({
    label: algorithm,
    limit,
    measured: micro && ratio(micro.distinct[algorithm].atOnce, 'bearward', 'jose', cpu),
  })
  const repeated = micro && difference(micro.repeated.thousand, 'bearward', FRESH_STRING, cpu)
  return [
    {
      id: 'P1',
      description: 'new token: CPU relative to `crypto.verify` alone',
      bound: 'at most',
      unit: 'x',
      goals: [overSignature('RS256', 1.25)],
    },
    {
      id: 'P2',
      description: 'new token, other algorithms: CPU relative to `crypto.verify` alone',
      bound: 'at most',
      unit: 'x',
      goals: [
        overSignature('ES256', 1.12),
        overSignature('EdDSA', 1.1),
        overSignature('PS256', 1.25),
      ],
    },
    {
      ...ONE_AT_A_TIME,
      id: 'P3',
      goals: [createRateGoal(micro, 'aws-jwt-verify', 1.7), createRateGoal(micro, 'jose', 2.2)],
    },
    {
      id: 'P4',
      description: 'new tokens, 64 at once: CPU relative to jose',
      bound: 'at most',
      unit: 'x',
      goals: [overJose('RS256', 0.65), overJose('ES256', 0.7)],
    },
    {
      id: 'P5',
      description: 'one of 1,000 cached tokens: CPU, without creating its string',
      bound: 'at most',
      unit: 'us',
      goals: [{ label: '', limit: 1.5, measured: repeated }],
    },
  ]
}

function createHttpTargets(http: Parts['http'] | undefined): Target[] {
  const capacity = (load: LoadName, framework: Framework, limit: number): Goal => ({
    label: `${framework}, ${load}`,
    limit,
    measured: http && getRelativeCapacity(http[load][framework], 'bearward'),
  })
  const added = (load: LoadName, framework: Framework, limit: number, over = BARE): Goal => ({
    label: `${framework}, ${load}`,
    limit,
    measured: http && getAddedCpu(http[load][framework], 'bearward', over),
  })
  const repeated = ['one token', '1,000 tokens'] as const
  return [
    {
      id: 'P6',
      description: 'HTTP, cached tokens: capacity relative to the bare framework',
      bound: 'at least',
      unit: 'x',
      goals: repeated.flatMap((load) => FRAMEWORKS.map((name) => capacity(load, name, 0.8))),
    },
    {
      id: 'P6',
      description: 'HTTP, cached tokens: CPU per request added to the bare framework',
      bound: 'at most',
      unit: 'us',
      goals: repeated.flatMap((load) => FRAMEWORKS.map((name) => added(load, name, 5))),
    },
    {
      id: 'P7',
      description: 'HTTP, new tokens: capacity relative to the bare framework',
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
      description: 'HTTP, new tokens: CPU per request added by the token cache',
      bound: 'at most',
      unit: 'us',
      goals: FRAMEWORKS.map((name) => added('every token once', name, 8, NO_CACHE)),
    },
    {
      id: 'P9',
      description: 'HTTP, bad signatures: CPU per request added to the bare framework',
      bound: 'at most',
      unit: 'us',
      goals: [added('bad signatures', 'Express', 60)],
    },
  ]
}

function createStartTargets(start: Parts['start'] | undefined): Target[] {
  const added = (
    label: string,
    name: string,
    limit: number,
    time: (start: Start) => number,
  ): Goal => ({ label, limit, measured: start && difference(start.starts, name, BARE, time) })
  const untilAnswered = (each: Start) => each.untilAnswered
  return [
    {
      id: 'P10',
      description: 'start of the process to the first response: time added to bare Express',
      bound: 'at most',
      unit: 'ms',
      goals: [
        added('address of the keys', 'bearward, address of the keys', 45, untilAnswered),
        added('discovery', 'bearward, discovery', 65, untilAnswered),
      ],
    },
    {
      id: 'P10',
      description: 'first request after `ready()`: time added to bare Express',
      bound: 'at most',
      unit: 'ms',
      goals: [added('', 'bearward, discovery, ready()', 5, ({ firstRequest }) => firstRequest)],
    },
  ]
}

function createPackageTargets(start: Parts['start'] | undefined): Target[] {
  const { packages, bytes } = start?.installed['@bearward/express'] ?? {}
  const target = (description: string, unit: string, limit: number, values: readonly number[]) => {
    const measured = values.length > 0 ? summarize(values) : undefined
    return {
      id: 'P18',
      description,
      bound: 'at most',
      unit,
      goals: [{ label: '', limit, measured }],
    } as const
  }
  return [
    target(
      'installed size of `@bearward/express` and its dependencies',
      'MB',
      1.5,
      bytes === undefined ? [] : [bytes / 1e6],
    ),
    target('number of these packages', '', 5, packages === undefined ? [] : [packages]),
    target(
      'time to import `@bearward/express`',
      'ms',
      60,
      start?.imports['@bearward/express'] ?? [],
    ),
  ]
}

function createMemoryTargets(memory: Parts['memory'] | undefined): Target[] {
  const measured = memory && summarize([memory['bearward']!.heap / 1e6])
  return [
    {
      id: 'P19',
      description: 'heap after a million tokens',
      bound: 'at most',
      unit: 'MB',
      goals: [{ label: '', limit: 20, measured }],
    },
  ]
}
