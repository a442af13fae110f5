import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import { fakeClock, settled } from '../../../test/support/fake-clock.ts'
import { endResponseAt, endStreamAt } from '../src/ending-responses.ts'

const START = 1000

/** A response of `node:http` whose state a test sets. `calls` are the calls of its functions. */
function createResponse(
  state: Partial<Record<'headersSent' | 'writableEnded' | 'destroyed', boolean>> = {},
) {
  const calls: string[] = []
  const listeners = new Map<string, () => void>()
  const response = {
    headersSent: true,
    writableEnded: false,
    writableFinished: false,
    destroyed: false,
    ...state,
    end() {
      calls.push('end')
      response.writableEnded = true
    },
    destroy() {
      calls.push('destroy')
      response.destroyed = true
    },
    on: (event: string, listener: () => void) => void listeners.set(event, listener),
    once: (event: string, listener: () => void) => void listeners.set(event, listener),
  }
  return { response, calls, emit: (event: string) => listeners.get(event)?.() }
}

describe('endResponseAt', () => {
  it('endResponseAt ends a response at the given time, and not before', () => {
    const clock = fakeClock(START)
    const { response, calls } = createResponse()
    endResponseAt(response, START + 60, clock)
    clock.advance(59.999)
    expect(calls).toEqual([])
    clock.advance(0.001)
    expect(calls).toEqual(['end'])
  })

  it('endResponseAt sets no timer without a time', () => {
    const clock = fakeClock(START)
    const { response, calls } = createResponse()
    endResponseAt(response, undefined, clock)
    expect(clock.pending()).toBe(0)
    clock.advance(1e9)
    expect(calls).toEqual([])
  })

  it('endResponseAt ends a response at once if the given time has passed', () => {
    const clock = fakeClock(START)
    for (const endsAt of [START, START - 1, 0]) {
      const { response, calls } = createResponse()
      endResponseAt(response, endsAt, clock)
      expect(calls).toEqual(['end'])
    }
  })

  it('endResponseAt ends a response that begins after the given time, at most one second after the response has begun', () => {
    const clock = fakeClock(START)
    const { response, calls } = createResponse({ headersSent: false })
    endResponseAt(response, START + 10, clock)
    clock.advance(100)
    expect(calls).toEqual([])
    response.headersSent = true
    clock.advance(1)
    expect(calls).toEqual(['end'])
  })

  it('endResponseAt disconnects a client that does not read the end within one second', () => {
    const clock = fakeClock(START)
    const { response, calls } = createResponse()
    endResponseAt(response, START + 10, clock)
    clock.advance(10.5)
    expect(calls).toEqual(['end'])
    clock.advance(0.5)
    expect(calls).toEqual(['end', 'destroy'])
    clock.advance(100)
    expect(calls).toEqual(['end', 'destroy'])
    expect(clock.pending()).toBe(0)
  })

  it('endResponseAt does not disconnect a client that has read the end', () => {
    const clock = fakeClock(START)
    const { response, calls } = createResponse()
    endResponseAt(response, START + 10, clock)
    clock.advance(10)
    response.writableFinished = true
    clock.advance(100)
    expect(calls).toEqual(['end'])
    expect(clock.pending()).toBe(0)
  })

  it('endResponseAt does nothing after the response was closed', () => {
    const clock = fakeClock(START)
    const { response, calls, emit } = createResponse()
    endResponseAt(response, START + 10, clock)
    emit('close')
    expect(clock.pending()).toBe(0)
    const waiting = createResponse({ headersSent: false })
    endResponseAt(waiting.response, START - 1, clock)
    expect(clock.pending()).toBe(1)
    waiting.emit('close')
    expect(clock.pending()).toBe(0)
    expect([...calls, ...waiting.calls]).toEqual([])
  })

  it('endResponseAt does not end a destroyed response', () => {
    const clock = fakeClock(START)
    const { response, calls } = createResponse({ destroyed: true })
    endResponseAt(response, START, clock)
    expect(calls).toEqual([])
    expect(clock.pending()).toBe(0)
  })

  it('endResponseAt waits for a time that is too far away for one timer of JavaScript', () => {
    const clock = fakeClock(START)
    const days = 60 * 86_400
    const delays: number[] = []
    const { after } = clock
    const recording = {
      ...clock,
      after(milliseconds: number, callback: () => void) {
        delays.push(milliseconds)
        return after(milliseconds, callback)
      },
    }
    const { response, calls } = createResponse()
    endResponseAt(response, START + days, recording)
    clock.advance(days - 1)
    expect(calls).toEqual([])
    clock.advance(1)
    expect(calls).toEqual(['end'])
    expect(delays.length).toBeGreaterThan(2)
    expect(Math.max(...delays)).toBeLessThan(2 ** 31)
  })

  it('endResponseAt compares the given time with the wall clock again when a timer ends', () => {
    const clock = fakeClock(START)
    const { response, calls } = createResponse()
    endResponseAt(response, START + 10, clock)
    clock.jump(-5)
    clock.advance(10)
    expect(calls).toEqual([])
    clock.advance(5)
    expect(calls).toEqual(['end'])
  })
})

describe('endResponseAt with a server of Node', () => {
  const servers: ReturnType<typeof createServer>[] = []
  afterAll(() => servers.forEach((server) => server.close()))

  /** Starts a server, and sends a request. `read` returns the text that has arrived. `closed` resolves when the connection ends. */
  async function serve(handle: (response: ServerResponse) => void) {
    const server = createServer((_request, response) => handle(response))
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const socket = connect(port, '127.0.0.1')
    socket.setEncoding('utf8')
    let text = ''
    socket.on('data', (chunk: string) => (text += chunk))
    socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    return { read: () => text, closed: once(socket, 'close'), socket }
  }

  it('endResponseAt ends an event stream, so the client reads all events and the end', async () => {
    const clock = fakeClock(START)
    const { read, closed } = await serve((response) => {
      endResponseAt(response, START + 10, clock)
      response.writeHead(200, { 'Content-Type': 'text/event-stream' })
      response.write('data: 1\n\n', () => clock.advance(10))
    })
    await closed
    expect(read()).toContain('data: 1\n\n')
    expect(read().endsWith('0\r\n\r\n')).toBe(true)
  })

  it('a handler that writes after the end causes no uncaught error', async () => {
    const clock = fakeClock(START)
    const { read, closed } = await serve((response) => {
      endResponseAt(response, START + 10, clock)
      response.writeHead(200, { 'Content-Type': 'text/event-stream' })
      response.write('data: 1\n\n', () => {
        clock.advance(10)
        response.write('data: 2\n\n')
      })
    })
    await closed
    expect(read()).toContain('data: 1\n\n')
    expect(read()).not.toContain('data: 2')
  })
})

describe('endStreamAt', () => {
  /** A response with a stream. `source` shows what happened to the stream of the handler. */
  function createStream(chunks: readonly string[] = [], headers: Record<string, string> = {}) {
    const source = { isCancelled: false }
    let controller: ReadableStreamDefaultController<Uint8Array>
    const body = new ReadableStream<Uint8Array>({
      start(given) {
        controller = given
        for (const chunk of chunks) given.enqueue(new TextEncoder().encode(chunk))
      },
      cancel() {
        source.isCancelled = true
      },
    })
    const init = { status: 201, headers: { 'content-type': 'text/event-stream', ...headers } }
    return { source, response: new Response(body, init), controller: controller! }
  }

  it('endStreamAt returns the same response if no time is given or if the response has no body', () => {
    const clock = fakeClock(START)
    const { response } = createStream()
    expect(endStreamAt(response, undefined, clock)).toBe(response)
    const empty = new Response(null, { status: 202 })
    expect(endStreamAt(empty, START + 10, clock)).toBe(empty)
    expect(clock.pending()).toBe(0)
  })

  it('endStreamAt keeps the status and the headers', () => {
    const clock = fakeClock(START)
    const { response } = createStream([], { 'mcp-session-id': 'a' })
    const ending = endStreamAt(response, START + 10, clock)
    expect(ending.status).toBe(201)
    expect(ending.headers.get('mcp-session-id')).toBe('a')
    expect(ending.headers.get('content-type')).toBe('text/event-stream')
  })

  it('endStreamAt returns all chunks of the handler, and ends the body at the given time and not before', async () => {
    const clock = fakeClock(START)
    const { response, source } = createStream(['data: 1\n\n', 'data: 2\n\n'])
    const text = endStreamAt(response, START + 10, clock).text()
    await clock.pass(9.999)
    expect(source.isCancelled).toBe(false)
    await clock.pass(0.001)
    expect(await text).toBe('data: 1\n\ndata: 2\n\n')
    expect(source.isCancelled).toBe(true)
    expect(clock.pending()).toBe(0)
  })

  it('endStreamAt ends a body at once if the given time has passed', async () => {
    const clock = fakeClock(START)
    const { response, source } = createStream(['data: 1\n\n'])
    const text = await endStreamAt(response, START - 1, clock).text()
    expect(['', 'data: 1\n\n']).toContain(text)
    expect(source.isCancelled).toBe(true)
  })

  it('endStreamAt ends the body when the body of the handler ends, and leaves no timer', async () => {
    const clock = fakeClock(START)
    const { response, controller } = createStream(['{}'], { 'content-type': 'application/json' })
    const text = endStreamAt(response, START + 10, clock).text()
    controller.close()
    expect(await text).toBe('{}')
    await settled()
    expect(clock.pending()).toBe(0)
  })

  it('endStreamAt returns a body that fails with the error of the handler, and leaves no timer', async () => {
    const clock = fakeClock(START)
    const { response, controller } = createStream(['data: 1\n\n'])
    const text = endStreamAt(response, START + 10, clock).text()
    controller.error(new Error('The tool has failed.'))
    await expect(text).rejects.toThrow('The tool has failed.')
    await settled()
    expect(clock.pending()).toBe(0)
  })

  it('endStreamAt cancels the body of the handler if the client disconnects, and leaves no timer', async () => {
    const clock = fakeClock(START)
    const { response, source } = createStream(['data: 1\n\n'])
    const reader = endStreamAt(response, START + 10, clock).body!.getReader()
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('data: 1\n\n')
    await reader.cancel()
    await settled()
    expect(source.isCancelled).toBe(true)
    expect(clock.pending()).toBe(0)
  })
})
