import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { listen } from '../../../test/support/servers.ts'
import { API, closing, setup, waitForRequests, until } from './setup.ts'
import { grantTokens } from './token-server.ts'

/** Starts an API on loopback that records each call and responds with `respond`. */
async function createApi(
  respond: (request: IncomingMessage, response: ServerResponse, body: string) => unknown = accept,
) {
  const calls: string[] = []
  const server = closing(
    await listen((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString()
        const { method, url, headers } = request
        calls.push([method, url, headers.authorization, body].filter((part) => part).join(' '))
        respond(request, response, body)
      })
    }),
  )
  return { ...server, calls }
}

function accept(_request: IncomingMessage, response: ServerResponse): void {
  response.end('welcome')
}

const CHALLENGE = 'Bearer realm="api", error="invalid_token", error_description="revoked"'
/** Creates a handler that responds with 401 to the given tokens, and with 200 to every other token. */
const rejectTokens =
  (values: readonly string[], challenge = CHALLENGE) =>
  ({ headers }: IncomingMessage, response: ServerResponse) => {
    const isRejected = values.some((value) => headers.authorization === `Bearer ${value}`)
    if (isRejected) response.writeHead(401, { 'WWW-Authenticate': challenge }).end('rejected')
    else response.end('welcome')
  }

/** Creates a source that may call `url`. Its cached token is 10 seconds old. */
async function setupCaller(url: string, options: object = {}) {
  const all = await setup(grantTokens, { allowedOrigins: [url], ...options })
  await all.source.getToken()
  all.clock.advance(10)
  return all
}

describe('source.fetch()', () => {
  it('source.fetch() sends the token in the Authorization header', async () => {
    const { url, calls } = await createApi()
    const { source } = await setupCaller(url)
    const init = { method: 'POST', body: 'hello', headers: { 'X-Trace': '1' } }
    const response = await source.fetch(`${url}/items?page=2`, init)
    expect(await response.text()).toBe('welcome')
    await source.fetch(new URL(`${url}/a`))
    await source.fetch(new Request(`${url}/b`, { method: 'PUT', body: 'x' }))
    expect(calls).toEqual([
      'POST /items?page=2 Bearer token-1 hello',
      'GET /a Bearer token-1',
      'PUT /b Bearer token-1 x',
    ])
  })

  it('source.fetch() does not retry a call if the API closes the connection', async () => {
    const used = new WeakSet()
    const { url, calls } = await createApi((request, response) => {
      if (used.has(request.socket)) return request.socket.destroy()
      used.add(request.socket)
      return response.end('welcome')
    })
    const { source } = await setupCaller(url)
    expect(await (await source.fetch(url)).text()).toBe('welcome')
    await waitForRequests()
    const closed = { cause: { code: 'UND_ERR_SOCKET' } }
    await expect(source.fetch(url, { method: 'POST' })).rejects.toMatchObject(closed)
    expect(calls).toEqual(['GET / Bearer token-1', 'POST / Bearer token-1'])
  })

  it('source.fetch() sends the token of the target that its third argument selects', async () => {
    const { url, calls } = await createApi()
    const { source, server } = await setupCaller(url)
    await source.fetch(url, {}, { scope: 'admin' })
    expect(calls).toEqual(['GET / Bearer token-2'])
    expect(server.requests[1]!.form.get('scope')).toBe('admin')
  })

  it('source.fetch() rejects with TypeError if the request has an Authorization header', async () => {
    const { url, calls } = await createApi()
    const { source } = await setupCaller(url)
    const headers = { authorization: 'Basic x' }
    const error = new TypeError(
      'source.fetch sets the Authorization header: remove it from the request',
    )
    await expect(source.fetch(url, { headers })).rejects.toThrow(error)
    await expect(source.fetch(new Request(url, { headers }))).rejects.toThrow(error)
    expect(calls).toEqual([])
  })

  it('source.fetch() rejects with TypeError if init is not a plain object', async () => {
    const { url, calls } = await createApi()
    const { source } = await setupCaller(url)
    const post = new Request(url, { method: 'POST', body: 'hello' })
    for (const init of [post, Object.create({ method: 'POST' }) as RequestInit]) {
      await expect(source.fetch(url, init)).rejects.toThrow(
        new TypeError('source.fetch requires a plain object as init: pass a Request as input'),
      )
    }
    await source.fetch(url, Object.assign(Object.create(null) as RequestInit, { method: 'PUT' }))
    expect(calls).toEqual(['PUT / Bearer token-1'])
  })

  it('source.fetch() rejects a signal in its third argument, and getToken() rejects a signal that is not an AbortSignal', async () => {
    const { source, server } = await setup()
    const request = { signal: AbortSignal.timeout(1000) } as object
    await expect(source.fetch(API, {}, request)).rejects.toThrow('signal is not an option')
    await expect(source.getToken({ signal: 7 as never })).rejects.toThrow('signal must be')
    expect(server.requests).toEqual([])
  })

  it('source.fetch() rejects with the error that resourceFetch throws', async () => {
    const { source } = await setup(grantTokens, {
      resourceFetch: async () => {
        throw new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } })
      },
    })
    await expect(source.fetch(API)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })
  })

  it('source.fetch() calls the API with resourceFetch', async () => {
    const seen: unknown[] = []
    const { source } = await setup(grantTokens, {
      resourceFetch: async (input, init) => {
        seen.push(input, init?.method, new Headers(init?.headers).get('authorization'))
        return new Response('hi')
      },
    })
    expect(await (await source.fetch(`${API}/x`, { method: 'POST' })).text()).toBe('hi')
    expect(seen).toEqual([`${API}/x`, 'POST', 'Bearer token-1'])
  })

  it('source.fetch() rejects when its signal is aborted while it waits for a token', async () => {
    const { source, server } = await setup(() => undefined, {
      allowedOrigins: ['http://127.0.0.1:9'],
    })
    const abort = new AbortController()
    const call = source.fetch('http://127.0.0.1:9', { signal: abort.signal })
    await until(() => server.requests.length > 0)
    abort.abort(new Error('enough'))
    await expect(call).rejects.toThrow('enough')
  })
})

describe('a token that an API rejects', () => {
  it('source.fetch() replaces a rejected token and sends the request once more', async () => {
    const { url, calls } = await createApi(rejectTokens(['token-1']))
    const { source, server } = await setupCaller(url)
    const response = await source.fetch(url, { method: 'POST', body: 'hello' })
    expect(response.status).toBe(200)
    expect(calls).toEqual(['POST / Bearer token-1 hello', 'POST / Bearer token-2 hello'])
    expect(server.requests).toHaveLength(2)
  })

  it('source.fetch() replaces a rejected token once for 50 concurrent calls', async () => {
    const { url, calls } = await createApi(rejectTokens(['token-1']))
    const { source, server } = await setupCaller(url)
    const responses = await Promise.all(Array.from({ length: 50 }, () => source.fetch(url)))
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]))
    expect(calls).toHaveLength(100)
    expect(server.requests).toHaveLength(2)
  })

  it('source.fetch() returns the 401 if the API also rejects the new token', async () => {
    const { url, calls } = await createApi(rejectTokens(['token-1', 'token-2', 'token-3']))
    const { source, server } = await setupCaller(url)
    const response = await source.fetch(url)
    expect([response.status, await response.text()]).toEqual([401, 'rejected'])
    expect(calls).toHaveLength(2)
    // The new token is younger than 5 s and is not replaced. This limits the load on the server.
    await Promise.all(Array.from({ length: 20 }, () => source.fetch(url)))
    expect(server.requests).toHaveLength(2)
    expect(calls).toHaveLength(22)
  })

  it('source.fetch() does not replace a token that was requested less than 5 s ago', async () => {
    const { url, calls } = await createApi(rejectTokens(['token-1']))
    const { source, server, clock } = await setup(grantTokens, { allowedOrigins: [url] })
    expect((await source.fetch(url)).status).toBe(401)
    clock.advance(4.9)
    expect((await source.fetch(url)).status).toBe(401)
    expect([calls.length, server.requests.length]).toEqual([2, 1])
    clock.advance(0.1)
    expect((await source.fetch(url)).status).toBe(200)
  })

  it.each<[string, () => [string | Request, RequestInit] | RequestInit]>([
    ['a stream', () => ({ body: new Blob(['hello']).stream(), duplex: 'half' }) as RequestInit],
    ['part of a Request', () => [new Request('http://x', { method: 'POST', body: 'hello' }), {}]],
  ])(
    'source.fetch() replaces a rejected token without a retry if the body is %s',
    async (_case, make) => {
      const { url, calls } = await createApi(rejectTokens(['token-1']))
      const { source, count } = await setupCaller(url)
      const made = make()
      const [input, init] = Array.isArray(made)
        ? [new Request(url, made[0] as Request), made[1]]
        : [url, made]
      expect((await source.fetch(input, { method: 'POST', ...init })).status).toBe(401)
      expect(calls).toEqual(['POST / Bearer token-1 hello'])
      await until(() => count('token_renewed') === 1)
      expect((await source.fetch(url)).status).toBe(200)
      expect(calls.at(-1)).toBe('GET / Bearer token-2')
    },
  )

  it.each<[string, () => RequestInit['body']]>([
    ['a string', () => 'a=1'],
    ['URLSearchParams', () => new URLSearchParams({ a: '1' })],
    ['a Uint8Array', () => new TextEncoder().encode('a=1')],
    ['an ArrayBuffer', () => new TextEncoder().encode('a=1').buffer],
    ['a Blob', () => new Blob(['a=1'])],
  ])('source.fetch() sends the body again after a 401 if the body is %s', async (_case, body) => {
    const { url, calls } = await createApi(rejectTokens(['token-1']))
    const { source } = await setupCaller(url)
    expect((await source.fetch(url, { method: 'POST', body: body()! })).status).toBe(200)
    expect(calls.map((call) => call.slice(-3))).toEqual(['a=1', 'a=1'])
  })

  it('source.fetch() returns the 401 of the API if no new token is available', async () => {
    const { url } = await createApi(rejectTokens(['token-1']))
    const { source, server } = await setupCaller(url, { maxWait: 0 })
    server.answer(500)
    const response = await source.fetch(url)
    expect([response.status, await response.text()]).toEqual([401, 'rejected'])
  })

  it('a rejected token stays in use for other APIs during the backoff until a new token arrives', async () => {
    const broken = await createApi(rejectTokens(['token-1', 'token-2']))
    const good = await createApi()
    const { source, server, clock } = await setupCaller(broken.url, {
      allowedOrigins: [broken.url, good.url],
      maxWait: 0,
    })
    server.answer(500)
    for (let call = 0; call < 20; call++) {
      expect((await source.fetch(broken.url)).status).toBe(401)
      expect((await source.fetch(good.url)).status).toBe(200)
    }
    expect(new Set(good.calls)).toEqual(new Set(['GET / Bearer token-1']))
    expect(server.requests).toHaveLength(2)
    expect(source.counters()).toMatchObject({ invalidated: 1, failed: 1 })
    server.answer({ access_token: 'token-3', token_type: 'Bearer', expires_in: 600 })
    clock.advance(1)
    expect((await source.fetch(broken.url)).status).toBe(200)
    expect((await source.fetch(good.url)).status).toBe(200)
    expect(good.calls.at(-1)).toBe('GET / Bearer token-3')
  })

  it('a rejected token stays in use for other APIs while a new token is requested', async () => {
    const broken = await createApi(rejectTokens(['token-1']))
    const good = await createApi()
    const { source, server } = await setupCaller(broken.url, {
      allowedOrigins: [broken.url, good.url],
    })
    server.answer(() => undefined)
    const abort = new AbortController()
    const waiting = source.fetch(broken.url, { signal: abort.signal })
    await server.received(2)
    expect((await source.fetch(good.url)).status).toBe(200)
    // After an abort, the call rejects with the reason of its signal. It does not return the 401.
    abort.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
  })

  it('source.fetch() replaces a rejected token even if the body of the 401 is incomplete', async () => {
    const { url } = await createApi(({ headers }, response) => {
      if (headers.authorization !== 'Bearer token-1') return response.end('welcome')
      response.writeHead(401, { 'WWW-Authenticate': CHALLENGE, 'Content-Length': 100 })
      return response.write('rejec', () => setImmediate(() => response.destroy()))
    })
    const { source } = await setupCaller(url)
    expect(await (await source.fetch(url)).text()).toBe('welcome')
    await waitForRequests()
  })

  it('source.fetch() replaces a rejected token for the same target, even if the caller changes the third argument during the call', async () => {
    const { url, calls } = await createApi(rejectTokens(['token-2']))
    const { source, server, clock } = await setupCaller(url)
    const scope = ['admin']
    await source.getToken({ scope })
    clock.advance(5)
    const call = source.fetch(url, {}, { scope })
    scope[0] = 'another'
    expect((await call).status).toBe(200)
    expect(calls).toEqual(['GET / Bearer token-2', 'GET / Bearer token-3'])
    expect(server.requests[2]!.form.get('scope')).toBe('admin')
  })

  it.each([
    ['Bearer realm="api"', 1],
    ['Bearer error="insufficient_scope"', 1],
    ['Basic realm="x", error="invalid_token"', 1],
    ['Bearer realm="error=\\"invalid_token\\""', 1],
    ['Bearer realm="a, Bearer error=invalid_token"', 1],
    ['', 1],
    ['bearer ERROR=invalid_token', 2],
    ['Basic realm="x", Bearer realm="y", error="invalid_token"', 2],
    ['Negotiate abc==, Bearer error="invalid_token"', 2],
    ['DPoP algs="ES256", Bearer error = "invalid_token", Basic realm="z"', 2],
  ])(
    'source.fetch() gets a 401 with the challenge "%s", and makes %d call(s) in total',
    async (challenge, times) => {
      const { url, calls } = await createApi(rejectTokens(['token-1'], challenge))
      const { source } = await setupCaller(url)
      await source.fetch(url)
      expect(calls).toHaveLength(times)
    },
  )

  it.each([
    ['invalid_token', '', 1],
    ['invalid_token', CHALLENGE, 2],
    ['any401', '', 2],
    ['any401', 'Bearer realm="api", authorization_uri="https://login.example.com"', 2],
    ['any401', 'Token', 2],
    ['any401', CHALLENGE, 2],
  ] as const)(
    'source.fetch() with retryOn %s gets a 401 with the challenge "%s", and makes %d call(s) in total',
    async (retryOn, challenge, times) => {
      const { url, calls } = await createApi(rejectTokens(['token-1'], challenge))
      const { source, server } = await setupCaller(url, { retryOn })
      const { status } = await source.fetch(url)
      expect([status, calls.length]).toEqual([times === 1 ? 401 : 200, times])
      expect(server.requests).toHaveLength(times)
    },
  )

  it('source.fetch() with retryOn any401 replaces a token at most once in 5 s', async () => {
    const { url, calls } = await createApi((_request, response) => response.writeHead(401).end())
    const { source, server, clock } = await setupCaller(url, { retryOn: 'any401' })
    for (let tenth = 0; tenth < 100; tenth++) {
      expect((await source.fetch(url)).status).toBe(401)
      clock.advance(0.1)
    }
    // The first token was 10 s old. Each new one is replaced when it is 5 s old.
    expect(server.requests).toHaveLength(3)
    expect(calls).toHaveLength(102)
  })

  it.each([400, 403, 404, 500])(
    'source.fetch() with retryOn any401 does not retry after status %i',
    async (status) => {
      const { url, calls } = await createApi((_request, response) => {
        response.writeHead(status, { 'WWW-Authenticate': CHALLENGE }).end()
      })
      const { source } = await setupCaller(url, { retryOn: 'any401' })
      expect((await source.fetch(url)).status).toBe(status)
      expect(calls).toHaveLength(1)
    },
  )

  it('source.fetch() does not retry after status 403 with invalid_token', async () => {
    const { url, calls } = await createApi((_request, response) => {
      response.writeHead(403, { 'WWW-Authenticate': CHALLENGE }).end()
    })
    const { source } = await setupCaller(url)
    expect((await source.fetch(url)).status).toBe(403)
    expect(calls).toHaveLength(1)
  })
})

describe('allowed origins', () => {
  it.each([
    'https://evil.example.com/',
    'http://api.example.com/',
    'https://api.example.com:8443/',
    'https://api.example.com.evil.example.com/',
    'https://api.example.com@evil.example.com/',
    'https://evil.example.com/https://api.example.com/',
    'https:\\\\evil.example.com\\api.example.com',
    '//api.example.com',
    'data:text/plain,hello',
    'file:///etc/passwd',
  ])('source.fetch() sends no token to %s', async (address) => {
    const sent: unknown[] = []
    const { source, server } = await setup(grantTokens, {
      resourceFetch: async (input) => {
        sent.push(input)
        return new Response()
      },
    })
    await expect(source.fetch(address)).rejects.toThrow(/origin_not_allowed|Invalid URL/)
    expect(sent).toEqual([])
    expect(server.requests).toEqual([])
    await source.fetch('HTTPS://API.example.com:443/x')
    expect(sent).toEqual([`${API}/x`])
  })

  it.each([
    ['is not set', { resource: undefined }],
    ['is not a URL', { resource: 'urn:example:api' }],
    ['is not https', { resource: 'http://127.0.0.1/' }],
    [
      'is not set and audience is set',
      { resource: undefined, audience: 'https://api.example.com' },
    ],
  ])(
    'source.fetch() without allowedOrigins sends no token if resource %s',
    async (_case, options) => {
      const { source } = await setup(grantTokens, options as object)
      for (const address of ['http://127.0.0.1/', API]) {
        await expect(source.fetch(address)).rejects.toMatchObject({ code: 'origin_not_allowed' })
      }
    },
  )

  it('source.fetch() does not send the token of another resource to the configured resource', async () => {
    const { source } = await setup()
    const request = { resource: 'https://other.example.com/v1' }
    await expect(source.fetch(API, {}, request)).rejects.toMatchObject({
      code: 'origin_not_allowed',
    })
  })

  it.each([301, 302, 303, 307, 308])(
    'source.fetch() sends no token to the target of a redirect with status %d',
    async (status) => {
      const evil = await createApi()
      for (const location of [evil.url, '/elsewhere']) {
        const { url, calls } = await createApi((_request, response) => {
          response.writeHead(status, { Location: location }).end()
        })
        const { source } = await setupCaller(url)
        for (const init of [{}, { redirect: 'follow' }, { redirect: 'manual' }] as const) {
          const response = await source.fetch(url, init)
          expect([response.status, response.headers.get('location')]).toEqual([status, location])
        }
        expect((await source.fetch(new Request(url))).status).toBe(status)
        await expect(source.fetch(url, { redirect: 'error' })).rejects.toThrow(TypeError)
        expect(calls).toEqual(Array(5).fill('GET / Bearer token-1'))
      }
      expect(evil.calls).toEqual([])
    },
  )

  it('source.fetch() checks and calls the actual URL of a Request that reports a wrong URL', async () => {
    class Spoofed extends Request {
      override get url(): string {
        return `${API}/x`
      }
    }
    const sent: string[] = []
    const { source } = await setup(grantTokens, {
      resourceFetch: async (input) => {
        sent.push((input as Request).url)
        return new Response()
      },
    })
    const evil = 'https://evil.example.com/'
    const own = Object.defineProperty(new Request(evil), 'url', { value: `${API}/x` })
    for (const spoofed of [new Spoofed(evil), own]) {
      await expect(source.fetch(spoofed)).rejects.toMatchObject({ code: 'origin_not_allowed' })
    }
    class Changing extends Request {
      override get url(): string {
        return evil
      }
    }
    await source.fetch(new Changing(`${API}/y`, { method: 'PUT' }))
    expect(sent).toEqual([`${API}/y`])
  })

  it('source.fetch() sends the token to the checked URL, even if the caller changes the URL object during the call', async () => {
    const evil = await createApi()
    const { url, calls } = await createApi()
    const { source } = await setup(grantTokens, { allowedOrigins: [url] })
    const address = new URL(url)
    const call = source.fetch(address)
    address.port = String(evil.port)
    await call
    expect([calls, evil.calls]).toEqual([['GET / Bearer token-1'], []])
  })
})
