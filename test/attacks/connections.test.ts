import '@bearward/express/req-auth'
import { createServer, type Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { createResourceServer } from '@bearward/core'
import { type Bearward, createBearward } from '@bearward/express'
import express, { type RequestHandler } from 'express'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { closing } from '../support/closing.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../support/issuer.ts'
import { bearerLine, requestWith } from '../support/requests.ts'
import { listen, parseResponse, type RawResponse, type RunningServer } from '../support/servers.ts'
import { watchProcess } from '../support/watch-process.ts'

/** Its tokens were issued long before the keys are fetched, so that a forged one gets 401 also where none can be fetched. */
const issuer = createTestIssuer({ now: () => Math.floor(Date.now() / 1000) - 600, lifetime: 3600 })
const outsider = createTestIssuer()

const faults = watchProcess()
let keyServer: HeldServer

beforeEach(async () => {
  keyServer = closing(await serveHeldKeys())
})
afterEach(() => keyServer.release())

interface HeldServer extends RunningServer {
  /** How often it was asked. */
  asked(): number
  /** Resolves as soon as somebody asks. */
  readonly arrived: Promise<void>
  /** Lets it answer, now and from now on. */
  release(): void
}

/** Serves the key set, but not before it is told to. */
async function serveHeldKeys(): Promise<HeldServer> {
  let asked = 0
  let arrive = () => {}
  let release = () => {}
  const arrived = new Promise<void>((resolve) => (arrive = resolve))
  const released = new Promise<void>((resolve) => (release = resolve))
  const server = await listen((_, response) => {
    asked++
    arrive()
    void released.then(() => {
      response.setHeader('Content-Type', 'application/json')
      response.end(JSON.stringify(issuer.jwks))
    })
  })
  return { ...server, asked: () => asked, arrived, release }
}

interface Api extends RunningServer {
  readonly bearward: Bearward
  /** The server's ends of its connections. */
  readonly connections: readonly Socket[]
  /** Resolves when so many requests have come in. */
  received(count: number): Promise<void>
}

/** An API that answers with the subject of the token. */
async function serveApi(...before: RequestHandler[]): Promise<Api> {
  const options = { issuer: ISSUER, audience: AUDIENCE, jwksUri: `${keyServer.url}/jwks` }
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

/** One of the requests that are mixed on a connection, and its answer. */
type Case = readonly [line: string, status: number, body: RegExp]

/** By turns a good token of a user of its own, a forged one, none, an expired one, and two at once. */
function caseNumber(i: number): Case {
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
const numbered = (count: number) => Array.from({ length: count }, (_, i) => caseNumber(i))

/** The answers on one connection, in the order in which they come. */
async function* answersOn(socket: Socket): AsyncGenerator<RawResponse> {
  let text = ''
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    text += chunk.toString('latin1')
    for (let end = endOfAnswer(text); end !== undefined; end = endOfAnswer(text)) {
      yield parseResponse(text.slice(0, end))
      text = text.slice(end)
    }
  }
}

async function readAnswers(socket: Socket, count: number): Promise<RawResponse[]> {
  const answers: RawResponse[] = []
  for await (const answer of answersOn(socket)) {
    answers.push(answer)
    if (answers.length === count) break
  }
  return answers
}

function endOfAnswer(text: string): number | undefined {
  const body = text.indexOf('\r\n\r\n') + 4
  if (body < 4) return undefined
  const end = body + Number(parseResponse(text).header('Content-Length') ?? 0)
  return end <= text.length ? end : undefined
}

function expectAnswers(answers: readonly RawResponse[], cases: readonly Case[]): void {
  expect(answers.map(({ status }) => status)).toEqual(cases.map(([, status]) => status))
  for (const [i, [, , body]] of cases.entries()) expect(answers[i]!.body).toMatch(body)
}

describe('INV-12: requests on one connection', () => {
  it('pipelined, good and bad ones by turns, each get their own answer', async () => {
    keyServer.release()
    const { port } = await serveApi()
    const cases = numbered(60)
    const socket = connect(port, '127.0.0.1')
    socket.write(cases.map(([line]) => request(line)).join(''))
    expectAnswers(await readAnswers(socket, cases.length), cases)
    expect(await faults.faults()).toEqual([])
  })

  it('one after the other, the connection has earned nothing', async () => {
    keyServer.release()
    const api = await serveApi()
    const socket = connect(api.port, '127.0.0.1')
    const answers = answersOn(socket)
    for (const [line, status, body] of numbered(20)) {
      socket.write(request(line))
      const answer = (await answers.next()).value as RawResponse
      expect(answer.status).toBe(status)
      expect(answer.body).toMatch(body)
    }
    socket.destroy()
    expect(await faults.faults()).toEqual([])
  })

  it('all waiting for the keys, on one connection and on many, each get their own answer', async () => {
    const api = await serveApi()
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

    expectAnswers(await readAnswers(one, cases.length), cases)
    const single = await Promise.all(many.map((socket) => readAnswers(socket, 1)))
    expectAnswers(single.flat(), cases)
    // Once for the keys, and once more for a signature that does not fit one of them.
    expect(keyServer.asked()).toBe(2)
    expect(await faults.faults()).toEqual([])
  })
})

describe('while keys are fetched', () => {
  it('INV-12: clients that go away leave nothing behind', async () => {
    const api = await serveApi()
    const cases = numbered(20)
    const sockets = cases.map(([line]) => {
      const socket = connect(api.port, '127.0.0.1')
      // A second request behind the first, so that one waits for the answer of the other.
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
    expectAnswers(await readAnswers(socket, cases.length), cases)
    // Once for the keys, and once more for a signature that does not fit one of them.
    expect(keyServer.asked()).toBe(2)
    expect(await faults.faults()).toEqual([])
  })

  it('INV-12: what somebody else has answered is not answered twice', async () => {
    const api = await serveApi((_, response, next) => {
      next()
      response.status(504).send('too slow')
    })
    const lines = [issuer.token(), issuer.token({ claims: { exp: 1 } })].map(bearerLine)
    const socket = connect(api.port, '127.0.0.1')
    socket.write(lines.map(request).join(''))
    await Promise.all([keyServer.arrived, api.received(2)])
    const answers = await readAnswers(socket, 2)
    expect(answers.map(({ body }) => body)).toEqual(['too slow', 'too slow'])
    keyServer.release()
    await api.bearward.ready()
    expect(await faults.faults()).toEqual([])
  })

  it('INV-12: a resource server that is closed answers those who wait', async () => {
    const api = await serveApi()
    const socket = connect(api.port, '127.0.0.1')
    socket.write(
      [issuer.token(), issuer.token()].map((token) => request(bearerLine(token))).join(''),
    )
    await Promise.all([keyServer.arrived, api.received(2)])
    api.bearward.close()
    const answers = await readAnswers(socket, 2)
    expect(answers.map(({ status }) => status)).toEqual([503, 503])
    expect(await faults.faults()).toEqual([])
  })
})

describe('INV-4: outgoing requests', () => {
  const clock = fakeClock()
  const minting = createTestIssuer({ now: () => clock.seconds() })
  const asked: string[] = []

  async function startGuard() {
    const server: RunningServer = closing(
      await listen((incoming, response) => {
        asked.push(incoming.url!)
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
    asked.length = 0
    const guard = resources.guard()
    return {
      token: (overrides: Parameters<typeof minting.token>[0] = {}) =>
        minting.token({
          ...overrides,
          claims: { iss: server.url, ...(overrides.claims as object) },
        }),
      reasonOf: async (token: string) => {
        const outcome = await guard(requestWith(token))
        return outcome.kind === 'refused' ? outcome.reason : outcome.kind
      },
    }
  }

  it('are not made for garbage, unknown issuers, or headers that no key could mend', async () => {
    const { token, reasonOf } = await startGuard()
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
    const reasons = await Promise.all(tokens.map(reasonOf))
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
    expect(asked).toEqual([])
  })

  it('are few for a flood of unknown keys and forgeries, however long it lasts', async () => {
    const { token, reasonOf } = await startGuard()
    const flood = () =>
      Promise.all(
        Array.from({ length: 200 }, (_, i) =>
          reasonOf(
            i % 2 === 0
              ? token({ header: { kid: `kid-${i}-${asked.length}` } })
              : token({ key: outsider.keys[0]! }),
          ),
        ),
      )
    const sought = new Set(['unknown_key', 'invalid_signature'])
    const pending = new Set(['keys_refresh_pending'])
    const discovery = '/.well-known/openid-configuration'

    // Who waits for the fetch gets 401. Who comes later in the pause may have a token of a new key.
    for (const expected of [sought, pending, pending])
      expect(new Set(await flood())).toEqual(expected)
    expect(asked).toEqual([discovery, '/keys', '/keys'])
    asked.length = 0

    clock.suspend(5)
    expect(new Set(await flood())).toEqual(new Set(['unknown_key', ...pending]))
    expect(new Set(await flood())).toEqual(pending)
    expect(asked).toEqual(['/keys'])
    expect(await reasonOf(token())).toBe('granted')
  })
})
