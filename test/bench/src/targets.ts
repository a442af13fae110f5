import { cpu, difference, ratio } from './comparisons.ts'
import { getAddedRoundTrips } from './dpop/comparison-of-stores.ts'
import { BAD_SIGNATURE, MEMORY } from './dpop/contestants.ts'
import { BARE, type Framework, FRAMEWORKS } from './http/contestants.ts'
import type { LoadName } from './http/http.ts'
import { getAddedCpu } from './http/comparisons-with-bare.ts'
import { FRESH_STRING, isBearward, SIGNATURE_ALONE, WITH_DPOP } from './micro/contestants.ts'
import type { CaseName } from './mcp/cases.ts'
import { MCP_GUARD, TOKEN_GUARD } from './mcp/contestants.ts'
import type { Parts, VersionResults } from './results.ts'
import type { Start } from './start/start.ts'
import { summarize, type Summary } from './statistics.ts'
import type { Algorithm } from './token-pool.ts'

/** One number that a target requires. */
export interface Goal {
  /** Case to which this goal applies, such as an algorithm. Empty if the target has no cases. */
  readonly label: string
  readonly limit: number
  /** Measured values: the median must not exceed the limit. `undefined` if there are no measured values. */
  readonly measured: Summary | undefined
}

/** Performance target of Bearward. A target may have several goals. */
export interface Target {
  /** Name that the reasons for missed targets refer to. Targets with the same name have the same reasons. */
  readonly name: string
  readonly description: string
  readonly unit: string
  /** Numbers with their limits. */
  readonly goals: readonly Goal[]
}

/** Returns whether a goal is met. `undefined` if there are no measured values. */
export function isMet({ limit, measured }: Goal): boolean | undefined {
  return measured && measured.median <= limit
}

/**
 * Creates the targets for one version of Node. They measure Bearward with its default options. The token cache is therefore
 * enabled, even for loads in which every token is sent once.
 */
export function createTargets({ major, parts }: VersionResults): Target[] {
  return [
    ...createVerificationTargets(parts.micro?.found, major),
    ...createDpopTargets(parts.dpop?.found),
    ...createMcpTargets(parts.mcp?.found),
    ...createHttpTargets(parts.http?.found),
    ...createStartTargets(parts.start?.found),
    ...createSizeTargets(parts.start?.found),
    ...createMemoryTargets(parts.memory?.found),
  ]
}

/** Limits of the processor time of a new token relative to `crypto.verify`, by algorithm. */
const OVER_SIGNATURE: Readonly<Record<Algorithm, number>> = {
  RS256: 1.2,
  PS256: 1.2,
  ES256: 1.1,
  EdDSA: 1.08,
}
/** Limit for RS256 before Node 22. */
const OVER_SIGNATURE_BEFORE_22 = 1.35

function createVerificationTargets(micro: Parts['micro'] | undefined, major: number): Target[] {
  const over = (name: string, algorithm: Algorithm) =>
    micro && ratio(micro.distinct[algorithm].sequential, 'bearward', name, cpu)
  const algorithms = Object.entries(OVER_SIGNATURE) as [Algorithm, number][]
  const ownCost = (costs: Parts['micro']['long'] | undefined, limit: number): Goal[] =>
    Object.entries(costs ?? {}).map(([label, each]) => ({
      label,
      limit,
      measured: summarize(each['bearward']!.map(cpu)),
    }))
  return [
    {
      name: 'new tokens',
      description: 'new token: CPU relative to `crypto.verify`',
      unit: 'x',
      goals: algorithms.map(([label, limit]) => ({
        label,
        limit: label === 'RS256' && major < 22 ? OVER_SIGNATURE_BEFORE_22 : limit,
        measured: over(SIGNATURE_ALONE, label),
      })),
    },
    {
      name: 'new tokens',
      description: 'new token: CPU relative to fast-jwt',
      unit: 'x',
      goals: [{ label: 'RS256', limit: 1.05, measured: over('fast-jwt', 'RS256') }],
    },
    {
      name: 'cached tokens',
      description: 'one of 1,000 cached tokens: CPU, without creating its string',
      unit: 'us',
      goals: [
        {
          label: '',
          limit: 2,
          measured: micro && difference(micro.repeated.thousand, 'bearward', FRESH_STRING, cpu),
        },
      ],
    },
    {
      name: 'refusals',
      description: 'refused token: CPU',
      unit: 'us',
      goals: ownCost(micro?.refused, 60),
    },
    {
      name: 'long tokens',
      description: 'token of 16 kB with a bad signature: CPU',
      unit: 'us',
      goals: ownCost(micro?.long, 150),
    },
  ]
}

function createDpopTargets(dpop: Parts['dpop'] | undefined): Target[] {
  const overSignature = (name: string): Goal[] => [
    {
      label: 'ES256',
      limit: 1.25,
      measured: dpop && ratio(dpop.signatures.ES256, name, SIGNATURE_ALONE, cpu),
    },
  ]
  return [
    {
      name: 'proofs',
      description: 'DPoP proof for a cached token: CPU relative to `crypto.verify`',
      unit: 'x',
      goals: overSignature(MEMORY),
    },
    {
      name: 'unbound tokens',
      description: 'one of 1,000 cached tokens without a proof: CPU added by the option `dpop`',
      unit: 'us',
      goals: [
        {
          label: '',
          limit: 0.3,
          measured: dpop && difference(dpop.unbound, WITH_DPOP, 'bearward', cpu),
        },
      ],
    },
    {
      name: 'refused proofs',
      description: 'refused DPoP proof: CPU',
      unit: 'us',
      goals: Object.entries(dpop?.refused ?? {}).map(([label, costs]) => ({
        label,
        limit: 60,
        measured: summarize(costs.map(cpu)),
      })),
    },
    {
      name: 'refused proofs',
      description: 'DPoP proof with a bad signature: CPU relative to `crypto.verify`',
      unit: 'x',
      goals: overSignature(BAD_SIGNATURE),
    },
    {
      name: 'proofs in Redis',
      description:
        'DPoP proof, replay store in Redis: time added to `memoryReplay`, relative to one round trip',
      unit: 'x',
      goals: [{ label: '', limit: 1, measured: dpop && getAddedRoundTrips(dpop.stores) }],
    },
  ]
}

/** Cases with a limit. The other cases are shown for information. */
const MCP_CASES: readonly CaseName[] = ['one call', '100 calls, 20 scopes']

function createMcpTargets(mcp: Parts['mcp'] | undefined): Target[] {
  return [
    {
      name: 'MCP',
      description:
        'MCP guard with 1,000 tools: CPU in addition to the check of the token and the parse of the body',
      unit: 'us',
      goals: MCP_CASES.map((label) => ({
        label,
        limit: 50,
        measured: mcp && difference(mcp[label], MCP_GUARD, TOKEN_GUARD, cpu),
      })),
    },
  ]
}

/** Library with which the first requests of a process are compared. */
const FIRST_PEER = 'express-oauth2-jwt-bearer'

function createHttpTargets(http: Parts['http'] | undefined): Target[] {
  const added = (load: LoadName, limit: number): Goal[] =>
    (['Express', 'Fastify'] as const).map((framework) => ({
      label: framework,
      limit,
      measured: http && getAddedCpu(http[load][framework], 'bearward'),
    }))
  return [
    {
      name: 'HTTP',
      description: 'HTTP, new tokens: CPU per request added to the bare framework',
      unit: 'us',
      goals: added('every token once', 48),
    },
    {
      name: 'HTTP',
      description: 'HTTP, new tokens: CPU per request relative to the best other library',
      unit: 'x',
      goals: FRAMEWORKS.map((label) => ({
        label,
        limit: 1,
        measured: http && compareWithBestOther(http, label),
      })),
    },
    {
      name: 'HTTP',
      description: 'HTTP, cached tokens: CPU per request added to the bare framework',
      unit: 'us',
      goals: added('1,000 tokens', 6),
    },
    {
      name: 'first requests',
      description: `first 1,000 requests of a process: 99th percentile of their time, relative to ${FIRST_PEER}`,
      unit: 'x',
      goals: [
        {
          label: 'Express',
          limit: 1,
          measured: http && ratio(http.first.Express, 'bearward', FIRST_PEER, ({ p99 }) => p99),
        },
      ],
    },
  ]
}

/** Returns the highest of the ratios to the other libraries. */
function compareWithBestOther(http: Parts['http'], framework: Framework): Summary | undefined {
  const all = http['every token once'][framework]
  const [highest] = Object.keys(all)
    .filter((name) => name !== BARE && !isBearward(name))
    .flatMap((name) => ratio(all, 'bearward', name, cpu) ?? [])
    .sort((a, b) => b.median - a.median)
  return highest
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
      name: 'start',
      description: 'start of the process to the first response: time added to bare Express',
      unit: 'ms',
      goals: [
        added('address of the keys', 'bearward, address of the keys', 45, untilAnswered),
        added('discovery', 'bearward, discovery', 65, untilAnswered),
      ],
    },
    {
      name: 'start',
      description: 'first request after `ready()`: time added to bare Express',
      unit: 'ms',
      goals: [added('', 'bearward, discovery, ready()', 5, ({ firstRequest }) => firstRequest)],
    },
    {
      name: 'import',
      description: 'time to import `@bearward/express`',
      unit: 'ms',
      goals: [
        {
          label: '',
          limit: 25,
          measured:
            start?.imports['@bearward/express'] && summarize(start.imports['@bearward/express']),
        },
      ],
    },
  ]
}

function createSizeTargets(start: Parts['start'] | undefined): Target[] {
  const one = (value: number | undefined, limit: number): Goal[] => [
    { label: '', limit, measured: value === undefined ? undefined : summarize([value]) },
  ]
  const { packages, bytes } = start?.installed['@bearward/express'] ?? {}
  return [
    {
      name: 'size',
      description: 'installed size of `@bearward/express` and its dependencies',
      unit: 'MB',
      goals: one(bytes && bytes / 1e6, 0.85),
    },
    {
      name: 'size',
      description: 'number of packages: `@bearward/express` and its dependencies',
      unit: '',
      goals: one(packages, 5),
    },
    {
      name: 'bundle',
      description: 'bundle of `@bearward/express` for a worker, minified, after gzip',
      unit: 'kB',
      goals: one(start && start.workerBundle / 1000, 60),
    },
  ]
}

function createMemoryTargets(memory: Parts['memory'] | undefined): Target[] {
  return [
    {
      name: 'memory',
      description: 'heap after a million tokens',
      unit: 'MB',
      goals: [
        {
          label: '',
          limit: 20,
          measured: memory && summarize([memory['bearward']!.heap / 1e6]),
        },
      ],
    },
  ]
}
