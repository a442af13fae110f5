import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { ServerResponse } from 'node:http'
import { AUDIENCE, createTestIssuer } from '../support/issuer.ts'
import { closing } from '../support/closing.ts'
import { generateKey } from '../support/keys.ts'
import { listen } from '../support/servers.ts'
import { until } from '../support/until.ts'
import { type RunningWorker, startWorker, type WorkerOptions } from '../support/workerd.ts'

/** Configuration that the Worker `api.ts` reads at module scope. */
export interface WorkerSetup {
  /** Options in JSON. */
  readonly options: object
  /** Address at which `resolve` asks for the options of an issuer. */
  readonly resolver?: string
}

/** Seconds for which tokens are valid. Tests move the clock by hours. */
const LIFETIME = 90_000

const ENTRY = fileURLToPath(new URL('api.ts', import.meta.url))

/** The path of a route of the Worker: with the context of the Worker, or without. */
export type Route = '/protected' | '/authorize' | '/verify' | '/without-context'

/** Starts an authorization server and a Worker that protects an API. */
export async function startScene(
  createSetup: (url: string) => WorkerSetup = (url) => ({
    options: { issuer: url, audience: AUDIENCE },
  }),
  options: Partial<WorkerOptions> = {},
) {
  const server = closing(await startAuthorizationServer())
  const issuer = createTestIssuer({ issuer: server.url, lifetime: LIFETIME })
  server.publish(issuer.jwks.keys)
  const bindings = { SETUP: createSetup(server.url) }
  const worker: RunningWorker = closing(await startWorker({ entry: ENTRY, bindings, ...options }))

  const send = (path: string, token?: string) =>
    fetch(
      worker.url + path,
      token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
    )

  return {
    server,
    issuer,
    worker,
    /** Sends a request with a token. Returns `200`, or the status and the error code of the response. */
    async request(token: string = issuer.token(), route: Route = '/protected') {
      const response = await send(route, token)
      const body = (await response.json()) as Record<string, unknown>
      return response.status === 200 ? '200' : `${response.status} ${String(body['error'])}`
    },
    /**
     * Sends a request, and closes the connection when the authorization server has received `count` calls. The calls must be
     * held. Returns when workerd has detected that the connection is closed.
     */
    async requestAndLeave(route: Route, count: number, token: string = issuer.token()) {
      const socket = connect(worker.port, '127.0.0.1')
      socket.on('error', () => {})
      socket.write(`GET ${route} HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer ${token}\r\n\r\n`)
      await until(() => server.calls.length === count)
      socket.resetAndDestroy()
      // If the route has no context, workerd cancels the call. Otherwise, other requests give workerd time to detect the end.
      if (route === '/without-context') await until(() => server.cancelled.length > 0)
      else for (let i = 0; i < 3; i++) await send('/unknown')
    },
    /** Sends requests to the route without the context, where they wait for other requests. Then closes their connections. */
    async waitAndLeave(tokens: readonly string[]) {
      const sockets = tokens.map((token) => {
        const socket = connect(worker.port, '127.0.0.1')
        socket.on('error', () => {})
        const head = [
          'GET /without-context HTTP/1.1',
          'Host: api',
          `Authorization: Bearer ${token}`,
        ]
        socket.write(`${head.join('\r\n')}\r\n\r\n`)
        return socket
      })
      // Other requests give workerd time to read these requests, and then to detect that their connections are closed.
      for (let i = 0; i < 3; i++) await send('/unknown')
      for (const socket of sockets) socket.resetAndDestroy()
      for (let i = 0; i < 3; i++) await send('/unknown')
    },
    /** Publishes another key, and returns a token that it signed. */
    rotate() {
      const key = generateKey('ES256', `key-${Math.random()}`)
      server.publish([key.jwk])
      return issuer.token({ key })
    },
    async advance(seconds: number) {
      await send(`/advance?milliseconds=${seconds * 1000}`)
    },
    async readLog() {
      return (await (await send('/log')).json()) as string[]
    },
    async readStatus() {
      return (await (await send('/status')).json()) as [{ keys: { state: string } }]
    },
  }
}

/** Starts an authorization server that can hold its responses. */
async function startAuthorizationServer() {
  const calls: string[] = []
  const cancelled: string[] = []
  const held: (() => void)[] = []
  const state = { keys: [] as object[], isHolding: false, failure: undefined as number | undefined }
  const server = await listen((request, response) => {
    const path = request.url!.split('?')[0]!
    calls.push(path)
    response.once('close', () => {
      if (!response.writableFinished) cancelled.push(path)
    })
    const answer = () => respond(path, new URL(request.url!, server.url), response)
    if (state.isHolding && path !== '/.well-known/openid-configuration') held.push(answer)
    else answer()
  })

  function respond(path: string, url: URL, response: ServerResponse): void {
    if (response.destroyed) return
    const documents: Record<string, object> = {
      '/.well-known/openid-configuration': {
        issuer: server.url,
        jwks_uri: `${server.url}/jwks`,
        introspection_endpoint: `${server.url}/introspect`,
      },
      '/jwks': { keys: state.keys },
      '/introspect': {
        active: true,
        iss: server.url,
        aud: AUDIENCE,
        sub: 'reports-cron',
        client_id: 'reports-cron',
        exp: Math.floor(Date.now() / 1000) + 300,
      },
      '/resolve': {
        issuer: url.searchParams.get('issuer')!,
        audience: AUDIENCE,
        jwksUri: `${server.url}/jwks`,
      },
    }
    const document = documents[path]
    if (document === undefined) response.writeHead(404).end()
    else if (state.failure !== undefined) response.writeHead(state.failure).end()
    else response.setHeader('Content-Type', 'application/json').end(JSON.stringify(document))
  }

  return {
    ...server,
    /** The paths of the calls. */
    calls,
    /** The paths of the calls that the caller has cancelled. */
    cancelled,
    publish: (keys: readonly object[]) => void (state.keys = [...keys]),
    /** Holds the responses from now on, except responses to discovery. */
    hold: () => void (state.isHolding = true),
    /** Sends the held responses. */
    release() {
      state.isHolding = false
      for (const answer of held.splice(0)) answer()
    },
    /** Responds with this status from now on. `undefined`: responds as usual. */
    fail: (status: number | undefined) => void (state.failure = status),
    count: (path: string) => calls.filter((call) => call === path).length,
  }
}
