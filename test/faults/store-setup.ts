import { randomBytes } from 'node:crypto'
import type { BearwardEvent, ServerStatus } from '@bearward/core'
import { createBearward } from '@bearward/express'
import { fromIoredis, fromNodeRedis, redisReplay, type SendCommand } from '@bearward/redis'
import express from 'express'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { closing } from '../support/closing.ts'
import { type FakeClock, fakeClock } from '../support/fake-clock.ts'
import { type FaultyProxy, startFaultyProxy } from '../support/faulty-proxy.ts'
import { AUDIENCE, createTestIssuer, type TestIssuer } from '../support/issuer.ts'
import { boundTo, createProof, generateProofKey, hashText } from '../support/proofs.ts'
import { type RedisServer, type ServerName, startRedisServer } from '../support/redis-server.ts'
import { listen } from '../support/servers.ts'
import { until } from '../support/until.ts'

/** Milliseconds that one use may take: the default of `redisReplay`. */
export const TIMEOUT = 50
export const PUBLIC_URL = 'https://api.example.com'
export const PATH = '/reports'

/** The values of `dpop.whenReplayUnknown`. */
export const POLICIES = ['refuse', 'nonce', 'allow'] as const
export type Policy = (typeof POLICIES)[number]

/** A client and a server. */
export interface Stack {
  readonly client: 'node-redis' | 'ioredis'
  readonly server: ServerName
}

export const STACKS: readonly Stack[] = [
  { client: 'node-redis', server: 'redis-server' },
  { client: 'ioredis', server: 'valkey-server' },
]

/** The response to a request, and the events about the request. */
export interface Answer {
  readonly status: number
  /** Reason of the refusal. */
  readonly reason: string | undefined
  readonly retryAfter: string | null
  /** The nonce that the client gets. */
  readonly nonce: string | null
  /** Milliseconds between the request and the response, on the clock of the test. */
  readonly waited: number
  readonly degraded: readonly { readonly decision: string; readonly problem: string }[]
}

/** A connection to the server. */
export interface Connection {
  readonly send: SendCommand
  isReady(): boolean
  /** Runs an action that ends the connection. Resolves when the client is connected again. */
  reconnected(action: () => unknown): Promise<void>
  /** Number of times that the client has connected. */
  count(): number
}

/** Counts the times that a client is ready. */
function countReady() {
  let count = 0
  return {
    onReady: () => void count++,
    count: () => count,
    async reconnected(action: () => unknown) {
      const before = count
      await action()
      await until(() => count > before)
    },
  }
}

/** Creates a client that connects when its server is reachable. It is closed at the end of the test. */
export function openClient(port: number): Connection {
  const { onReady, ...counting } = countReady()
  const redis = new Redis({
    host: '127.0.0.1',
    port,
    maxRetriesPerRequest: 1,
    retryStrategy: () => 10,
  })
  redis.on('error', () => {}).on('ready', onReady)
  closing({ close: () => redis.disconnect() })
  return { send: fromIoredis(redis), isReady: () => redis.status === 'ready', ...counting }
}

/** Connects a client that is configured as in docs/redis.md. It is closed at the end of the test. */
export async function connectClient(client: Stack['client'], port: number): Promise<Connection> {
  if (client === 'ioredis') {
    const connection = openClient(port)
    await until(connection.isReady)
    return connection
  }
  const { onReady, ...counting } = countReady()
  const redis = createClient({
    url: `redis://127.0.0.1:${port}`,
    disableOfflineQueue: true,
    maintNotifications: 'disabled',
    socket: { reconnectStrategy: () => 10 },
  })
  redis.on('error', () => {}).on('ready', onReady)
  closing({ close: () => redis.destroy() })
  await redis.connect()
  return { send: fromNodeRedis(redis), isReady: () => redis.isReady, ...counting }
}

/** A client with a bound token. */
export interface ApiClient {
  readonly issuer: TestIssuer
  readonly token: string
  /** Creates a proof for the route of the API. */
  prove(jti: string, nonce?: string | null): string
  /** Returns the key of the entry of a proof. */
  getKey(jti: string): string
}

/** Creates a client, and the issuer of its token. `now` returns the time in seconds since the epoch. */
export function createApiClient(now: () => number): ApiClient {
  const issuer = createTestIssuer({ now, lifetime: 3600 })
  const key = generateProofKey()
  const token = issuer.token({ claims: boundTo(key) })
  const url = PUBLIC_URL + PATH
  return {
    issuer,
    token,
    prove: (jti, nonce) =>
      createProof({ key, token, url, now: now(), nonce: nonce ?? undefined }, { claims: { jti } }),
    getKey: (jti) =>
      `bearward:dpop:${hashText(`${key.thumbprint}\n${url}\n${JSON.stringify(jti)}`)}`,
  }
}

/** Options of `startApi`. */
export interface ApiOptions {
  readonly clock: FakeClock
  readonly connection: Connection
  readonly policy: Policy
  readonly client: ApiClient
  /** The option `replicas` of the store. */
  readonly replicas?: number
}

/** An API with one route, which requires a bound token. */
export interface Api {
  readonly events: BearwardEvent[]
  /** Sends a request of the client with a proof. */
  request(proof: string): Promise<Response>
  status(): ServerStatus
  ready(): Promise<void>
}

/** Starts an API with Express. It is closed at the end of the test. */
export async function startApi({
  clock,
  connection,
  policy,
  client,
  replicas = 0,
}: ApiOptions): Promise<Api> {
  const { issuer, token } = client
  const events: BearwardEvent[] = []
  const { requireToken, ready, status, close } = createBearward({
    issuer: issuer.issuer,
    audience: AUDIENCE,
    jwks: issuer.jwks,
    publicUrl: PUBLIC_URL,
    clock,
    logger: false,
    onEvent: (event) => void events.push(event),
    errorBody: ({ reason }) => ({ body: { reason } }),
    dpop: {
      maxAge: 300,
      replay: redisReplay({ send: connection.send, timeout: TIMEOUT, replicas, clock }),
      whenReplayUnknown: policy,
      ...(policy === 'nonce' && { nonce: { secrets: [randomBytes(32)] } }),
    },
  })
  const app = express()
  app.get(PATH, requireToken({ bound: 'dpop' }), (_request, response) => void response.send('in'))
  const { url } = closing(await listen(app))
  closing({ close })
  const request = (proof: string) =>
    fetch(url + PATH, { headers: { authorization: `DPoP ${token}`, dpop: proof } })
  return { events, status, ready, request }
}

/** An API whose store has a fault. */
export interface StoreSetup extends Api, Pick<ApiClient, 'prove' | 'getKey'> {
  readonly clock: FakeClock
  readonly server: RedisServer
  readonly proxy: FaultyProxy
  readonly connection: Connection
  /** Starts another server of the same kind. */
  startServer(...args: readonly string[]): Promise<RedisServer>
  /**
   * Sends a request and waits for the response. The clock moves only if the store waits for a reply and `isWaiting` returns
   * `true`: then it moves by the timeout of the store.
   */
  send(proof: string, isWaiting?: () => boolean): Promise<Answer>
}

/**
 * Starts a server, and an API that uses it with a client. If `isProxied` is set, a proxy is between the client and the server.
 */
export async function createStoreSetup(
  { client: clientName, server: name }: Stack,
  policy: Policy,
  {
    isProxied = false,
    replicas = 0,
  }: { readonly isProxied?: boolean; readonly replicas?: number } = {},
): Promise<StoreSetup> {
  const clock = fakeClock()
  const startServer = async (...args: readonly string[]) =>
    closing(await startRedisServer({ name, args }))
  const server = await startServer()
  const proxy = closing(await startFaultyProxy(server.port))
  const connection = await connectClient(clientName, isProxied ? proxy.port : server.port)
  const client = createApiClient(clock.seconds)
  const api = await startApi({ clock, connection, policy, client, replicas })
  const { events, request } = api
  return {
    ...api,
    prove: client.prove,
    getKey: client.getKey,
    clock,
    server,
    proxy,
    connection,
    startServer,
    async send(proof, isWaiting = () => false) {
      const begun = clock.monotonic()
      const before = events.length
      let isAnswered = false
      const answer = request(proof).finally(() => (isAnswered = true))
      await until(() => isAnswered || isWaiting())
      if (!isAnswered) await clock.pass(TIMEOUT / 1000)
      const { status, headers } = await answer
      const published = events.slice(before)
      return {
        status,
        reason: published.flatMap((event) => (event.type === 'refused' ? [event.reason] : []))[0],
        retryAfter: headers.get('retry-after'),
        nonce: headers.get('dpop-nonce'),
        waited: clock.monotonic() - begun,
        degraded: published.flatMap((event) =>
          event.type === 'degraded' ? [{ decision: event.decision, problem: event.problem }] : [],
        ),
      }
    },
  }
}
