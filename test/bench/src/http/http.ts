import { AUDIENCE, ISSUER } from '../claims.ts'
import { serveJwks } from '../jwks-server.ts'
import { ensurePool } from '../mint.ts'
import { type RunningProgram, startProgram } from '../processes.ts'
import { shuffled } from '../rounds.ts'
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
/** Requests of one load to one server before it counts. */
const WARM_UP = 6000
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
  const results = Object.fromEntries(
    LOAD_NAMES.map((load) => [load, Object.fromEntries(FRAMEWORKS.map((name) => [name, {}]))]),
  ) as HttpResults
  for (const framework of FRAMEWORKS) {
    for (let round = 1; round <= ROUNDS; round++) {
      const servers = await startAll(framework, authorizationServer.jwksUri)
      for (const load of LOAD_NAMES) {
        // The target is about Express.
        if (load === 'bad signatures' && framework !== 'Express') continue
        const bear = (name: string, number: number) =>
          bearingOf(servers.get(name)!, generator, loadFor(name, load, number))
        for (const name of servers.keys()) await bear(name, 0)
        for (const name of shuffled([...servers.keys()])) {
          ;(results[load][framework][name] ??= []).push(await bear(name, round))
        }
      }
      for (const server of servers.values()) await server.end()
    }
  }
  await generator.end()
  authorizationServer.close()
  return results
}

export function contestantsOn(framework: Framework): string[] {
  return Object.keys(APIS[framework])
}

/**
 * New servers for each round. What V8 makes of a process is partly luck, and lasts: after full garbage collections at
 * one moment or another `process.nextTick`, which Node calls seven times a request, is slower by several microseconds
 * in all, for a bare server as for any other. One process a contestant would show that luck, and not what a guard
 * costs.
 */
async function startAll(
  framework: Framework,
  jwksUri: string,
): Promise<Map<string, RunningProgram<number>>> {
  const setup = { issuer: ISSUER, audience: AUDIENCE, jwksUri, prefetch: false }
  const servers = new Map<string, RunningProgram<number>>()
  for (const contestant of contestantsOn(framework)) {
    const served: Served = { framework, contestant, setup }
    const server = await startProgram<number>('./http/server.js', served, { core: SERVER_CORE })
    servers.set(contestant, server)
  }
  return servers
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
