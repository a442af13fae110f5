import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { hasUnreadNodeBody, readNodeBody } from '../src/node-request.ts'
import { summarize } from './setup.ts'

/** Sends a request to a server, and returns what `handle` returns and the first line of the response. */
async function send(text: string, handle: (request: IncomingMessage) => unknown) {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const socket = connect(port, '127.0.0.1')
  try {
    const handled = new Promise((resolve) => {
      server.on('request', (request, response) => {
        // A body that is not read completely stays on the connection.
        const respond = () => response.writeHead(200, { Connection: 'close' }).end()
        Promise.resolve(handle(request)).then(
          (value) => (respond(), resolve(value)),
          (error: unknown) => (respond(), resolve(error)),
        )
      })
    })
    socket.write(text)
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    return { value: await handled, line: chunk.toString().split('\r\n')[0] }
  } finally {
    socket.destroy()
    server.close()
  }
}

const post = (body: string, header = `Content-Length: ${body.length}`) =>
  `POST /mcp HTTP/1.1\r\nHost: a\r\n${header}\r\n\r\n${body}`
const chunked = (...chunks: readonly string[]) =>
  post(
    [...chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`), '0\r\n\r\n'].join(
      '',
    ),
    'Transfer-Encoding: chunked',
  )
const LARGE = 'body_too_large: more'
const OK = 'HTTP/1.1 200 OK'

describe('readNodeBody', () => {
  const read = (limit: number, given?: unknown) => async (request: IncomingMessage) =>
    summarize(await readNodeBody(request, given, limit))

  it('readNodeBody reads a body with a length, and a body in chunks', async () => {
    for (const text of [post('{"a":1}'), chunked('{"a"', ':1}')])
      expect(await send(text, read(7))).toEqual({ value: { value: { a: 1 } }, line: OK })
  })

  it('readNodeBody returns body_too_large for one byte above the limit, and the response can still be sent', async () => {
    for (const text of [post('{"a":1}'), chunked('{"a"', ':1}'), chunked('{"a":1}', '{"a":1}')])
      expect(await send(text, read(6))).toEqual({ value: LARGE, line: OK })
  })

  it('readNodeBody does not wait for a body whose length is above the limit', async () => {
    const text = 'POST /mcp HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n'
    expect(await send(text, read(6))).toEqual({ value: LARGE, line: OK })
  })

  it('readNodeBody returns malformed_body for an empty body', async () => {
    const empty = 'malformed_body: an empty body'
    expect(await send(post(''), read(6))).toMatchObject({ value: empty })
    const withoutBody = 'POST /mcp HTTP/1.1\r\nHost: a\r\n\r\n'
    expect(await send(withoutBody, read(6))).toMatchObject({ value: empty })
  })

  it('readNodeBody returns a body that other middleware has read, whatever its length is', () => {
    const never = {
      headers: { 'content-length': '1000' },
      iterator() {
        throw new Error('not expected')
      },
      resume() {},
    }
    const body = { a: 1 }
    const result = readNodeBody(never, body, 1)
    expect('value' in result && result.value).toBe(body)
    expect(readNodeBody(never, null, 1)).toEqual({ value: null })
    expect(readNodeBody(never, '{"a":1}', 1)).toEqual({ value: { a: 1 } })
    expect(readNodeBody(never, Buffer.from('{"a":1}'), 1)).toEqual({ value: { a: 1 } })
  })

  it.each<[what: string, first: string, handle: (request: IncomingMessage) => unknown]>([
    ['a body in chunks above the limit', chunked('x'.repeat(500_000), '{}'), read(6)],
    ['a body with a length above the limit', post('x'.repeat(500_000)), read(6)],
    ['an unread body', chunked('x'.repeat(500_000), '{}'), hasUnreadNodeBody],
  ])(
    'readNodeBody and hasUnreadNodeBody do not block the next request of a connection after %s',
    async (_what, first, handle) => {
      const server = createServer((request, response) => {
        void Promise.resolve(handle(request)).then(() => response.end(request.url))
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const { port } = server.address() as { port: number }
      const socket = connect(port, '127.0.0.1').setEncoding('utf8')
      const responses = new Promise<string>((resolve) => {
        let text = ''
        socket.on('data', (chunk: string) => {
          text += chunk
          if (text.includes('/second')) resolve(text)
        })
      })
      socket.write(first + 'GET /second HTTP/1.1\r\nHost: a\r\n\r\n')
      expect((await responses).match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2)
      socket.destroy()
      server.close()
    },
  )

  it('readNodeBody rejects if the client disconnects before it has sent the whole body', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const socket = connect(port, '127.0.0.1')
    const result = new Promise<unknown>((resolve, reject) => {
      server.on('request', (request) => {
        Promise.resolve(readNodeBody(request, undefined, 100)).then(resolve, reject)
        socket.destroy()
      })
    })
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{')
    await expect(result).rejects.toThrow('aborted')
    server.close()
  })
})

describe('hasUnreadNodeBody', () => {
  it.each([
    [true, 'a length', post('{}').replace('POST', 'DELETE')],
    [true, 'chunks', chunked('{}')],
    [false, 'the length 0', post('')],
    [false, 'an empty last chunk only', chunked()],
    [false, 'no body', 'GET /mcp HTTP/1.1\r\nHost: a\r\n\r\n'],
  ])('hasUnreadNodeBody returns %s for a request with %s', async (expected, _what, text) => {
    expect(await send(text, hasUnreadNodeBody)).toEqual({ value: expected, line: OK })
  })
})
