import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { AUDIENCE, timesFor } from '../claims.ts'
import type { Setup } from '../http/contestant.ts'
import { BARE } from '../http/contestants.ts'
import type { Served } from '../http/server.ts'
import { type JwksServer, serveJwks } from '../jwks-server.ts'
import { mint } from '../mint.ts'
import { startProgram } from '../processes.ts'
import { inRounds } from '../rounds.ts'
import { type Installed, installed } from './installed.ts'
import { importTime } from './import-time.ts'

/** One start of one API. All times are in milliseconds. */
export interface Start {
  /** From the start of the process to the end of the first request. */
  readonly untilAnswered: number
  /** What the first request takes. */
  readonly firstRequest: number
}

export interface StartResults {
  readonly latency: number
  readonly starts: Record<string, Start[]>
  readonly imports: Record<string, number[]>
  readonly installed: Record<string, Installed>
}

const ROUNDS = 11
/** What every answer of the authorization server takes, in milliseconds. */
const LATENCY = 20

/** What starts: a contestant on Express, how it finds its keys, and whether it fetches them before it listens. */
interface Starting {
  readonly contestant: string
  readonly keys: 'address' | 'discovery'
  readonly prefetch?: boolean
}

const STARTS: Readonly<Record<string, Starting>> = {
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

/** What is imported and installed together. */
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

/** What it costs to be there: until the first request is answered, to be imported, and to be installed. */
export async function start(): Promise<StartResults> {
  // Discovery needs a token of the very address where the keys are found.
  const keys: object[] = []
  const authorizationServer = await serveJwks(keys, LATENCY)
  const claims = { iss: authorizationServer.issuer }
  const tokens = await mint({ algorithm: 'RS256', count: 1, claims }, timesFor(3600))
  keys.push(tokens.jwk)
  const authorization = tokens.header(0)
  const starts = await inRounds(Object.keys(STARTS), ROUNDS, (name) =>
    startOnce(STARTS[name]!, authorizationServer, authorization),
  )
  authorizationServer.close()
  return {
    latency: LATENCY,
    starts,
    imports: await inRounds(Object.keys(PACKAGES), ROUNDS, (name) => importTime(PACKAGES[name]!)),
    installed: Object.fromEntries(
      Object.entries(PACKAGES).map(([name, packages]) => [name, installed(packages)]),
    ),
  }
}

async function startOnce(
  { contestant, keys, prefetch = false }: Starting,
  { issuer, jwksUri }: JwksServer,
  authorization: string,
): Promise<Start> {
  const setup: Setup = {
    issuer,
    audience: AUDIENCE,
    jwksUri: keys === 'address' ? jwksUri : undefined,
    prefetch,
  }
  const served: Served = { framework: 'Express', contestant, setup }
  const started = performance.now()
  const server = await startProgram<number>('./http/server.js', served)
  const sent = performance.now()
  const status = await request(server.ready, authorization)
  const answered = performance.now()
  await server.end()
  if (status !== 200) throw new Error(`${contestant} has answered with ${status}`)
  return { untilAnswered: answered - started, firstRequest: answered - sent }
}

async function request(port: number, authorization: string): Promise<number> {
  const options = { port, host: '127.0.0.1', agent: false, headers: { authorization } }
  const [response] = (await once(get(options), 'response')) as [IncomingMessage]
  response.resume()
  await once(response, 'end')
  return response.statusCode!
}
