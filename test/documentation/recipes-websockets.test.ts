import { once } from 'node:events'
import { createServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createBearward } from '@bearward/express'
import express from 'express'
import type { Server as SocketServer } from 'socket.io'
import { io, type Socket } from 'socket.io-client'
import { afterEach, expect, it, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { closing } from '../support/closing.ts'
import { createTestIssuer } from '../support/issuer.ts'
import { listen } from '../support/servers.ts'
import { describeDocument } from './fixture.ts'
import { adapt, runSnippet } from './snippets.ts'

/** Lifetime of the tokens in seconds. */
const LIFETIME = 300

const issuer = createTestIssuer({
  issuer: 'https://auth.example.com',
  audience: 'https://api.example.com',
  lifetime: LIFETIME,
})
const token = (claims: object = {}) =>
  issuer.token({ claims: { scope: 'read:reports', ...claims } })
const withKeys = {
  "audience: 'https://api.example.com',": `audience: 'https://api.example.com', jwks: ${JSON.stringify(issuer.jwks)},`,
}

/** Replaces `setTimeout`, with which the programs set their timers. The sockets of Node do not use it. */
const holdTimers = () => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
const pass = (seconds: number) => vi.advanceTimersByTime(seconds * 1000)
afterEach(() => vi.useRealTimers())

/** Waits for the end of a connection. Returns the close code. */
async function closed(socket: WebSocket): Promise<number> {
  const [code] = (await once(socket, 'close')) as [number]
  return code
}

/** Waits for the next message. Returns its text. */
async function received(socket: WebSocket): Promise<string> {
  const [data] = (await once(socket, 'message')) as [Buffer]
  return data.toString()
}

/** Closes a server and its connections at the end of the test. Returns its address. */
function closingSockets(server: WebSocketServer): string {
  closing({
    close() {
      for (const client of server.clients) client.terminate()
      server.close()
    },
  })
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describeDocument('docs/recipes/websockets.md', {
  async 'Token in the upgrade request'(code) {
    const adapted = adapt(code, {
      ...withKeys,
      'server.listen(3000)': 'export { server, sockets }',
    })
    const module = await runSnippet('recipes-upgrade', adapted)
    const running = closing(await listen(module['server'] as HttpServer))
    const sockets = module['sockets'] as WebSocketServer
    closing({ close: () => sockets.clients.forEach((client) => client.terminate()) })
    const url = running.url.replace('http', 'ws')
    const connect = (text?: string) =>
      new WebSocket(url, { headers: text === undefined ? {} : { authorization: `Bearer ${text}` } })
    const refusal = async (text?: string) => {
      const client = connect(text)
      const [, response] = (await once(client, 'unexpected-response')) as [
        unknown,
        { statusCode: number; headers: Record<string, string> },
      ]
      return [response.statusCode, response.headers['www-authenticate']]
    }

    const asks = 'Bearer realm="api", scope="read:reports"'
    expect(await refusal()).toEqual([401, asks])
    expect(await refusal(token({ exp: 1 }))).toEqual([401, expect.stringContaining('expired')])
    expect(await refusal(token({ scope: 'other' }))).toEqual([403, expect.any(String)])

    holdTimers()
    const client = connect(token())
    await once(client, 'open')
    client.send('more')
    expect(await received(client)).toBe('reports for reports-cron')
    pass(LIFETIME - 10)
    client.send('more')
    expect(await received(client)).toBe('reports for reports-cron')
    const end = closed(client)
    pass(10)
    expect(await end).toBe(4401)
  },

  async 'Token in the first message'(code) {
    const port = { 'port: 3000': "port: 0, host: '127.0.0.1'" }
    const adapted = `${adapt(code, { ...withKeys, ...port })}\nexport { server }\n`
    const server = (await runSnippet('recipes-message', adapted))['server'] as WebSocketServer
    if (server.address() === null) await once(server, 'listening')
    const url = closingSockets(server)
    const open = async () => {
      const client = new WebSocket(url)
      await once(client, 'open')
      return client
    }
    const send = (client: WebSocket, text: unknown) =>
      client.send(JSON.stringify({ type: 'token', token: text }))

    for (const [message, expected] of [
      ['reports?', 4401],
      [JSON.stringify({ type: 'token', token: 'ey.made.up' }), 4401],
      [JSON.stringify({ type: 'token', token: 7 }), 4401],
      [JSON.stringify({ type: 'token' }), 4401],
      [JSON.stringify({ type: 'token', token: token({ scope: 'other' }) }), 4403],
    ] as const) {
      const client = await open()
      client.send(message)
      expect(await closed(client)).toBe(expected)
    }

    holdTimers()
    const silent = await open()
    const client = await open()
    send(client, token())
    expect(await received(client)).toBe('ready')
    const dropped = closed(silent)
    pass(10)
    expect(await dropped).toBe(4401)
    client.send('reports?')
    expect(await received(client)).toBe('reports for reports-cron')

    // A new token of the same caller extends the time. A token of another caller ends the connection.
    send(client, token({ exp: Math.floor(Date.now() / 1000) + 2 * LIFETIME }))
    expect(await received(client)).toBe('ready')
    pass(LIFETIME)
    client.send('reports?')
    expect(await received(client)).toBe('reports for reports-cron')
    const end = closed(client)
    pass(LIFETIME)
    expect(await end).toBe(4401)
    const other = await open()
    send(other, token())
    expect(await received(other)).toBe('ready')
    send(other, token({ sub: 'another-subject' }))
    expect(await closed(other)).toBe(4401)

    // Without keys, the token cannot be verified.
    const unavailable = await listen(() => {})
    await unavailable.close()
    const down = `${adapt(code, { "'https://auth.example.com'": `'${unavailable.url}'`, ...port })}\nexport { server }\n`
    const { server: second } = (await runSnippet('recipes-message-down', down)) as {
      server: WebSocketServer
    }
    if (second.address() === null) await once(second, 'listening')
    vi.useRealTimers()
    const late = new WebSocket(closingSockets(second))
    await once(late, 'open')
    send(late, token({ iss: unavailable.url }))
    expect(await closed(late)).toBe(1013)
  },

  async 'Socket.IO'(code) {
    const http = "(await import('node:http')).createServer().listen(0, '127.0.0.1')"
    const adapted = adapt(code, { ...withKeys, 'new Server(3000, ': `new Server(${http}, ` })
    const module = await runSnippet('recipes-socket-io', `${adapted}\nexport { io }\n`)
    const server = closing(module['io'] as SocketServer)
    const { httpServer } = server as unknown as { httpServer: HttpServer }
    if (!httpServer.listening) await once(httpServer, 'listening')
    const url = `http://127.0.0.1:${(httpServer.address() as AddressInfo).port}`
    const connect = (text: unknown): Socket =>
      closing(
        io(url, {
          transports: ['websocket'],
          forceNew: true,
          reconnection: false,
          auth: (send) => send(text === undefined ? {} : { token: text }),
        }),
      )
    const error = (socket: Socket) =>
      new Promise<string>((resolve) => {
        socket.once('connect_error', ({ message }) => resolve(message))
      })

    expect(await error(connect(undefined))).toBe('invalid_request')
    expect(await error(connect('ey.made.up'))).toBe('invalid_token')
    expect(await error(connect(token({ exp: 1 })))).toBe('invalid_token')
    expect(await error(connect(token({ scope: 'other' })))).toBe('insufficient_scope')

    holdTimers()
    // The timers of pings are replaced as well. The token expires before the first ping is due.
    const client = connect(token({ exp: Math.floor(Date.now() / 1000) + 20 }))
    await new Promise<void>((resolve) => void client.once('connect', resolve))
    const reply = await new Promise((resolve) => void client.emit('reports', resolve))
    expect(reply).toBe('reports for reports-cron')
    const reason = new Promise((resolve) => void client.once('disconnect', resolve))
    pass(20)
    expect(await reason).toBe('io server disconnect')
  },
})

it('an Express guard refuses a GET with 401, and does not run for an upgrade request', async () => {
  const { requireToken } = createBearward({
    issuer: 'https://auth.example.com',
    audience: 'https://api.example.com',
  })
  const server = createServer(express().use(requireToken()))
  const sockets = new WebSocketServer({ server })
  const { url } = closing(await listen(server))
  closing({ close: () => sockets.clients.forEach((client) => client.terminate()) })
  expect((await fetch(url)).status).toBe(401)
  const client = new WebSocket(url.replace('http', 'ws'))
  await once(client, 'open')
})
