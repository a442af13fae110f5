import '@bearward/express/req-auth'
import { createServer, type Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { createResourceServer, type Fetch } from '@bearward/core'
import { type Bearward, createBearward } from '@bearward/express'
import express, { type RequestHandler } from 'express'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { closing } from '../support/closing.ts'
import { FETCHES } from '../support/fetches.ts'
import { fakeClock, settled } from '../support/fake-clock.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../support/issuer.ts'
import { bearerLine, requestWith } from '../support/requests.ts'
import { listen, parseResponse, type RawResponse, type RunningServer } from '../support/servers.ts'
import { watchProcess } from '../support/watch-process.ts'

/** Tokens of this issuer are older than the fetched keys. So a forged token gets 401, even if a refresh is not possible. */
const issuer = createTestIssuer({ now: () => Math.floor(Date.now() / 1000) - 600, lifetime: 3600 })
const outsider = createTestIssuer()

const faults = watchProcess()
let keyServer: DelayedServer

beforeEach(async () => {
  keyServer = closing(await serveDelayedKeys())
})
afterEach(() => keyServer.release())

interface DelayedServer extends RunningServer {
  /** Returns the number of requests. */
  requests(): number
  /** Resolves when the first request arrives. */
  readonly arrived: Promise<void>
  /** Sends all pending responses, and later responses immediately. */
  release(): void
}

/** Starts a server that sends the JWKS only after `release`. */
async function serveDelayedKeys(): Promise<DelayedServer> {
  let requests = 0
  let arrive = () => {}
  let release = () => {}
  const arrived = new Promise<void>((resolve) => (arrive = resolve))
  const released = new Promise<void>((resolve) => (release = resolve))
  const server = await listen((_, response) => {
    requests++
    arrive()
    void released.then(() => {
      response.setHeader('Content-Type', 'application/json')
      response.end(JSON.stringify(issuer.jwks))
    })
  })
  return { ...server, requests: () => requests, arrived, release }
}

interface Api extends RunningServer {
  readonly bearward: Bearward
  /** Sockets of the server. */
  readonly connections: readonly Socket[]
  /** Resolves when `count` requests have arrived. */
  received(count: number): Promise<void>
}

/** Starts an API that responds with the subject of the token. */
async function serveApi(fetch: Fetch, ...before: RequestHandler[]): Promise<Api> {
  const options = { issuer: ISSUER, audience: AUDIENCE, jwksUri: `${keyServer.url}/jwks`, fetch }
  const bearward = closing(createBearward(options))
  const app = express()
  app.use(...before, bearward.requireToken(), (request, response) => {
    if (!response.headersSent) response.send(request.auth!.subject.id)
  })
  const connections: Socket[] = []
  let received = 0
  const http: Server = createServer((incoming, response) => {
    app(incoming, response)
    received++
    http.emit('received')
  })
  http.on('connection', (socket: Socket) => connections.push(socket))
  const server = closing(await listen(http))
  return {
    ...server,
    bearward,
    connections,
    received: (count) =>
      new Promise((resolve) => {
        const check = () => void (received >= count && resolve())
        http.on('received', check)
        check()
      }),
  }
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()))
}

/** Header lines of a request, and the expected response. */
type Case = readonly [lines: string, status: number, body: RegExp]

/**
 * Creates a request with a valid token, a forged token, no token, an expired token, or two tokens, depending on `i`. Valid tokens
 * have different users.
 */
function createCase(i: number): Case {
  const sub = `user-${i}`
  const cases: readonly Case[] = [
    [bearerLine(issuer.token({ claims: { sub } })), 200, new RegExp(`^${sub}$`)],
    [
      bearerLine(issuer.token({ claims: { sub }, key: outsider.keys[0]! })),
      401,
      /invalid signature/,
    ],
    ['X-No: credentials', 401, /is required/],
    [bearerLine(issuer.token({ claims: { sub, exp: 1 } })), 401, /has expired/],
    [`${bearerLine('a')}\r\n${bearerLine('b')}`, 400, /more than one/],
  ]
  return cases[i % cases.length]!
}

const request = (line: string) => `GET / HTTP/1.1\r\nHost: x\r\n${line}\r\n\r\n`
const numbered = (count: number) => Array.from({ length: count }, (_, i) => createCase(i))

/** Yields the responses on one connection in order. */
async function* readResponses(socket: Socket): AsyncGenerator<RawResponse> {
  let text = ''
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    text += chunk.toString('latin1')
    for (let end = findResponseEnd(text); end !== undefined; end = findResponseEnd(text)) {
      yield parseResponse(text.slice(0, end))
      text = text.slice(end)
    }
  }
}

async function readSomeResponses(socket: Socket, count: number): Promise<RawResponse[]> {
  const responses: RawResponse[] = []
  for await (const response of readResponses(socket)) {
    responses.push(response)
    if (responses.length === count) break
  }
  return responses
}

function findResponseEnd(text: string): number | undefined {
  const body = text.indexOf('\r\n\r\n') + 4
  if (body < 4) return undefined
  const end = body + Number(parseResponse(text).header('Content-Length') ?? 0)
  return end <= text.length ? end : undefined
}

function expectResponses(responses: readonly RawResponse[], cases: readonly Case[]): void {
  expect(responses.map(({ status }) => status)).toEqual(cases.map(([, status]) => status))
  for (const [i, [, , body]] of cases.entries()) expect(responses[i]!.body).toMatch(body)
}

describe.each(FETCHES)('requests on one connection, with %s', (_name, fetch) => {
  it('a guard responds to pipelined requests in order, and decides about each one by its own credentials', async () => {
    keyServer.release()
    const { port } = await serveApi(fetch)
    const cases = numbered(60)
    const socket = connect(port, '127.0.0.1')
    socket.write(cases.map(([line]) => request(line)).join(''))
    expectResponses(await readSomeResponses(socket, cases.length), cases)
    expect(await faults.faults()).toEqual([])
  })

  it('a guard checks the credentials of every request of a connection, even after granted requests', async () => {
    keyServer.release()
    const api = await serveApi(fetch)
    const socket = connect(api.port, '127.0.0.1')
    const responses = readResponses(socket)
    for (const [line, status, body] of numbered(20)) {
      socket.write(request(line))
      const response = (await responses.next()).value as RawResponse
      expect(response.status).toBe(status)
      expect(response.body).toMatch(body)
    }
    socket.destroy()
    expect(await faults.faults()).toEqual([])
  })

  it('a guard decides about each waiting request by its own credentials, on one or several connections, with one key fetch and one refresh', async () => {
    const api = await serveApi(fetch)
    const cases = numbered(30)
    const one = connect(api.port, '127.0.0.1')
    one.write(cases.map(([line]) => request(line)).join(''))
    const many = cases.map(([line]) => {
      const socket = connect(api.port, '127.0.0.1')
      socket.write(request(line))
      return socket
    })
    await Promise.all([keyServer.arrived, api.received(2 * cases.length)])
    keyServer.release()

    expectResponses(await readSomeResponses(one, cases.length), cases)
    const single = await Promise.all(many.map((socket) => readSomeResponses(socket, 1)))
    expectResponses(single.flat(), cases)
    // One request for the keys, and one refresh for an invalid signature.
    expect(keyServer.requests()).toBe(2)
    expect(await faults.faults()).toEqual([])
  })
})

describe.each(FETCHES)('connections while keys are fetched with %s', (_name, fetch) => {
  it('a guard decides about later requests by their own credentials if many clients have disconnected during a key fetch', async () => {
    const api = await serveApi(fetch)
    const cases = numbered(20)
    const sockets = cases.map(([line]) => {
      const socket = connect(api.port, '127.0.0.1')
      // The second request is pipelined, so it waits for the response to the first one.
      socket.write(request(line) + request(line))
      return socket
    })
    await Promise.all([keyServer.arrived, api.received(2 * cases.length)])
    const gone = api.connections.map(closed)
    for (const socket of sockets) socket.destroy()
    await Promise.all(gone)
    keyServer.release()
    await api.bearward.ready()

    const socket = connect(api.port, '127.0.0.1')
    socket.write(cases.map(([line]) => request(line)).join(''))
    expectResponses(await readSomeResponses(socket, cases.length), cases)
    // One request for the keys, and one refresh for an invalid signature.
    expect(keyServer.requests()).toBe(2)
    expect(await faults.faults()).toEqual([])
  })

  it('a guard sends no response if other middleware has responded during a key fetch', async () => {
    const api = await serveApi(fetch, (_, response, next) => {
      next()
      response.status(504).send('too slow')
    })
    const lines = [issuer.token(), issuer.token({ claims: { exp: 1 } })].map(bearerLine)
    const socket = connect(api.port, '127.0.0.1')
    socket.write(lines.map(request).join(''))
    await Promise.all([keyServer.arrived, api.received(2)])
    const responses = readResponses(socket)
    for (const _ of lines)
      expect((await responses.next()).value).toMatchObject({ status: 504, body: 'too slow' })
    keyServer.release()
    await api.bearward.ready()
    await settled()
    socket.end()
    expect(await responses.next()).toEqual({ done: true, value: undefined })
    expect(await faults.faults()).toEqual([])
  })

  it('a guard responds with 503 to waiting requests when the resource server is closed', async () => {
    const api = await serveApi(fetch)
    const socket = connect(api.port, '127.0.0.1')
    socket.write(
      [issuer.token(), issuer.token()].map((token) => request(bearerLine(token))).join(''),
    )
    await Promise.all([keyServer.arrived, api.received(2)])
    api.bearward.close()
    const responses = await readSomeResponses(socket, 2)
    expect(responses.map(({ status }) => status)).toEqual([503, 503])
    expect(await faults.faults()).toEqual([])
  })
})

describe('outgoing requests', () => {
  const clock = fakeClock()
  const minting = createTestIssuer({ now: () => clock.seconds() })
  const requests: string[] = []

  async function startGuard() {
    const server: RunningServer = closing(
      await listen((incoming, response) => {
        requests.push(incoming.url!)
        const url = `http://${incoming.headers.host}`
        const isKeys = incoming.url === '/keys'
        response.setHeader('Content-Type', 'application/json')
        response.end(
          JSON.stringify(isKeys ? minting.jwks : { issuer: url, jwks_uri: `${url}/keys` }),
        )
      }),
    )
    const resources = closing(
      createResourceServer({ issuer: server.url, audience: AUDIENCE, clock }),
    )
    requests.length = 0
    const guard = resources.guard()
    return {
      token: (overrides: Parameters<typeof minting.token>[0] = {}) =>
        minting.token({
          ...overrides,
          claims: { iss: server.url, ...(overrides.claims as object) },
        }),
      getReason: async (token: string) => {
        const outcome = await guard(requestWith(token))
        return outcome.kind === 'refused' ? outcome.reason : outcome.kind
      },
    }
  }

  it('a guard rejects garbage, unknown issuers and unsupported headers without an outgoing request', async () => {
    const { token, getReason } = await startGuard()
    const tokens = Array.from({ length: 100 }, (_, i) => [
      `${i}.a.b`,
      'a'.repeat(20_000 + i),
      outsider.token({ claims: { iss: `https://as-${i}.example.com` } }),
      outsider.token({ claims: { iss: undefined } }),
      token({ header: { alg: 'none', kid: `kid-${i}` } }),
      token({ header: { typ: 'dpop+jwt', kid: `kid-${i}` } }),
      token({ header: { crit: ['x'], kid: `kid-${i}` } }),
      token({ header: { kid: i } }),
    ]).flat()
    const reasons = await Promise.all(tokens.map(getReason))
    expect(new Set(reasons)).toEqual(
      new Set([
        'malformed_token',
        'token_too_long',
        'unknown_issuer',
        'unsupported_algorithm',
        'wrong_token_type',
        'unsupported_header',
      ]),
    )
    expect(requests).toEqual([])
  })

  it('a guard refreshes keys once during a flood of unknown kids and forged tokens, and once more 5 s later', async () => {
    const { token, getReason } = await startGuard()
    const flood = () =>
      Promise.all(
        Array.from({ length: 200 }, (_, i) =>
          getReason(
            i % 2 === 0
              ? token({ header: { kid: `kid-${i}-${requests.length}` } })
              : token({ key: outsider.keys[0]! }),
          ),
        ),
      )
    const rejected = new Set(['unknown_key', 'invalid_signature'])
    const pending = new Set(['keys_refresh_pending'])
    const discovery = '/.well-known/openid-configuration'

    // Requests that waited for the refresh get 401. In the pause after it, a kid may name a new key, so requests get 503.
    for (const expected of [rejected, pending, pending])
      expect(new Set(await flood())).toEqual(expected)
    expect(requests).toEqual([discovery, '/keys', '/keys'])
    requests.length = 0

    clock.suspend(5)
    expect(new Set(await flood())).toEqual(new Set(['unknown_key', ...pending]))
    expect(new Set(await flood())).toEqual(pending)
    expect(requests).toEqual(['/keys'])
    expect(await getReason(token())).toBe('granted')
  })
})
