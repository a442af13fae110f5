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

/** Rounds by load, framework and contestant. */
export type HttpResults = Record<LoadName, Record<Framework, Record<string, HttpRound[]>>>

const CONNECTIONS = 64
export const ROUNDS = 5
const SECONDS = 1.25
/** Number of requests of each load that a server receives before the first round. */
const WARM_UP = 15_000
const WARM_UP_SECONDS = 60

/** Number of tokens per round if every token is sent once. The round ends early if all of them have been sent. */
const TOKENS_PER_ROUND = 25_000
const POOL: PoolOptions = { algorithm: 'RS256', count: (1 + ROUNDS) * TOKENS_PER_ROUND }
const BAD_TOKENS = 1000

export const LOAD_NAMES = [
  'one token',
  '1,000 tokens',
  'every token once',
  'bad signatures',
] as const
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
  const results = Object.fromEntries(LOAD_NAMES.map((load) => [load, {}])) as HttpResults
  for (const framework of FRAMEWORKS) {
    const servers = new Map<string, RunningProgram<number>>()
    for (const name of getContestants(framework)) {
      servers.set(name, await startServer(framework, name, authorizationServer.jwksUri))
    }
    for (const load of LOAD_NAMES) {
      // The target for bad signatures is about Express only.
      const isMeasured = load !== 'bad signatures' || framework === 'Express'
      const names = isMeasured ? [...servers.keys()] : []
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

/** Creates the load of one round. Round 0 is the warm-up. */
export function createLoad(contestant: string, name: LoadName, round: number): Omit<Load, 'port'> {
  const length =
    round === 0
      ? { requests: WARM_UP, seconds: WARM_UP_SECONDS }
      : { requests: Number.MAX_SAFE_INTEGER, seconds: SECONDS }
  const usual = { ...length, first: 0, connections: CONNECTIONS, status: 200 }
  switch (name) {
    case 'one token':
      return { ...usual, count: 1 }
    case '1,000 tokens':
      return { ...usual, count: 1000 }
    case 'every token once': {
      const distinct = { ...usual, first: round * TOKENS_PER_ROUND, count: TOKENS_PER_ROUND }
      // The bare framework does not read the token, so a repeated token is as good as a new one.
      if (contestant === BARE) return distinct
      return { ...distinct, requests: Math.min(length.requests, TOKENS_PER_ROUND) }
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
