import { connect } from 'node:net'
import type { McpGuardOptions } from '@bearward/mcp'
import { describe, expect, it } from 'vitest'
import { closing } from '../support/closing.ts'
import { fakeClock, settled } from '../support/fake-clock.ts'
import { parseResponse } from '../support/servers.ts'
import { until } from '../support/until.ts'
import { watchProcess } from '../support/watch-process.ts'
import { ADMIN, clock, FLOOR, TOKENS } from './fixture.ts'
import { LIST } from './messages.ts'
import { type Sent, writeRequest } from './requests.ts'
import { type McpFramework, MCP_FRAMEWORKS } from './servers.ts'
import { start } from './start.ts'

/** Seconds until the tokens of the fixture expire. */
const LIFETIME = 300

const processFaults = watchProcess()

/** Creates an event stream that the test writes. */
function createEvents() {
  const state = { isCanceled: false }
  let controller: ReadableStreamDefaultController<Uint8Array>
  const stream = new ReadableStream<Uint8Array>({
    start: (given) => void (controller = given),
    cancel: () => void (state.isCanceled = true),
  })
  return {
    stream,
    state,
    write: (text: string) => controller.enqueue(Buffer.from(`data: ${text}\n\n`)),
  }
}

/** Sends a request, and collects the response as it arrives. */
function open(port: number, sent: Sent) {
  const state = { text: '', isClosed: false }
  const socket = connect(port, '127.0.0.1')
  socket.on('data', (chunk) => void (state.text += chunk.toString('latin1')))
  socket.on('error', () => {})
  socket.on('close', () => void (state.isClosed = true))
  socket.write(writeRequest(sent))
  return closing({
    state,
    /** Resolves when the response contains a text. */
    receives: (text: string) => until(() => state.text.includes(text)),
    close: () => void socket.destroy(),
  })
}

/** Returns whether a response has ended as its server intended: the last chunk or the whole body has arrived. */
function isComplete(text: string): boolean {
  const { header, body } = parseResponse(text)
  const length = header('Content-Length')
  return length === undefined ? body.endsWith('0\r\n\r\n') : body.length === Number(length)
}

describe.each(MCP_FRAMEWORKS)(
  'event streams behind the guard for $name',
  (framework: McpFramework) => {
    /** Starts a server whose handler sends an event stream. */
    async function startStream(guard: Partial<McpGuardOptions> = { endStreamsAtExpiry: true }) {
      const own = fakeClock(clock.seconds())
      const events = createEvents()
      const server = await start(framework, {
        bearward: { clock: own },
        guard,
        handle: () => events.stream,
      })
      return { own, events, server }
    }

    it.each([
      ['POST', LIST],
      ['GET', undefined],
    ])(
      'the guard with endStreamsAtExpiry ends the event stream of a %s when the token expires',
      async (method, body) => {
        const { own, events, server } = await startStream()
        const client = open(server.port, { method, body, token: TOKENS.reader })
        events.write('one')
        await client.receives('data: one')
        await own.pass(LIFETIME - 1)
        events.write('two')
        await client.receives('data: two')
        expect(isComplete(client.state.text)).toBe(false)
        await own.pass(1)
        await until(() => client.state.isClosed)
        expect(client.state.text).toMatch(/^HTTP\/1\.1 200 /)
        expect(isComplete(client.state.text)).toBe(true)
        await until(() => events.state.isCanceled)
        expect(await processFaults.faults()).toEqual([])
      },
    )

    it('an event stream behind the guard stays open after the token has expired if endStreamsAtExpiry is not set', async () => {
      const { own, events, server } = await startStream({})
      const client = open(server.port, { body: LIST, token: TOKENS.reader })
      events.write('one')
      await client.receives('data: one')
      await own.pass(2 * LIFETIME)
      events.write('two')
      await client.receives('data: two')
      expect(client.state.isClosed).toBe(false)
      expect(events.state.isCanceled).toBe(false)
    })

    it('the guard with endStreamsAtExpiry keeps no timer after the client has closed the connection', async () => {
      const { own, events, server } = await startStream()
      const client = open(server.port, { body: LIST, token: TOKENS.reader })
      events.write('one')
      await client.receives('data: one')
      await until(() => own.pending() > 0)
      client.close()
      await until(() => own.pending() === 0)
      await until(() => events.state.isCanceled)
      expect(await processFaults.faults()).toEqual([])
    })

    it('the guard with endStreamsAtExpiry sends a complete response of JSON, and keeps no timer', async () => {
      const own = fakeClock(clock.seconds())
      const server = await start(framework, {
        bearward: { clock: own },
        guard: { endStreamsAtExpiry: true },
      })
      const response = await server.send({ body: LIST, token: TOKENS.reader })
      expect(response.json()).toEqual({ handled: true })
      await until(() => own.pending() === 0)
    })

    it('the guard with endStreamsAtExpiry ends an event stream that has begun after the token has expired', async () => {
      const own = fakeClock(clock.seconds())
      const events = createEvents()
      let finish: (stream: ReadableStream) => void = () => {}
      const server = await start(framework, {
        bearward: { clock: own },
        guard: { endStreamsAtExpiry: true },
        handle: () => new Promise((resolve) => void (finish = resolve)),
      })
      const client = open(server.port, { body: LIST, token: TOKENS.reader })
      await until(() => server.seen.length === 1)
      await own.pass(LIFETIME + 1)
      finish(events.stream)
      events.write('one')
      // The guard for Node checks the response again after a second.
      while (!client.state.isClosed) {
        await settled()
        await own.pass(1)
      }
      expect(isComplete(client.state.text)).toBe(true)
      expect(await processFaults.faults()).toEqual([])
    })

    it('the guard with endStreamsAtExpiry ends the event stream of an API key at its expiresAt', async () => {
      const owner = { scopes: [FLOOR, ADMIN], expiresAt: clock.seconds() + 10 }
      const apiKeys = { header: 'X-Api-Key', verify: () => owner }
      const { own, events, server } = await startStream({ endStreamsAtExpiry: true, apiKeys })
      const client = open(server.port, { body: LIST, lines: ['X-Api-Key: a'] })
      events.write('one')
      await client.receives('data: one')
      await own.pass(9)
      expect(client.state.isClosed).toBe(false)
      await own.pass(1)
      await until(() => client.state.isClosed)
      expect(isComplete(client.state.text)).toBe(true)
    })

    it('the guard with endStreamsAtExpiry never ends the event stream of a key without expiresAt or of an anonymous caller', async () => {
      const apiKeys = { header: 'X-Api-Key', verify: () => ({ scopes: [FLOOR] }) }
      const methods = { 'tools/list': 'anonymous' } as const
      for (const sent of [
        { body: LIST, lines: ['X-Api-Key: a'] },
        { body: { method: 'tools/list' } },
      ]) {
        const { own, events, server } = await startStream({
          endStreamsAtExpiry: true,
          apiKeys,
          methods,
        })
        const client = open(server.port, sent)
        events.write('one')
        await client.receives('data: one')
        await own.pass(10 * LIFETIME)
        events.write('two')
        await client.receives('data: two')
        expect(client.state.isClosed).toBe(false)
      }
    })

    it('the guard with endStreamsAtExpiry and cors keeps the headers of its response', async () => {
      const { own, events, server } = await startStream({ endStreamsAtExpiry: true, cors: true })
      const lines = ['Origin: https://app.example.com']
      const client = open(server.port, { body: LIST, token: TOKENS.reader, lines })
      events.write('one')
      await client.receives('data: one')
      const head = client.state.text.split('\r\n\r\n')[0]!.toLowerCase()
      expect(head.match(/access-control-allow-origin: /g)).toHaveLength(1)
      expect(head).toContain('access-control-allow-origin: https://app.example.com')
      expect(head.match(/content-type: /g)).toHaveLength(1)
      expect(head).toContain('content-type: text/event-stream')
      await own.pass(LIFETIME)
      await until(() => client.state.isClosed)
    })
  },
)
