import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import type { Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { closing } from '../../../../test/support/closing.ts'
import { fakeClock, settled } from '../../../../test/support/fake-clock.ts'
import { listen } from '../../../../test/support/servers.ts'
import { FETCHES, globalFetch } from '../../../../test/support/fetches.ts'
import { until } from '../../../../test/support/until.ts'
import {
  boundedFetch,
  FetchError,
  send,
  type SerializedRequest,
} from '../../src/authorization-server/bounded-fetch.ts'
import { readMaxAge } from '../../src/authorization-server/freshness.ts'
import { withDeadline } from '../../src/authorization-server/deadline.ts'
import { isReset } from '../../src/authorization-server/network-cause.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { LIMITS } from '../../src/limits.ts'
import type { Fetch } from '../../src/model/fetch.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

interface Options {
  readonly fetch?: Fetch
  readonly timeout?: number
  readonly closed?: AbortSignal
}

/** Returns functions that fetch a document. They use `standard` if the options contain no `fetch`. */
function createCalls(standard: Fetch) {
  async function getJson(url: string, options: Options = {}) {
    const { fetch = standard, timeout = 5000, closed = new AbortController().signal } = options
    const bounds = { clock: systemClock, timeout, closed }
    return (await withDeadline(bounds, (signal) => boundedFetch(fetch)(url, signal))).document
  }
  async function get(handler: RequestListener, options: Options = {}) {
    const server = closing(await listen(handler))
    return getJson(server.url, options)
  }
  return { getJson, get }
}

async function getFailure(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(FetchError)
  return (error as FetchError).failure
}

describe.each(FETCHES)('boundedFetch with %s', (_name, standard) => {
  const { getJson, get } = createCalls(standard)

  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/jwk-set+json',
    'Application/JSON',
  ])('boundedFetch reads a document of type %s', async (type) => {
    const document = await get((_req, res) => {
      res.writeHead(200, { 'content-type': type }).end('{"keys":[]}')
    })
    expect(document).toEqual({ keys: [] })
  })

  it.each([
    ['of type text/html', { 'content-type': 'text/html' }],
    ['of type text/plain', { 'content-type': 'text/plain' }],
    ['of type application/jsonp', { 'content-type': 'application/jsonp' }],
    ['of type application/json-seq', { 'content-type': 'application/json-seq' }],
    ['without Content-Type', {}],
  ])('boundedFetch rejects a document %s', async (_what, headers) => {
    const call = get((_req, res) => void res.writeHead(200, headers).end('{"keys":[]}'))
    expect(await getFailure(call)).toBe('content_type')
  })

  it.each([201, 204, 206, 304, 400, 401, 403, 404, 429, 500, 503])(
    'boundedFetch rejects a response with status %i',
    async (status) => {
      const call = get((_req, res) => {
        res.writeHead(status, JSON_TYPE).end(status === 204 || status === 304 ? undefined : '{}')
      })
      expect(await getFailure(call)).toBe(status === 304 ? 'redirect' : 'status')
    },
  )

  it.each([301, 302, 303, 307, 308])(
    'boundedFetch does not follow a redirect with status %i',
    async (status) => {
      let visited = 0
      const target = closing(
        await listen((_req, res) => {
          visited++
          res.writeHead(200, JSON_TYPE).end('{}')
        }),
      )
      const call = get((_req, res) => {
        res.writeHead(status, { ...JSON_TYPE, location: target.url }).end('{}')
      })
      expect(await getFailure(call)).toBe('redirect')
      expect(visited).toBe(0)
    },
  )

  it.each(['', '[]', 'null', '"x"', '{"keys":[],"keys":[]}', '{} {}', '\ufeff{}', '{"a":'])(
    'boundedFetch rejects the body %j',
    async (body) => {
      expect(
        await getFailure(get((_req, res) => void res.writeHead(200, JSON_TYPE).end(body))),
      ).toBe('malformed')
    },
  )

  it('boundedFetch accepts a body of LIMITS.documentBytes, and rejects a larger body, even if it is larger only after decompression', async () => {
    const body = (bytes: number) => `{"a":"${'x'.repeat(bytes - 8)}"}`
    const largest = await get(
      (_req, res) => void res.writeHead(200, JSON_TYPE).end(body(LIMITS.documentBytes)),
    )
    expect(JSON.stringify(largest)).toHaveLength(LIMITS.documentBytes)

    const larger = get(
      (_req, res) => void res.writeHead(200, JSON_TYPE).end(body(LIMITS.documentBytes + 1)),
    )
    expect(await getFailure(larger)).toBe('too_large')

    const bomb = gzipSync(body(50_000_000))
    expect(bomb.length).toBeLessThan(LIMITS.documentBytes)
    const inflated = get((_req, res) => {
      res.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' }).end(bomb)
    })
    expect(await getFailure(inflated)).toBe('too_large')
  })

  it('boundedFetch reads a body that is an iterable of bytes or strings, and stops reading at the limit', async () => {
    let isEnded = false
    const respond = (chunks: Iterable<Uint8Array | string>): Fetch => {
      async function* body() {
        try {
          yield* chunks
        } finally {
          isEnded = true
        }
      }
      const headers = new Headers(JSON_TYPE)
      return async () => ({
        status: 200,
        type: 'default',
        redirected: false,
        headers,
        body: body(),
      })
    }
    const url = 'https://as.example.com'
    const bytes = new TextEncoder().encode('{"a":"')
    expect(await getJson(url, { fetch: respond([bytes, '\u00e9', '"}']) })).toEqual({ a: '\u00e9' })

    isEnded = false
    const endless = (function* () {
      for (;;) yield 'x'.repeat(65_536)
    })()
    expect(await getFailure(getJson(url, { fetch: respond(endless) }))).toBe('too_large')
    expect(isEnded).toBe(true)
  })

  it('boundedFetch stops reading an endless response at the limit', async () => {
    const call = get((_req, res) => {
      res.writeHead(200, JSON_TYPE)
      const more = () => {
        while (!res.destroyed && res.write(' '.repeat(65_536)));
        if (!res.destroyed) res.once('drain', more)
      }
      more()
    })
    expect(await getFailure(call)).toBe('too_large')
  })

  it.each<[string, RequestListener]>([
    ['never responds', () => {}],
    ['stalls in the body', (_req, res) => void res.writeHead(200, JSON_TYPE).write('{"keys":')],
  ])(
    'boundedFetch rejects after the timeout if the server %s, and closes the connection',
    async (_what, handler) => {
      let closed: Promise<unknown> = Promise.resolve()
      const call = get(
        (req, res) => {
          closed = once(req.socket, 'close')
          handler(req, res)
        },
        { timeout: 100 },
      )
      expect(await getFailure(call)).toBe('timeout')
      await closed
    },
  )

  it('boundedFetch rejects after the timeout if a custom fetch ignores its signal', async () => {
    const fetch = () => new Promise<Response>(() => {})
    const call = getJson('https://as.example.com', { fetch, timeout: 10 })
    expect(await getFailure(call)).toBe('timeout')
  })

  it('boundedFetch rejects with the failure unreachable for a refused connection, an incomplete response and a fetch that throws', async () => {
    const gone = await listen(() => {})
    await gone.close()
    expect(await getFailure(getJson(gone.url))).toBe('unreachable')

    const broken = get((_req, res) => {
      res.writeHead(200, { ...JSON_TYPE, 'content-length': '100' })
      res.write('{"keys":', () => res.destroy())
    })
    expect(await getFailure(broken)).toBe('unreachable')

    const throwing = () => {
      throw new Error('misconfigured')
    }
    expect(await getFailure(getJson(gone.url, { fetch: throwing }))).toBe('unreachable')
  })

  it('boundedFetch rejects with the failure closed if the resource server is closed before or during the call', async () => {
    const ending = new AbortController()
    const call = get(() => ending.abort(), { closed: ending.signal })
    expect(await getFailure(call)).toBe('closed')
    expect(await getFailure(get(() => {}, { closed: ending.signal }))).toBe('closed')
  })
})

describe('a kept-alive connection of the global fetch', () => {
  const { getJson } = createCalls(globalFetch)

  /** Starts a server that responds to one request on each connection, and ends the connection at the next request. */
  async function listenForOneRequest(end: (socket: Socket) => unknown) {
    const used = new WeakSet()
    const counted = { requests: 0 }
    const server = closing(
      await listen(({ socket }, res) => {
        counted.requests++
        if (used.has(socket)) return void end(socket)
        used.add(socket)
        return void res.writeHead(200, JSON_TYPE).end('{}')
      }),
    )
    return { url: server.url, counted }
  }

  /** Waits until `fetch` can reuse the connection of the last response. */
  const waitUntilReusable = settled

  it.each<[string, (socket: Socket) => unknown]>([
    ['closed', (socket) => socket.destroy()],
    ['reset', (socket) => socket.resetAndDestroy()],
  ])('boundedFetch retries once if a kept-alive connection is %s', async (_how, end) => {
    const { url, counted } = await listenForOneRequest(end)
    for (const requests of [1, 3, 5]) {
      expect(await getJson(url)).toEqual({})
      expect(counted.requests).toBe(requests)
      await waitUntilReusable()
    }
    // The global `fetch` itself does not retry.
    const { signal } = new AbortController()
    const init = { method: 'GET', headers: {}, redirect: 'manual', signal } as const
    const failure: unknown = await globalFetch(url, init).catch((error: unknown) => error)
    expect([isReset(failure), counted.requests]).toEqual([true, 6])
  })
})

describe.each(FETCHES)('a connection of %s that is reset before the head', (_name, standard) => {
  const { getJson, get } = createCalls(standard)

  /** Makes a call that must fail. `end` is the function that fetches. Returns the failure and the number of calls of `end`. */
  async function countCalls(end: Fetch, options: Options = {}) {
    let calls = 0
    const fetch: Fetch = (url, init) => {
      calls++
      return end(url, init)
    }
    const failure = await getFailure(getJson('https://as.example.com', { ...options, fetch }))
    return [failure, calls]
  }
  const failing = (error: Error) =>
    countCalls(async () => {
      throw error
    })
  const coded = (code: string) => Object.assign(new Error('failed'), { code })
  const hidden = (code: string) => new TypeError('fetch failed', { cause: coded(code) })

  it.each(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])(
    'boundedFetch retries once after a connection reset with the error code %s',
    async (code) => {
      expect(await failing(coded(code))).toEqual(['unreachable', 2])
      expect(await failing(hidden(code))).toEqual(['unreachable', 2])
    },
  )

  it.each([
    'ECONNREFUSED',
    'ENOTFOUND',
    'ETIMEDOUT',
    'CERT_HAS_EXPIRED',
    'HPE_INVALID_CONSTANT',
    'UND_ERR_CONNECT_TIMEOUT',
    'UND_ERR_HEADERS_TIMEOUT',
    'UND_ERR_BODY_TIMEOUT',
  ])('boundedFetch does not retry after a failure with the error code %s', async (code) => {
    expect(await failing(coded(code))).toEqual(['unreachable', 1])
    expect(await failing(hidden(code))).toEqual(['unreachable', 1])
  })

  it('boundedFetch does not retry after an error without a code', async () => {
    expect(await failing(new TypeError('fetch failed'))).toEqual(['unreachable', 1])
    expect(await failing(new Error('ECONNRESET'))).toEqual(['unreachable', 1])
  })

  it('boundedFetch does not retry after the deadline, or after the resource server is closed', async () => {
    const end = new AbortController()
    const closed = async () => {
      end.abort()
      throw coded('ECONNRESET')
    }
    expect(await countCalls(closed, { closed: end.signal })).toEqual(['closed', 1])
    const late: Fetch = (_url, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(coded('ECONNRESET')))
      })
    expect(await countCalls(late, { timeout: 10 })).toEqual(['timeout', 1])
  })

  it('send does not create a second request after its signal is aborted', async () => {
    const abort = new AbortController()
    let written = 0
    const write = (): SerializedRequest => {
      written++
      return { method: 'POST', headers: {} }
    }
    const fetch = async () => {
      abort.abort(new FetchError('timeout', 'too late'))
      throw coded('ECONNRESET')
    }
    const call = { fetch, url: 'https://as.example.com', signal: abort.signal }
    expect(await getFailure(send(call, write))).toBe('unreachable')
    expect(written).toBe(1)
  })

  it('send throws the error of the reset if the second request cannot be created', async () => {
    let written = 0
    const write = async (): Promise<SerializedRequest> => {
      if (++written === 2) throw new Error('no second assertion')
      return { method: 'POST', headers: {} }
    }
    const reset = coded('ECONNRESET')
    const { signal } = new AbortController()
    const call = { fetch: () => Promise.reject(reset), url: 'https://as.example.com', signal }
    await expect(send(call, write)).rejects.toMatchObject({ failure: 'unreachable', cause: reset })
    expect(written).toBe(2)
  })

  it('boundedFetch uses one deadline for the first call and the retry', async () => {
    let calls = 0
    const server = closing(await listen(({ socket }) => void (++calls === 1 && socket.destroy())))
    const clock = fakeClock()
    const closed = new AbortController().signal
    const call = withDeadline({ clock, timeout: 3000, closed }, async (signal) => {
      const fetch: Fetch = (url, init) => {
        expect(init.signal).toBe(signal)
        clock.advance(1)
        return standard(url, init)
      }
      return boundedFetch(fetch)(server.url, signal)
    })
    const failed = getFailure(call)
    await until(() => calls === 2)
    expect([clock.monotonic(), clock.pending()]).toEqual([2000, 1])
    clock.advance(1)
    expect(await failed).toBe('timeout')
    expect(calls).toBe(2)
  })

  it.each([
    ['half a status line', 'HTTP/1.1 20'],
    ['half a head', 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Le'],
    ['the interim response 103', 'HTTP/1.1 103 Early Hints\r\nLink: </keys>; rel=preload\r\n\r\n'],
  ])('boundedFetch retries if a connection ends after %s', async (_what, begun) => {
    let calls = 0
    const call = get(({ socket }, res) => {
      if (++calls === 1) socket.end(begun)
      else res.writeHead(200, JSON_TYPE).end('{}')
    })
    expect([await call, calls]).toEqual([{}, 2])
  })

  it.each<[string, RequestListener]>([
    [
      'the head, then a reset',
      (req, res) => {
        res.writeHead(200, { ...JSON_TYPE, 'content-length': '100' }).flushHeaders()
        setImmediate(() => req.socket.resetAndDestroy())
      },
    ],
    [
      'half a body, then the end',
      (_req, res) => {
        res.writeHead(200, { ...JSON_TYPE, 'content-length': '100' })
        res.write('{"keys":', () => res.destroy())
      },
    ],
  ])(
    'boundedFetch does not retry after the response head is complete: %s',
    async (_what, handler) => {
      let calls = 0
      const call = get((req, res) => {
        calls++
        handler(req, res)
      })
      expect([await getFailure(call), calls]).toEqual(['unreachable', 1])
    },
  )
})

describe('readMaxAge', () => {
  it.each([
    [undefined, undefined, undefined],
    ['public', undefined, undefined],
    ['max-age=60', undefined, 60],
    ['public, MAX-AGE=60', undefined, 60],
    ['max-age="60"', undefined, 60],
    ['max-age=60', '45', 15],
    ['max-age=60', '90', 0],
    ['max-age=60', 'soon', 60],
    ['max-age=60, max-age=600', undefined, 60],
    ['max-age=31536000000000000000', undefined, 31_536_000_000_000_000_000],
    [`max-age=${'9'.repeat(400)}`, '9'.repeat(400), 0],
    ['max-age=-1', undefined, 0],
    ['max-age=1.5', undefined, 0],
    ['max-age=', undefined, 0],
    ['no-store', undefined, 0],
    ['max-age=600, no-cache', undefined, 0],
    ['no-cache="set-cookie"', undefined, 0],
    ['s-maxage=60', undefined, undefined],
    ['stale-while-revalidate=60', undefined, undefined],
  ])('readMaxAge with Cache-Control %j and Age %j returns %j', (cacheControl, age, expected) => {
    const headers = new Headers({ expires: 'Thu, 01 Jan 1970 00:00:00 GMT' })
    if (cacheControl !== undefined) headers.set('cache-control', cacheControl)
    if (age !== undefined) headers.set('age', age)
    expect(readMaxAge(headers)).toBe(expected)
  })
})
