import type { ChildProcess } from 'node:child_process'
import { AUDIENCE, ISSUER } from '../claims.ts'
import { serveJwks } from '../jwks-server.ts'
import { ask, messageFrom, startProgram } from '../processes.ts'
import { inRounds } from '../rounds.ts'
import { type PoolOptions, tokenPool } from '../token-pool.ts'
import { APIS, type Framework, FRAMEWORKS, NO_CACHE } from './contestants.ts'
import type { LoadReport } from './load-generator.ts'
import type { Load } from './load.ts'

/** One contestant under one load for one round. */
export interface Bearing extends LoadReport {
  /** Processor time of the server, in microseconds a request. */
  readonly cpu: number
}

export type LoadName = keyof typeof LOADS

/** By load, framework, contestant, and round. */
export type HttpResults = Record<LoadName, Record<Framework, Record<string, Bearing[]>>>

export const BARE = 'bare'
const CONNECTIONS = 64

const POOL: PoolOptions = { name: 'http', algorithm: 'RS256', count: 100_000 }
const BAD = 1000
const ROUNDS = 4
const SECONDS = 2

/** Which tokens a load sends. Where every one is sent once, the next round goes on where the last one ended. */
export const LOADS = {
  'one token': { first: 0, count: 1, status: 200 },
  '1,000 tokens': { first: 0, count: 1000, status: 200 },
  'every token once': { first: 0, count: POOL.count, status: 200 },
  'bad signatures': { first: POOL.count, count: BAD, status: 401 },
} as const

const SERVER_CORE = 0
const LOAD_CORE = 1

/** What protection costs an API: servers of their own, fetched keys, and real requests. */
export async function http(): Promise<HttpResults> {
  const { jwk } = await tokenPool(POOL)
  const authorizationServer = await serveJwks([jwk])
  const generator = startProgram(
    './http/load-generator.js',
    { pool: POOL, bad: BAD },
    { core: LOAD_CORE },
  )
  await messageFrom(generator)
  const results = Object.fromEntries(
    Object.keys(LOADS).map((load) => [load, {}]),
  ) as unknown as HttpResults
  for (const framework of FRAMEWORKS) {
    const servers = new Map<string, Server>()
    for (const contestant of contestantsOn(framework)) {
      servers.set(contestant, await start(framework, contestant, authorizationServer.jwksUri))
    }
    for (const server of servers.values()) await warmUp(server, generator)
    for (const load of Object.keys(LOADS) as LoadName[]) {
      const names = [...servers.keys()].filter((name) => takesPart(framework, name, load))
      results[load][framework] = await inRounds(names, ROUNDS, (name) =>
        bear(servers.get(name)!, generator, load, SECONDS),
      )
    }
    for (const { process } of servers.values()) process.kill()
  }
  generator.kill()
  authorizationServer.close()
  return results
}

export function contestantsOn(framework: Framework): string[] {
  return Object.keys(APIS[framework])
}

interface Server {
  readonly contestant: string
  readonly process: ChildProcess
  readonly port: number
  /** How many tokens it has seen of those that every one is sent once. */
  seen: number
}

async function start(framework: Framework, contestant: string, jwksUri: string): Promise<Server> {
  const setup = { issuer: ISSUER, audience: AUDIENCE, jwksUri, prefetch: false }
  const process = startProgram(
    './http/server.js',
    { framework, contestant, setup },
    { core: SERVER_CORE },
  )
  return { contestant, process, port: await messageFrom<number>(process), seen: 0 }
}

async function warmUp(server: Server, generator: ChildProcess): Promise<void> {
  await bear(server, generator, 'every token once', 1)
  await bear(server, generator, '1,000 tokens', 1)
}

/** To do without a cache is of interest where it could not have helped, and one framework refuses like another. */
function takesPart(framework: Framework, contestant: string, load: LoadName): boolean {
  if (load === 'bad signatures') return framework === 'Express'
  return contestant !== NO_CACHE || load === 'every token once'
}

async function bear(
  server: Server,
  generator: ChildProcess,
  name: LoadName,
  seconds: number,
): Promise<Bearing> {
  const { first, count, status } = LOADS[name]
  const { contestant, port, seen } = server
  const once = name === 'every token once'
  const load: Load = {
    port,
    first,
    count,
    skip: once ? seen : 0,
    seconds,
    connections: CONNECTIONS,
    status: contestant === BARE ? 200 : status,
  }
  const before = await ask<NodeJS.CpuUsage>(server.process, 'cpu')
  const report = await ask<LoadReport>(generator, load)
  const after = await ask<NodeJS.CpuUsage>(server.process, 'cpu')
  if (once) server.seen += report.requests
  const used = after.user + after.system - before.user - before.system
  return { ...report, cpu: used / report.requests }
}
