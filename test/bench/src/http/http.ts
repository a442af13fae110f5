import { AUDIENCE, ISSUER } from '../claims.ts'
import { serveJwks } from '../jwks-server.ts'
import { ensurePool } from '../mint.ts'
import { type RunningProgram, startProgram } from '../processes.ts'
import { measureInRounds } from '../rounds.ts'
import { type PoolOptions, readPool } from '../token-pool.ts'
import { APIS, BARE, type Framework, FRAMEWORKS } from './contestants.ts'
import type { GeneratorSetup, LoadReport } from './load-generator.ts'
import type { Load } from './load.ts'
import type { ServerSetup } from './server.ts'

/** Result of one contestant under one load in one round. */
export interface HttpRound extends LoadReport {
  /** Processor time of the server per request, in microseconds. */
  readonly cpu: number
}

/** Rounds by framework and contestant. */
export type RoundsByFramework = Record<Framework, Record<string, HttpRound[]>>

export interface HttpResults extends Record<LoadName, RoundsByFramework> {
  /** The first 1,000 requests of a new process. Every token is sent once. */
  readonly first: RoundsByFramework
}

const CONNECTIONS = 64
export const ROUNDS = 7
const SECONDS = 0.8
/**
 * Seconds for which a server receives a load before the first round of the load. In a new process, V8 needs some seconds to
 * optimize the code. Later loads mostly run code that is already optimized.
 */
const WARM_UP_SECONDS = { first: 6, later: 2 }

/**
 * Numbers of tokens in a round and in the warm-up, if every token is sent once. A round ends early if all its tokens have been
 * sent.
 */
const TOKENS_PER_ROUND = 12_000
const WARM_UP_TOKENS = 40_000
const POOL: PoolOptions = { algorithm: 'RS256', count: WARM_UP_TOKENS + ROUNDS * TOKENS_PER_ROUND }
const BAD_TOKENS = 1000
const FIRST_ROUNDS = 5
const FIRST_REQUESTS = 1000

export const LOAD_NAMES = ['1,000 tokens', 'every token once', 'bad signatures'] as const
export type LoadName = (typeof LOAD_NAMES)[number]

const SERVER_CORE = 0
const LOAD_CORE = 1

/** Measures the cost of a guard over HTTP: separate server processes, fetched keys and real requests. */
export async function measureHttp(): Promise<HttpResults> {
  await ensurePool(POOL)
  const { jwk } = await readPool(POOL)
  const authorizationServer = await serveJwks([jwk])
  const generator = await startProgram(
    './http/load-generator.js',
    { pool: POOL, bad: BAD_TOKENS } satisfies GeneratorSetup,
    { core: LOAD_CORE },
  )
  const results = Object.fromEntries(
    [...LOAD_NAMES, 'first'].map((load) => [load, {}]),
  ) as unknown as HttpResults
  for (const framework of FRAMEWORKS) {
    const start = (name: string) => startServer(framework, name, authorizationServer.jwksUri)
    const names = getContestants(framework)
    results.first[framework] = await measureInRounds(names, FIRST_ROUNDS, async (name, round) => {
      const server = await start(name)
      const measured = await measureRound(server, generator, createFirstLoad(round))
      await server.end()
      return measured
    })
    const servers = new Map<string, RunningProgram<number>>()
    for (const name of names) servers.set(name, await start(name))
    for (const load of LOAD_NAMES) {
      const runLoad = (name: string, round: number) =>
        measureRound(servers.get(name)!, generator, createLoad(name, load, round))
      for (const name of names) await runLoad(name, 0)
      results[load][framework] = await measureInRounds(names, ROUNDS, (name, round) =>
        runLoad(name, 1 + round),
      )
    }
    for (const server of servers.values()) await server.end()
  }
  await generator.end()
  authorizationServer.close()
  return results
}

export function getContestants(framework: Framework): string[] {
  return Object.keys(APIS[framework])
}

function startServer(
  framework: Framework,
  contestant: string,
  jwksUri: string,
): Promise<RunningProgram<number>> {
  const setup = { issuer: ISSUER, audience: AUDIENCE, jwksUri, prefetch: false }
  const serverSetup: ServerSetup = { framework, contestant, setup }
  return startProgram<number>('./http/server.js', serverSetup, { core: SERVER_CORE })
}

const USUAL = {
  first: 0,
  requests: Number.MAX_SAFE_INTEGER,
  connections: CONNECTIONS,
  status: 200,
} as const

/** Creates the load for a new process. */
function createFirstLoad(round: number): Omit<Load, 'port'> {
  const tokens = { first: round * FIRST_REQUESTS, count: FIRST_REQUESTS }
  return { ...USUAL, ...tokens, requests: FIRST_REQUESTS, seconds: 60 }
}

/** Creates the load of one round. Round 0 is the warm-up. */
export function createLoad(contestant: string, name: LoadName, round: number): Omit<Load, 'port'> {
  const isWarmUp = round === 0
  const warmUp = name === LOAD_NAMES[0] ? WARM_UP_SECONDS.first : WARM_UP_SECONDS.later
  const usual = { ...USUAL, seconds: isWarmUp ? warmUp : SECONDS }
  switch (name) {
    case '1,000 tokens':
      return { ...usual, count: 1000 }
    case 'every token once': {
      const first = isWarmUp ? 0 : WARM_UP_TOKENS + (round - 1) * TOKENS_PER_ROUND
      const count = isWarmUp ? WARM_UP_TOKENS : TOKENS_PER_ROUND
      // The bare framework does not read the token, so it can receive the same tokens again.
      const requests = contestant === BARE ? USUAL.requests : count
      return { ...usual, first, count, requests }
    }
    case 'bad signatures': {
      const status = contestant === BARE ? 200 : 401
      return { ...usual, first: POOL.count, count: BAD_TOKENS, status }
    }
  }
}

async function measureRound(
  server: RunningProgram<number>,
  generator: RunningProgram<string>,
  load: Omit<Load, 'port'>,
): Promise<HttpRound> {
  const before = await server.request<NodeJS.CpuUsage>('processor time')
  const report = await generator.request<LoadReport>({ ...load, port: server.ready } satisfies Load)
  const after = await server.request<NodeJS.CpuUsage>('processor time')
  const used = after.user + after.system - before.user - before.system
  return { ...report, cpu: used / report.requests }
}
