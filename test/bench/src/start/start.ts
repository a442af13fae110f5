import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { AUDIENCE, createTimes } from '../claims.ts'
import type { ApiSettings } from '../http/contestant.ts'
import { BARE } from '../http/contestants.ts'
import type { ServerSetup } from '../http/server.ts'
import { type JwksServer, serveJwks } from '../jwks-server.ts'
import { mintPool } from '../mint.ts'
import { startProgram } from '../processes.ts'
import { measureInRounds } from '../rounds.ts'
import { type Installed, measureInstalled } from './installed.ts'
import { measureImportTime } from './import-time.ts'
import { measureWorkerBundle } from './worker-bundle.ts'

/** Times of one start of one API, in milliseconds. */
export interface Start {
  /** Time from the start of the process to the end of the first request. */
  readonly untilAnswered: number
  /** Duration of the first request. */
  readonly firstRequest: number
}

export interface StartResults {
  readonly latency: number
  readonly starts: Record<string, Start[]>
  readonly imports: Record<string, number[]>
  readonly installed: Record<string, Installed>
  /** Bytes of a bundle of `@bearward/express` for a worker. */
  readonly workerBundle: number
}

const ROUNDS = 11
/** Delay of every response of the authorization server, in milliseconds. */
const LATENCY = 20

/** Options for one start: the contestant on Express, how it finds its keys, and whether it fetches the keys before it listens. */
interface StartOptions {
  readonly contestant: string
  readonly keys: 'address' | 'discovery'
  readonly prefetch?: boolean
}

const STARTS: Readonly<Record<string, StartOptions>> = {
  [BARE]: { contestant: BARE, keys: 'address' },
  'bearward, address of the keys': { contestant: 'bearward', keys: 'address' },
  'bearward, discovery': { contestant: 'bearward', keys: 'discovery' },
  'bearward, discovery, ready()': { contestant: 'bearward', keys: 'discovery', prefetch: true },
  'jose, address of the keys': { contestant: 'jose', keys: 'address' },
  'aws-jwt-verify, address of the keys': { contestant: 'aws-jwt-verify', keys: 'address' },
  'aws-jwt-verify, hydrate()': { contestant: 'aws-jwt-verify', keys: 'address', prefetch: true },
  'express-oauth2-jwt-bearer, address of the keys': {
    contestant: 'express-oauth2-jwt-bearer',
    keys: 'address',
  },
  'express-oauth2-jwt-bearer, discovery': {
    contestant: 'express-oauth2-jwt-bearer',
    keys: 'discovery',
  },
  'express-jwt + jwks-rsa, address of the keys': {
    contestant: 'express-jwt + jwks-rsa',
    keys: 'address',
  },
}

/** Packages that are imported and installed together, by the name of the row. */
export const PACKAGES: Record<string, readonly string[]> = {
  '@bearward/express': ['@bearward/express'],
  '@bearward/koa': ['@bearward/koa'],
  '@bearward/fastify': ['@bearward/fastify'],
  jose: ['jose'],
  'aws-jwt-verify': ['aws-jwt-verify'],
  'fast-jwt': ['fast-jwt'],
  'express-oauth2-jwt-bearer': ['express-oauth2-jwt-bearer'],
  'express-jwt + jwks-rsa': ['express-jwt', 'jwks-rsa'],
  'koa-jwt + jwks-rsa': ['koa-jwt', 'jwks-rsa'],
  '@fastify/jwt + get-jwks': ['@fastify/jwt', 'get-jwks'],
}

/** Measures the time to the first response, the time to import packages, and the installed size of the packages. */
export async function measureStart(): Promise<StartResults> {
  // With discovery, the issuer of the token has to be the address of the server.
  const keys: object[] = []
  const authorizationServer = await serveJwks(keys, LATENCY)
  const claims = { iss: authorizationServer.issuer }
  const tokens = await mintPool({ algorithm: 'RS256', count: 1, claims }, createTimes(3600))
  keys.push(tokens.jwk)
  const authorization = tokens.header(0)
  const starts = await measureInRounds(Object.keys(STARTS), ROUNDS, (name) =>
    startOnce(STARTS[name]!, authorizationServer, authorization),
  )
  authorizationServer.close()
  return {
    latency: LATENCY,
    starts,
    imports: await measureInRounds(Object.keys(PACKAGES), ROUNDS, (name) =>
      measureImportTime(PACKAGES[name]!),
    ),
    installed: Object.fromEntries(
      Object.entries(PACKAGES).map(([name, packages]) => [name, measureInstalled(packages)]),
    ),
    workerBundle: await measureWorkerBundle(),
  }
}

async function startOnce(
  { contestant, keys, prefetch = false }: StartOptions,
  { issuer, jwksUri }: JwksServer,
  authorization: string,
): Promise<Start> {
  const setup: ApiSettings = {
    issuer,
    audience: AUDIENCE,
    jwksUri: keys === 'address' ? jwksUri : undefined,
    prefetch,
  }
  const serverSetup: ServerSetup = { framework: 'Express', contestant, setup }
  const started = performance.now()
  const server = await startProgram<number>('./http/server.js', serverSetup)
  const sent = performance.now()
  const status = await request(server.ready, authorization)
  const answered = performance.now()
  await server.end()
  if (status !== 200) throw new Error(`${contestant} responded with status ${status}`)
  return { untilAnswered: answered - started, firstRequest: answered - sent }
}

async function request(port: number, authorization: string): Promise<number> {
  const options = { port, host: '127.0.0.1', agent: false, headers: { authorization } }
  const [response] = (await once(get(options), 'response')) as [IncomingMessage]
  response.resume()
  await once(response, 'end')
  return response.statusCode!
}
