import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import type { Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { closing } from '../../../../test/support/closing.ts'
import { fakeClock, settled } from '../../../../test/support/fake-clock.ts'
import { listen } from '../../../../test/support/servers.ts'
import { until } from '../../../../test/support/until.ts'
import {
  boundedFetch,
  FetchError,
  send,
  type WrittenRequest,
} from '../../src/authorization-server/bounded-fetch.ts'
import { readMaxAge } from '../../src/authorization-server/freshness.ts'
import { withDeadline } from '../../src/authorization-server/deadline.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { LIMITS } from '../../src/limits.ts'
import type { Fetch } from '../../src/model/fetch.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

interface Options {
  readonly fetch?: Fetch
  readonly timeout?: number
  readonly closed?: AbortSignal
}

async function getJson(url: string, options: Options = {}) {
  const {
    fetch = globalThis.fetch,
    timeout = 5000,
    closed = new AbortController().signal,
  } = options
  const bounds = { clock: systemClock, timeout, closed }
  return (await withDeadline(bounds, (signal) => boundedFetch(fetch)(url, signal))).document
}

async function get(handler: RequestListener, options: Options = {}) {
  const server = closing(await listen(handler))
  return getJson(server.url, options)
}

async function failureOf(exchange: Promise<unknown>): Promise<string> {
  const error = await exchange.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(FetchError)
  return (error as FetchError).failure
}

describe('a bounded call', () => {
  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/jwk-set+json',
    'Application/JSON',
  ])('reads a document of type %s', async (type) => {
    const document = await get((_req, res) => {
      res.writeHead(200, { 'content-type': type }).end('{"keys":[]}')
    })
    expect(document).toEqual({ keys: [] })
  })

  it.each(['text/html', 'text/plain', 'application/jsonp', 'application/json-seq', ''])(
    'refuses a document of type %j',
    async (type) => {
      const exchange = get((_req, res) => {
        res.writeHead(200, type === '' ? {} : { 'content-type': type }).end('{"keys":[]}')
      })
      expect(await failureOf(exchange)).toBe('content_type')
    },
  )

  it.each([201, 204, 206, 304, 400, 401, 403, 404, 429, 500, 503])(
    'refuses status %i',
    async (status) => {
      const exchange = get((_req, res) => {
        res.writeHead(status, JSON_TYPE).end(status === 204 || status === 304 ? undefined : '{}')
      })
      expect(await failureOf(exchange)).toBe(status === 304 ? 'redirect' : 'status')
    },
  )

  it.each([301, 302, 303, 307, 308])(
    'does not follow a redirect with status %i',
    async (status) => {
      let visited = 0
      const target = closing(
        await listen((_req, res) => {
          visited++
          res.writeHead(200, JSON_TYPE).end('{}')
        }),
      )
      const exchange = get((_req, res) => {
        res.writeHead(status, { ...JSON_TYPE, location: target.url }).end('{}')
      })
      expect(await failureOf(exchange)).toBe('redirect')
      expect(visited).toBe(0)
    },
  )

  it.each(['', '[]', 'null', '"x"', '{"keys":[],"keys":[]}', '{} {}', '\ufeff{}', '{"a":'])(
    'refuses the body %j',
    async (body) => {
      expect(
        await failureOf(get((_req, res) => void res.writeHead(200, JSON_TYPE).end(body))),
      ).toBe('malformed')
    },
  )

  it('reads no more than its limit, counted after decompression', async () => {
    const body = (bytes: number) => `{"a":"${'x'.repeat(bytes - 8)}"}`
    const largest = await get(
      (_req, res) => void res.writeHead(200, JSON_TYPE).end(body(LIMITS.documentBytes)),
    )
    expect(JSON.stringify(largest)).toHaveLength(LIMITS.documentBytes)

    const larger = get(
      (_req, res) => void res.writeHead(200, JSON_TYPE).end(body(LIMITS.documentBytes + 1)),
    )
    expect(await failureOf(larger)).toBe('too_large')

    const bomb = gzipSync(body(50_000_000))
    expect(bomb.length).toBeLessThan(LIMITS.documentBytes)
    const inflated = get((_req, res) => {
      res.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' }).end(bomb)
    })
    expect(await failureOf(inflated)).toBe('too_large')
  })

  it('reads a body that is an iterable of bytes or strings, up to its limit', async () => {
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
    expect(await failureOf(getJson(url, { fetch: respond(endless) }))).toBe('too_large')
    expect(isEnded).toBe(true)
  })

  it('ends an endless answer at its limit', async () => {
    const exchange = get((_req, res) => {
      res.writeHead(200, JSON_TYPE)
      const more = () => {
        while (!res.destroyed && res.write(' '.repeat(65_536)));
        if (!res.destroyed) res.once('drain', more)
      }
      more()
    })
    expect(await failureOf(exchange)).toBe('too_large')
  })

  it.each<[string, RequestListener]>([
    ['never answers', () => {}],
    ['stalls in the body', (_req, res) => void res.writeHead(200, JSON_TYPE).write('{"keys":')],
  ])('times out on a server that %s, and lets go of the connection', async (_what, handler) => {
    let closed: Promise<unknown> = Promise.resolve()
    const exchange = get(
      (req, res) => {
        closed = once(req.socket, 'close')
        handler(req, res)
      },
      { timeout: 100 },
    )
    expect(await failureOf(exchange)).toBe('timeout')
    await closed
  })

  it('times out where a replaced fetch ignores its signal', async () => {
    const fetch = () => new Promise<Response>(() => {})
    const exchange = getJson('https://as.example.com', { fetch, timeout: 10 })
    expect(await failureOf(exchange)).toBe('timeout')
  })

  it('reports a refused connection, a broken answer, and a fetch that throws', async () => {
    const gone = await listen(() => {})
    await gone.close()
    expect(await failureOf(getJson(gone.url))).toBe('unreachable')

    const broken = get((_req, res) => {
      res.writeHead(200, { ...JSON_TYPE, 'content-length': '100' })
      res.write('{"keys":', () => res.destroy())
    })
    expect(await failureOf(broken)).toBe('unreachable')

    const throwing = () => {
      throw new Error('misconfigured')
    }
    expect(await failureOf(getJson(gone.url, { fetch: throwing }))).toBe('unreachable')
  })

  it('ends when the resource server is closed', async () => {
    const ending = new AbortController()
    const exchange = get(() => ending.abort(), { closed: ending.signal })
    expect(await failureOf(exchange)).toBe('closed')
    expect(await failureOf(get(() => {}, { closed: ending.signal }))).toBe('closed')
  })
})

describe('a call whose connection is reset before the head of its answer is complete', () => {
  /** Answers one request on each connection, and does this with the connection when there is another. */
  async function answeringOnce(end: (socket: Socket) => unknown) {
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

  /** The connection of an answer that was read can be used again. */
  const isKept = settled

  it.each<[string, (socket: Socket) => unknown]>([
    ['closed', (socket) => socket.destroy()],
    ['reset', (socket) => socket.resetAndDestroy()],
  ])('is made once more where a kept connection is %s', async (_how, end) => {
    const { url, counted } = await answeringOnce(end)
    for (const requests of [1, 3, 5]) {
      expect(await getJson(url)).toEqual({})
      expect(counted.requests).toBe(requests)
      await isKept()
    }
    // This is what it is about: fetch does not get over it by itself.
    const failure = await globalThis.fetch(url).catch((error: Error) => error.message)
    expect([failure, counted.requests]).toEqual(['fetch failed', 6])
  })

  /** How often a call is made that ends like this. */
  async function callsOf(end: Fetch, options: Options = {}) {
    let calls = 0
    const fetch: Fetch = (url, init) => {
      calls++
      return end(url, init)
    }
    const failure = await failureOf(getJson('https://as.example.com', { ...options, fetch }))
    return [failure, calls]
  }
  const failing = (error: Error) =>
    callsOf(async () => {
      throw error
    })
  const coded = (code: string) => Object.assign(new Error('failed'), { code })
  const hidden = (code: string) => new TypeError('fetch failed', { cause: coded(code) })

  it.each(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])(
    "is made twice at most, also by one's own fetch: %s",
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
  ])('is nothing else, and nothing else is repeated: %s', async (code) => {
    expect(await failing(coded(code))).toEqual(['unreachable', 1])
    expect(await failing(hidden(code))).toEqual(['unreachable', 1])
  })

  it('is not repeated where no code says so', async () => {
    expect(await failing(new TypeError('fetch failed'))).toEqual(['unreachable', 1])
    expect(await failing(new Error('ECONNRESET'))).toEqual(['unreachable', 1])
  })

  it('is not repeated when its time is over, or all is closed', async () => {
    const end = new AbortController()
    const closed = async () => {
      end.abort()
      throw coded('ECONNRESET')
    }
    expect(await callsOf(closed, { closed: end.signal })).toEqual(['closed', 1])
    const late: Fetch = (_url, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(coded('ECONNRESET')))
      })
    expect(await callsOf(late, { timeout: 10 })).toEqual(['timeout', 1])
  })

  it('is not even written again then: nobody is asked for a secret', async () => {
    const abort = new AbortController()
    let written = 0
    const write = (): WrittenRequest => {
      written++
      return { method: 'POST', headers: {} }
    }
    const fetch = async () => {
      abort.abort(new FetchError('timeout', 'too late'))
      throw coded('ECONNRESET')
    }
    const call = { fetch, url: 'https://as.example.com', signal: abort.signal }
    expect(await failureOf(send(call, write))).toBe('unreachable')
    expect(written).toBe(1)
  })

  it('is what has failed where it cannot be written again', async () => {
    let written = 0
    const write = async (): Promise<WrittenRequest> => {
      if (++written === 2) throw new Error('no second assertion')
      return { method: 'POST', headers: {} }
    }
    const reset = coded('ECONNRESET')
    const { signal } = new AbortController()
    const call = { fetch: () => Promise.reject(reset), url: 'https://as.example.com', signal }
    await expect(send(call, write)).rejects.toMatchObject({ failure: 'unreachable', cause: reset })
    expect(written).toBe(2)
  })

  it('shares its time with the second one', async () => {
    let calls = 0
    const server = closing(await listen(({ socket }) => void (++calls === 1 && socket.destroy())))
    const clock = fakeClock()
    const closed = new AbortController().signal
    const exchange = withDeadline({ clock, timeout: 3000, closed }, async (signal) => {
      const fetch: Fetch = (url, init) => {
        expect(init.signal).toBe(signal)
        clock.advance(1)
        return globalThis.fetch(url, init)
      }
      return boundedFetch(fetch)(server.url, signal)
    })
    const failed = failureOf(exchange)
    await until(() => calls === 2)
    expect([clock.monotonic(), clock.pending()]).toEqual([2000, 1])
    clock.advance(1)
    expect(await failed).toBe('timeout')
    expect(calls).toBe(2)
  })

  it.each([
    ['half a status line', 'HTTP/1.1 20'],
    ['half a head', 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Le'],
    ['a 103', 'HTTP/1.1 103 Early Hints\r\nLink: </keys>; rel=preload\r\n\r\n'],
  ])('is made once more: %s, then the end', async (_what, begun) => {
    let calls = 0
    const exchange = get(({ socket }, res) => {
      if (++calls === 1) socket.end(begun)
      else res.writeHead(200, JSON_TYPE).end('{}')
    })
    expect([await exchange, calls]).toEqual([{}, 2])
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
  ])('is none once the head was complete: %s', async (_what, handler) => {
    let calls = 0
    const exchange = get((req, res) => {
      calls++
      handler(req, res)
    })
    expect([await failureOf(exchange), calls]).toEqual(['unreachable', 1])
  })
})

describe('the age up to which an answer may be kept', () => {
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
  ])('of Cache-Control %j and Age %j is %j', (cacheControl, age, expected) => {
    const headers = new Headers({ expires: 'Thu, 01 Jan 1970 00:00:00 GMT' })
    if (cacheControl !== undefined) headers.set('cache-control', cacheControl)
    if (age !== undefined) headers.set('age', age)
    expect(readMaxAge(headers)).toBe(expected)
  })
})
