import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, it } from 'vitest'
import { closing } from '../../../../test/support/closing.ts'
import { settled } from '../../../../test/support/fake-clock.ts'
import { FETCHES, globalFetch } from '../../../../test/support/fetches.ts'
import { listen } from '../../../../test/support/servers.ts'
import { listenRaw, type RawResponder } from '../../../../test/support/raw-server.ts'
import { until } from '../../../../test/support/until.ts'
import { watchProcess } from '../../../../test/support/watch-process.ts'
import { boundedFetch, type FetchError } from '../../src/authorization-server/bounded-fetch.ts'
import { withDeadline } from '../../src/authorization-server/deadline.ts'
import { describeCause } from '../../src/authorization-server/network-cause.ts'
import { httpFetch } from '../../src/authorization-server/node-http-fetch.ts'
import { openBody } from '../../src/authorization-server/response-body.ts'
import { systemClock } from '../../src/lib/clock.ts'
import type { Fetch, FetchInit } from '../../src/model/fetch.ts'
import { DOCUMENT, ok, respond } from './responses.ts'

const faults = watchProcess()

/** Starts a server that sends bytes. The server is closed at the end of the test. */
const serve = async (respondTo: RawResponder) => closing(await listenRaw(respondTo))

function createInit(more: Partial<FetchInit> = {}): FetchInit {
  const { signal } = new AbortController()
  return { method: 'GET', headers: {}, redirect: 'manual', signal, ...more }
}

/** Makes a call, and returns the body of the response as text. */
async function call(fetch: Fetch, url: string, init = createInit()): Promise<string> {
  const { body } = await fetch(url, init)
  return new TextDecoder().decode(await openBody(body).read(1_000_000))
}

/** Makes a call that fails. Returns the cause as events describe it, or `undefined` if the cause is not known. */
async function getCause(fetch: Fetch, url: string): Promise<string | undefined> {
  const error: unknown = await fetch(url, createInit()).then(
    () => new Error('no failure'),
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(Error)
  expect((error as Error).message).not.toBe('no failure')
  return describeCause(error)
}

/** Resolves when a connection is closed, even after an error. */
const whenClosed = (socket: Socket) => new Promise((resolve) => socket.once('close', resolve))

/** Fetches a document with a deadline. Returns the failure. */
async function getFailure(fetch: Fetch, url: string, timeout = 10_000): Promise<string> {
  const bounds = { clock: systemClock, timeout, closed: new AbortController().signal }
  const work = withDeadline(bounds, (signal) => boundedFetch(fetch)(url, signal))
  return work.then(
    () => 'a document',
    (error: FetchError) => error.failure,
  )
}

describe('the request of httpFetch', () => {
  it('httpFetch sends the same request as the global fetch, except for the field Connection and the case of letters', async () => {
    const server = await serve((socket) => socket.write(ok(DOCUMENT)))
    const url = `${server.url}/path;a/%C3%A9?b=c d#fragment`
    const init = createInit({ headers: { Accept: 'application/json' } })
    expect(await call(httpFetch, url, init)).toBe(await call(globalFetch, url, init))
    const [own, other] = server.requests.map((request) => request.toLowerCase())
    expect(own).toContain('connection: close\r\n')
    expect(own).toBe(other!.replace('connection: keep-alive', 'connection: close'))
  })
})

describe.each(FETCHES)('%s: addresses', (name, fetch) => {
  it.each([
    'file:///etc/hosts',
    'ftp://127.0.0.1/',
    'http://user@127.0.0.1/',
    'http://a:b@127.0.0.1/',
    'no address',
  ])(`${name} rejects the address %s`, async (url) => {
    const refused = fetch(url, createInit())
    await expect(refused).rejects.toBeInstanceOf(TypeError)
  })

  it(`${name} rejects a header value with a line feed`, async () => {
    const server = await serve((socket) => socket.write(ok(DOCUMENT)))
    const headers = { Authorization: 'Bearer a\r\nX-Evil: 1' }
    await expect(fetch(server.url, createInit({ headers }))).rejects.toBeInstanceOf(TypeError)
    expect(server.connections).toEqual([])
  })

  it(`${name} tries each address of a host name`, async () => {
    const server = await serve((socket) => socket.write(ok(DOCUMENT)))
    expect(await call(fetch, server.url.replace('127.0.0.1', 'localhost'))).toBe(DOCUMENT)
    expect(server.requests[0]).toMatch(/^host: localhost:\d+\r$/im)
  })

  it(`${name} rejects with ECONNREFUSED for a closed port, even if the host name has several addresses`, async () => {
    const { url, close } = await listenRaw(() => {})
    await close()
    expect(await getCause(fetch, url)).toBe('ECONNREFUSED')
    expect(await getCause(fetch, url.replace('127.0.0.1', 'localhost'))).toBe('ECONNREFUSED')
  })
})

describe('httpFetch: addresses', () => {
  it('httpFetch has the same result as the global fetch for an IPv6 address', async () => {
    const server = createHttpServer((_req, res) => res.end(DOCUMENT))
    // If this machine has no IPv6, both calls fail.
    server.on('error', () => {})
    await Promise.race([once(server.listen(0, '::1'), 'listening'), once(server, 'close')])
    const { port = 9999 } = (server.address() ?? {}) as Partial<AddressInfo>
    const results = [httpFetch, globalFetch].map((fetch) =>
      call(fetch, `http://[::1]:${port}/`).catch((error: unknown) => describeCause(error)),
    )
    const [own, other] = await Promise.all(results)
    expect(own).toBe(other)
    server.close()
    server.closeAllConnections()
  })

  it('httpFetch refuses each port that the global fetch of this version of Node blocks', async () => {
    const isBlocked = async (port: number) => {
      // This dispatcher throws, so calls of allowed ports fail without a connection.
      const dispatcher = {
        dispatch() {
          throw new Error('allowed')
        },
      }
      const init = { dispatcher } as RequestInit
      const error = await globalThis.fetch(`http://127.0.0.1:${port}`, init).catch((e: Error) => e)
      return ((error as Error).cause as Error).message === 'bad port'
    }
    const blocked: number[] = []
    for (let port = 1; port < 11_000; port++) if (await isBlocked(port)) blocked.push(port)
    expect(blocked.length).toBeGreaterThan(70)
    const causes = await Promise.all(
      blocked.map((port) => getCause(httpFetch, `https://127.0.0.1:${port}`)),
    )
    expect(new Set(causes)).toEqual(new Set(['bad port: fetch does not call this port']))
  })
})

describe('httpFetch: connections', () => {
  it('httpFetch opens a connection for each call, and closes it after the response', async () => {
    const server = await serve((socket) =>
      socket.write(ok(gzipSync(DOCUMENT), 'Content-Encoding: gzip')),
    )
    for (let i = 0; i < 3; i++) expect(await call(httpFetch, server.url)).toBe(DOCUMENT)
    await until(() => server.connections.every(({ destroyed }) => destroyed))
    expect(server.connections).toHaveLength(3)
    expect(await faults.faults()).toEqual([])
  })

  it.each([
    ['a response', ok('{"stolen":1}')],
    ['half a response', ok('{"stolen":1}').subarray(0, 30)],
    ['the beginning of a status line', Buffer.from('HTTP/1.1 2')],
    ['garbage', Buffer.from('x')],
  ])(
    'httpFetch does not read surplus bytes after a response as a part of the next response: %s',
    async (_, surplus) => {
      const server = await serve((socket) => {
        socket.write(Buffer.concat([ok(DOCUMENT), surplus]))
        setImmediate(() => socket.write(ok('{"stolen":1}')))
      })
      for (let i = 0; i < 3; i++) expect(await call(httpFetch, server.url)).toBe(DOCUMENT)
      expect(await faults.faults()).toEqual([])
    },
  )

  it('httpFetch rejects with the same error code as the global fetch for a server without TLS', async () => {
    const server = closing(await listen((_request, response) => response.end()))
    const url = server.url.replace('http:', 'https:')
    const code = await getCause(globalFetch, url)
    expect(code).toMatch(/^ERR_SSL_/)
    expect(await getCause(httpFetch, url)).toBe(code)
  })

  it('httpFetch rejects a call that is aborted during the TLS handshake', async () => {
    const server = await serve(() => {})
    const abort = new AbortController()
    const url = server.url.replace('http:', 'https:')
    const started = httpFetch(url, createInit({ signal: abort.signal }))
    await until(() => server.connections.length === 1)
    abort.abort(new Error('the deadline'))
    await expect(started).rejects.toBeInstanceOf(Error)
    await until(() => server.connections[0]!.destroyed)
    expect(await faults.faults()).toEqual([])
  })
})

describe.each(FETCHES)('%s: calls that are aborted', (name, fetch) => {
  const head = ['HTTP/1.1 200 OK', 'Content-Length: 100']
  let abort = new AbortController()
  beforeEach(() => void (abort = new AbortController()))

  it(`${name} rejects a call whose signal is already aborted, and makes no connection`, async () => {
    const server = await serve(() => {})
    abort.abort(new Error('too late'))
    const started = fetch(server.url, createInit({ signal: abort.signal }))
    await expect(started).rejects.toBeInstanceOf(Error)
    await settled()
    expect(server.requests).toEqual([])
  })

  it(`${name} rejects a call that is aborted during the connection attempt`, async () => {
    const server = await serve(() => {})
    const started = fetch(server.url, createInit({ signal: abort.signal }))
    abort.abort(new Error('too late'))
    await expect(started).rejects.toBeInstanceOf(Error)
    expect(await faults.faults()).toEqual([])
  })

  it.each<[when: string, sent: Buffer]>([
    ['before the head', Buffer.alloc(0)],
    ['within the head', Buffer.from('HTTP/1.1 200 OK\r\nX-A: ')],
    ['after a 103', Buffer.from('HTTP/1.1 103 Early Hints\r\n\r\n')],
  ])(
    `${name} rejects a call that is aborted %s, and closes the connection`,
    async (_when, sent) => {
      const server = await serve((socket) => socket.write(sent))
      const started = fetch(server.url, createInit({ signal: abort.signal }))
      const rejected = expect(started).rejects.toBeInstanceOf(Error)
      await until(() => server.requests.length === 1)
      await settled()
      const closed = whenClosed(server.connections[0]!)
      abort.abort(new Error('too late'))
      await rejected
      await closed
      expect(await faults.faults()).toEqual([])
    },
  )

  it.each<[string, string[], Buffer]>([
    ['after its first byte', [], Buffer.from('{')],
    ['after 15 bytes of gzip', ['Content-Encoding: gzip'], gzipSync(DOCUMENT).subarray(0, 15)],
    ['after one byte of deflate', ['Content-Encoding: deflate'], Buffer.of(0x78)],
    ['before its first byte', ['Content-Encoding: deflate'], Buffer.alloc(0)],
  ])(
    `${name} rejects a body that is aborted %s, and closes the connection`,
    async (_how, lines, sent) => {
      const server = await serve((socket) => socket.write(respond([...head, ...lines], sent)))
      const { body } = await fetch(server.url, createInit({ signal: abort.signal }))
      const reading = openBody(body).read(100)
      const rejected = expect(reading).rejects.toBeInstanceOf(Error)
      await settled()
      const closed = whenClosed(server.connections[0]!)
      abort.abort(new Error('too late'))
      await rejected
      await closed
      expect(await faults.faults()).toEqual([])
    },
  )

  it(`${name} closes the connection if the call is aborted before the body is read`, async () => {
    const server = await serve((socket) => socket.write(respond(head, '{')))
    await fetch(server.url, createInit({ signal: abort.signal }))
    const closed = whenClosed(server.connections[0]!)
    abort.abort(new Error('too late'))
    await closed
    expect(await faults.faults()).toEqual([])
  })

  it(`${name} ignores the rest of a response that arrives after the call was aborted`, async () => {
    const server = await serve(() => {})
    const started = fetch(server.url, createInit({ signal: abort.signal }))
    const rejected = expect(started).rejects.toBeInstanceOf(Error)
    await until(() => server.requests.length === 1)
    const closed = whenClosed(server.connections[0]!)
    server.connections[0]!.write(ok(DOCUMENT).subarray(0, 20))
    abort.abort(new Error('too late'))
    server.connections[0]!.write(ok(DOCUMENT).subarray(20))
    await rejected
    await closed
    expect(await faults.faults()).toEqual([])
  })
})

/** Starts a server that sends `first`, and then `repeated` until the client closes the connection. `sent` counts the bytes. */
async function flood(first: string, repeated: string) {
  let sent = 0
  const bytes = Buffer.from(repeated)
  const server = closing(
    await listenRaw((socket) => {
      const more = () => {
        while (!socket.destroyed && socket.write(bytes)) sent += bytes.length
        if (!socket.destroyed) socket.once('drain', more)
      }
      socket.write(first)
      more()
    }),
  )
  return { server, sent: () => sent }
}

describe.each(FETCHES)('%s: attacks by the server', (name, fetch) => {
  it.each([
    ['a head without end', 'HTTP/1.1 200 OK\r\n', 'X-A: b\r\n'],
    ['a field without end', 'HTTP/1.1 200 OK\r\nX-A: ', 'x'.repeat(1000)],
  ])(
    `boundedFetch with ${name} ends a call when the server sends %s`,
    async (_what, first, repeated) => {
      const { server, sent } = await flood(first, repeated)
      expect(await getFailure(fetch, server.url)).toBe('unreachable')
      // The buffers of the two sockets contain most of the sent bytes.
      expect(sent()).toBeLessThan(20_000_000)
      expect(await faults.faults()).toEqual([])
    },
  )

  it.each([
    ['trailers without end', '0\r\n', 'X-A: b\r\n', 'unreachable'],
    ['a chunk without end', 'fffffff\r\n', ' '.repeat(1000), 'too_large'],
    ['chunks without end', '', `3e8\r\n${' '.repeat(1000)}\r\n`, 'too_large'],
  ])(
    `boundedFetch with ${name} ends a call when the server sends %s`,
    async (_what, first, repeated, failure) => {
      const lines = [
        'HTTP/1.1 200 OK',
        'Content-Type: application/json',
        'Transfer-Encoding: chunked',
      ]
      const { server, sent } = await flood(`${lines.join('\r\n')}\r\n\r\n${first}`, repeated)
      expect(await getFailure(fetch, server.url)).toBe(failure)
      expect(sent()).toBeLessThan(20_000_000)
      expect(await faults.faults()).toEqual([])
    },
  )

  it(`boundedFetch with ${name} ends a call at its deadline when the server sends responses with status 103 without end`, async () => {
    const { server } = await flood('', 'HTTP/1.1 103 Early Hints\r\nX-A: b\r\n\r\n'.repeat(20))
    expect(await getFailure(fetch, server.url, 200)).toBe('timeout')
    await until(() => server.connections[0]!.destroyed)
    expect(await faults.faults()).toEqual([])
  })

  it(`boundedFetch with ${name} closes the connection of an error response whose body never ends`, async () => {
    const { server, sent } = await flood('HTTP/1.1 500 Error\r\n\r\n', ' '.repeat(1000))
    expect(await getFailure(fetch, server.url)).toBe('status')
    await until(() => server.connections[0]!.destroyed)
    expect(sent()).toBeLessThan(20_000_000)
  })
})

describe('httpFetch: attacks by the server', () => {
  it('boundedFetch with httpFetch ends a call when the server sends a status line without end', async () => {
    const { server, sent } = await flood('HTTP/1.1 200 ', 'x'.repeat(1000))
    expect(await getFailure(httpFetch, server.url)).toBe('unreachable')
    expect(sent()).toBeLessThan(20_000_000)
  })
})
