import { afterEach, describe, expect, it } from 'vitest'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../test/support/issuer.ts'
import { trusting } from '../../../test/support/trusting.ts'
import { auth, ConfigurationError, createBearward, requireToken } from '../src/index.ts'

const issuer = createTestIssuer()
const API = 'https://api.example.com/reports'
const APP = 'https://app.example.com'

afterEach(() => {
  delete process.env['BEARWARD_ISSUER']
  delete process.env['BEARWARD_AUDIENCE']
})

function bearwardWith(more: Record<string, unknown> = {}) {
  const { options, events } = trusting(issuer, more)
  return { ...createBearward(options), events }
}

const requestWith = (token?: string, init: RequestInit = {}) =>
  new Request(API, {
    ...init,
    headers: {
      ...(init.headers as Record<string, string> | undefined),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
  })

/** A context with a `waitUntil` that only works as a method, as in Cloudflare Workers. */
class Context {
  readonly promises: Promise<unknown>[] = []
  waitUntil(promise: Promise<unknown>): void {
    this.promises.push(promise)
  }
}

describe('protect', () => {
  it('protect passes the token and all other arguments to the handler', async () => {
    const { protect } = bearwardWith()
    const handler = protect(
      { scope: 'read' },
      (request: Request, { token }, params: { id: string }, more: number) =>
        Response.json([request.url, token.clientId, params.id, more, auth(request) === token]),
    )
    const response = await handler(requestWith(issuer.token()), { id: 'a' }, 7)
    expect(await response.json()).toEqual([API, 'reports-cron', 'a', 7, true])
  })

  it('protect returns the response object of the handler unchanged', async () => {
    const { protect } = bearwardWith()
    const own = Response.json({})
    expect(await protect({}, () => own)(requestWith(issuer.token()))).toBe(own)
    expect(await protect({}, async () => own)(requestWith(issuer.token()))).toBe(own)
  })

  it('protect responds with the refusal, and does not call the handler', async () => {
    const { protect } = bearwardWith()
    let calls = 0
    const handler = protect({ scope: 'read' }, () => Response.json(++calls))
    const response = await handler(requestWith())
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="api", scope="read"')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.json()).toMatchObject({ error: 'unauthorized' })
    expect((await handler(requestWith('not-a-token'))).status).toBe(401)
    expect(calls).toBe(0)
  })

  it('protect calls the handler with an undefined token if the requirement optional is set and the request has no token', async () => {
    const { protect } = bearwardWith()
    const handler = protect({ optional: true }, (_request, { token }) =>
      Response.json(token?.clientId ?? 'anonymous'),
    )
    expect(await (await handler(requestWith())).json()).toBe('anonymous')
    expect(await (await handler(requestWith(issuer.token()))).json()).toBe('reports-cron')
    expect((await handler(requestWith('wrong'))).status).toBe(401)
  })

  it('protect does not read the body of a request or of a response', async () => {
    const { protect } = bearwardWith()
    const sent: string[] = []
    const handler = protect({}, (request) => {
      expect(request.bodyUsed).toBe(false)
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          sent.push('chunk')
          controller.enqueue(new TextEncoder().encode('a'))
          if (sent.length === 3) controller.close()
        },
      })
      return new Response(body)
    })
    const response = await handler(requestWith(issuer.token(), { method: 'POST', body: 'data' }))
    // A stream fills its queue with one chunk before it is read.
    expect(sent).toEqual(['chunk'])
    expect(await response.text()).toBe('aaa')
  })

  it('protect rejects with the error of the handler', async () => {
    const { protect } = bearwardWith()
    const error = new Error('from the handler')
    const fail = () => {
      throw error
    }
    await expect(protect({}, fail)(requestWith(issuer.token()))).rejects.toBe(error)
    await expect(protect({}, async () => fail())(requestWith(issuer.token()))).rejects.toBe(error)
  })

  it('protect passes the verification to waitUntil of any argument, but only if the verification has to wait', async () => {
    let release = () => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    const { protect, events } = bearwardWith({
      jwks: undefined,
      jwksUri: 'https://as.example.com/jwks',
      fetch: async () => {
        await held
        return Response.json(issuer.jwks)
      },
    })
    const context = new Context()
    const handler = protect({}, (_request: Request, _granted, _env: object, _context: Context) =>
      Response.json({}),
    )
    const response = handler(requestWith(issuer.token()), {}, context)
    expect(context.promises).toHaveLength(1)
    release()
    expect((await response).status).toBe(200)
    await context.promises[0]
    expect((await handler(requestWith(issuer.token()), {}, context)).status).toBe(200)
    expect(context.promises).toHaveLength(1)
    expect(events.some(({ type }) => type === 'keys_refreshed')).toBe(true)
  })

  it.each([
    ['no handler', [{}]],
    ['a handler without requirements', [() => new Response()]],
    ['two objects', [{}, {}]],
    ['wrong requirements', [{ scopes: 'read' }, () => new Response()]],
  ])('protect throws a ConfigurationError for %s', (_what, args) => {
    const { protect } = bearwardWith()
    expect(() => (protect as (...given: unknown[]) => unknown)(...args)).toThrow(ConfigurationError)
  })
})

describe('the context of a guard', () => {
  const loading = () =>
    bearwardWith({
      jwks: undefined,
      jwksUri: 'https://as.example.com/jwks',
      fetch: async () => Response.json(issuer.jwks),
    })

  it('requireToken uses waitUntil of its second argument', async () => {
    const context = new Context()
    const passed = await loading().requireToken()(requestWith(issuer.token()), context)
    expect(passed).not.toBeInstanceOf(Response)
    expect(context.promises).toHaveLength(1)
  })

  it('protect ignores an error of waitUntil', async () => {
    const { protect } = loading()
    const context = {
      waitUntil() {
        throw new Error('the request has ended')
      },
    }
    const handler = protect({}, (_request: Request, _granted, _context: object) =>
      Response.json({}),
    )
    expect((await handler(requestWith(issuer.token()), context)).status).toBe(200)
  })

  it('protect uses the last argument with a function waitUntil, because a stub of another service has a function for every name', async () => {
    const { protect } = loading()
    const context = new Context()
    const stub = new Proxy({}, { get: () => () => Promise.reject(new Error('not a context')) })
    const handler = protect({}, (_request: Request, _granted, ..._rest: object[]) =>
      Response.json({}),
    )
    expect((await handler(requestWith(issuer.token()), stub, context)).status).toBe(200)
    expect(context.promises).toHaveLength(1)
  })

  it('protect does not call its handler after a refusal if the global Response was replaced', async () => {
    const { protect, requireToken: create } = bearwardWith()
    const Original = globalThis.Response
    const replaced = function (...args: ConstructorParameters<typeof Response>) {
      return new Original(...args)
    }
    globalThis.Response = replaced as never
    try {
      let calls = 0
      const handler = protect({}, () => new Original(String(++calls)))
      expect((await handler(requestWith())).status).toBe(401)
      expect(await create()(requestWith())).toBeInstanceOf(Original)
      expect(calls).toBe(0)
    } finally {
      globalThis.Response = Original
    }
  })
})

describe('requireToken', () => {
  it('a guard resolves to the token and the headers of a request that it grants', async () => {
    const { requireToken: create } = bearwardWith()
    const passed = await create({ scope: 'read' })(requestWith(issuer.token()))
    if (passed instanceof Response) throw new Error('refused')
    expect(passed.token.clientId).toBe('reports-cron')
    expect([...passed.headers]).toEqual([])
    expect(passed.headers).toBeInstanceOf(Headers)
  })

  it('a guard resolves to the response of a refusal', async () => {
    const { requireToken: create } = bearwardWith()
    const refused = await create()(requestWith())
    expect(refused).toBeInstanceOf(Response)
    expect((refused as Response).status).toBe(401)
  })

  it('several guards of one request verify its token once', async () => {
    const { requireToken: create, events } = bearwardWith()
    const request = requestWith(issuer.token())
    await create()(request)
    await create({ scope: 'read' })(request)
    expect(events.filter(({ type }) => type === 'verified')).toHaveLength(1)
  })

  it.each(['token', 'headers'] as const)(
    'the result of a guard throws if its member %s is read without await',
    async (member) => {
      const { requireToken: create } = bearwardWith()
      const result = create()(requestWith())
      expect(() => (result as unknown as Record<string, unknown>)[member]).toThrow(/write await/)
      expect(() => (result as unknown) instanceof Response).toThrow(/write await/)
      await result
    },
  )

  it.each([
    ['undefined', undefined],
    ['a URL', API],
    ['the request of Node', { method: 'GET', url: '/', headers: { authorization: 'Bearer a' } }],
    ['the event of SvelteKit', { request: new Request(API), url: new URL(API) }],
  ])(
    'a guard rejects with a TypeError if it gets %s instead of a Request',
    async (_what, value) => {
      const { requireToken: create } = bearwardWith()
      await expect(create({ optional: true })(value as never)).rejects.toThrow(TypeError)
    },
  )

  it('the result of a guard works with await, with all methods of a promise, and with Promise.all, any and resolve', async () => {
    const { requireToken: create } = bearwardWith()
    const refuse = () => create()(requestWith())
    const results = [
      await refuse(),
      ...(await Promise.all([
        refuse(),
        Promise.any([refuse(), refuse()]),
        Promise.resolve(refuse()),
      ])),
      await refuse().then((result) => result),
      await refuse().catch(() => undefined),
      await refuse().finally(() => {}),
    ]
    expect(results.map((result) => (result as Response).status)).toEqual(Array(7).fill(401))
    const failing = create({ check: () => Promise.reject(new Error('from check')) })
    await expect(failing(requestWith(issuer.token()))).rejects.toThrow('from check')
  })

  it('a guard throws if it is awaited itself instead of its result', async () => {
    const { requireToken: create } = bearwardWith()
    const guard: unknown = create()
    await expect((async () => await guard)()).rejects.toThrow('Call the guard with the request')
  })

  it('requireToken from the package reads the options from the environment', async () => {
    expect(() => requireToken()).toThrow(ConfigurationError)
    process.env['BEARWARD_ISSUER'] = ISSUER
    process.env['BEARWARD_AUDIENCE'] = AUDIENCE
    const refused = await requireToken({ scope: 'read' })(requestWith())
    expect((refused as Response).status).toBe(401)
    expect(() => (requireToken as (...given: unknown[]) => unknown)({ scopes: 1 })).toThrow(
      ConfigurationError,
    )
  })
})

describe('cors', () => {
  const options = { origins: [APP] }

  it('cors adds its headers to a copy of the response, with the same body and all other headers', async () => {
    const { cors, protect } = bearwardWith()
    const own = new Response('content', { status: 201, statusText: 'Made' })
    own.headers.append('Set-Cookie', 'a=1')
    own.headers.append('Set-Cookie', 'b=2')
    own.headers.set('Vary', 'Accept')
    const handler = cors(
      options,
      protect({}, () => own),
    )
    const response = await handler(requestWith(issuer.token(), { headers: { origin: APP } }))
    expect(response).not.toBe(own)
    expect([response.status, response.statusText]).toEqual([201, 'Made'])
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect(response.headers.get('vary')).toBe('Accept, Origin')
    expect(response.headers.get('access-control-allow-origin')).toBe(APP)
    expect(await response.text()).toBe('content')
    expect(own.headers.get('access-control-allow-origin')).toBeNull()
  })

  it('cors adds its headers to a response whose headers cannot be changed', async () => {
    const { cors } = bearwardWith()
    const response = await cors(options, () => Response.redirect(API, 303))(
      requestWith(undefined, { headers: { origin: APP } }),
    )
    expect(response.headers.get('location')).toBe(API)
    expect(response.headers.get('access-control-allow-origin')).toBe(APP)
  })

  it.each([204, 205, 304])(
    'cors adds its headers to a response with %i, which has no body',
    async (status) => {
      const { cors } = bearwardWith()
      const handler = cors(options, () => new Response(null, { status }))
      const response = await handler(requestWith(undefined, { headers: { origin: APP } }))
      expect(response.status).toBe(status)
      expect(response.headers.get('access-control-allow-origin')).toBe(APP)
    },
  )

  it('cors returns Response.error() unchanged, because this response cannot be copied', async () => {
    const { cors } = bearwardWith()
    const own = Response.error()
    expect(await cors(options, () => own)(requestWith())).toBe(own)
  })

  it('cors rejects with a clear error if its handler returns no Response', async () => {
    const { cors } = bearwardWith()
    const handler = cors(options, (() => undefined) as never)
    await expect(handler(requestWith(undefined, { headers: { origin: APP } }))).rejects.toThrow(
      'A handler behind cors or protect must return a Response.',
    )
  })

  it('cors passes all arguments to its handler', async () => {
    const { cors } = bearwardWith()
    const handler = cors(options, (_request: Request, name: string) => new Response(name))
    expect(await (await handler(requestWith(), 'a')).text()).toBe('a')
  })

  it('cors throws a ConfigurationError without a handler, and without origins', () => {
    const { cors } = bearwardWith()
    expect(() => cors(options, undefined as never)).toThrow(ConfigurationError)
    expect(() => cors({} as never, () => new Response())).toThrow(ConfigurationError)
  })
})

describe('metadata', () => {
  const more = { resource: 'https://api.example.com', metadata: {} }
  const ADDRESS = 'https://api.example.com/.well-known/oauth-protected-resource'

  it('metadata responds to requests for the document, and passes other requests to its handler', async () => {
    const { metadata } = bearwardWith(more)
    const handler = metadata((_request: Request, name: string) => new Response(name))
    expect(await (await handler(new Request(ADDRESS), 'a')).json()).toMatchObject({
      resource: 'https://api.example.com',
    })
    expect(await (await handler(requestWith(), 'a')).text()).toBe('a')
    const preflight = await handler(new Request(ADDRESS, { method: 'OPTIONS' }), 'a')
    expect([preflight.status, preflight.body]).toEqual([204, null])
  })

  it('metadata without a handler responds with 404 to other requests', async () => {
    const { metadata } = bearwardWith(more)
    expect((await metadata()(requestWith())).status).toBe(404)
    expect((await metadata()(new Request(ADDRESS))).status).toBe(200)
  })

  it('metadata throws a ConfigurationError if it is used as a handler, or if the option metadata is missing', () => {
    expect(() => bearwardWith(more).metadata(requestWith() as never)).toThrow(ConfigurationError)
    expect(() => bearwardWith().metadata()).toThrow(ConfigurationError)
  })
})
