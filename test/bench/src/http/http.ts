import { AUDIENCE, ISSUER } from '../claims.ts'
import { serveJwks } from '../jwks-server.ts'
import { ensurePool } from '../mint.ts'
import { type RunningProgram, startProgram } from '../processes.ts'
import { inRounds } from '../rounds.ts'
import { type PoolOptions, readPool } from '../token-pool.ts'
import { APIS, BARE, type Framework, FRAMEWORKS } from './contestants.ts'
import type { Ammunition, LoadReport } from './load-generator.ts'
import type { Load } from './load.ts'
import type { Served } from './server.ts'

/** One contestant under one load for one round. */
export interface Bearing extends LoadReport {
  /** Processor time of the server, in microseconds a request. */
  readonly cpu: number
}

/** By load, framework, contestant, and round. */
export type HttpResults = Record<LoadName, Record<Framework, Record<string, Bearing[]>>>

const CONNECTIONS = 64
export const ROUNDS = 5
const SECONDS = 1.25
/** Requests of one load to one server before the first round. */
const WARM_UP = 15_000
const WARM_UP_SECONDS = 60

/** The tokens of one round where every one is sent once. A round in which they run out is shorter. */
const SHARE = 25_000
const POOL: PoolOptions = { algorithm: 'RS256', count: (1 + ROUNDS) * SHARE }
const BAD = 1000

export const LOAD_NAMES = [
  'one token',
  '1,000 tokens',
  'every token once',
  'bad signatures',
] as const
export type LoadName = (typeof LOAD_NAMES)[number]

const SERVER_CORE = 0
const LOAD_CORE = 1

/** What protection costs an API: servers of their own, fetched keys, and real requests. */
export async function http(): Promise<HttpResults> {
  await ensurePool(POOL)
  const { jwk } = await readPool(POOL)
  const authorizationServer = await serveJwks([jwk])
  const generator = await startProgram(
    './http/load-generator.js',
    { pool: POOL, bad: BAD } satisfies Ammunition,
    { core: LOAD_CORE },
  )
  const results = Object.fromEntries(LOAD_NAMES.map((load) => [load, {}])) as HttpResults
  for (const framework of FRAMEWORKS) {
    const servers = new Map<string, RunningProgram<number>>()
    for (const name of contestantsOn(framework)) {
      servers.set(name, await start(framework, name, authorizationServer.jwksUri))
    }
    for (const load of LOAD_NAMES) {
      // The target is about Express.
      const isOfInterest = load !== 'bad signatures' || framework === 'Express'
      const names = isOfInterest ? [...servers.keys()] : []
      const bear = (name: string, round: number) =>
        bearingOf(servers.get(name)!, generator, loadFor(name, load, round))
      for (const name of names) await bear(name, 0)
      results[load][framework] = await inRounds(names, ROUNDS, (name, round) =>
        bear(name, 1 + round),
      )
    }
    for (const server of servers.values()) await server.end()
  }
  await generator.end()
  authorizationServer.close()
  return results
}

export function contestantsOn(framework: Framework): string[] {
  return Object.keys(APIS[framework])
}

function start(
  framework: Framework,
  contestant: string,
  jwksUri: string,
): Promise<RunningProgram<number>> {
  const setup = { issuer: ISSUER, audience: AUDIENCE, jwksUri, prefetch: false }
  const served: Served = { framework, contestant, setup }
  return startProgram<number>('./http/server.js', served, { core: SERVER_CORE })
}

/** What a contestant is sent in a round, of which number 0 warms up. */
export function loadFor(contestant: string, name: LoadName, round: number): Omit<Load, 'port'> {
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
      const share = { ...usual, first: round * SHARE, count: SHARE }
      // Who asks for no token may get one twice.
      if (contestant === BARE) return share
      return { ...share, requests: Math.min(length.requests, SHARE) }
    }
    case 'bad signatures': {
      const status = contestant === BARE ? 200 : 401
      return { ...usual, first: POOL.count, count: BAD, status }
    }
  }
}

async function bearingOf(
  server: RunningProgram<number>,
  generator: RunningProgram<string>,
  load: Omit<Load, 'port'>,
): Promise<Bearing> {
  const before = await server.ask<NodeJS.CpuUsage>('processor time')
  const report = await generator.ask<LoadReport>({ ...load, port: server.ready } satisfies Load)
  const after = await server.ask<NodeJS.CpuUsage>('processor time')
  const used = after.user + after.system - before.user - before.system
  return { ...report, cpu: used / report.requests }
}
