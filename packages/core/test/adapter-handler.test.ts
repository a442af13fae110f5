import { describe, expect, it } from 'vitest'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../test/support/issuer.ts'
import { watchProcess } from '../../../test/support/watch-process.ts'
import { createHandler, type Decision } from '../src/adapter-handler.ts'
import { callNext, defineAdapter, getUnmetGuard, pending } from '../src/adapter.ts'
import { ConfigurationError } from '../src/errors.ts'
import type { MaybePromise } from '../src/lib/maybe-promise.ts'

const PATH = '/.well-known/oauth-protected-resource/v1'
const APP = 'https://app.example.com'

const faults = watchProcess()
const issuer = createTestIssuer()

interface Raw {
  readonly method?: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
}

type Args = [raw: Raw, next?: () => unknown]

/** Creates the definition of an adapter that records its calls. */
function createDefinition(changes: object = {}) {
  const calls: unknown[] = []
  const definition = {
    toRequest: ({ method = 'GET', url, headers = {} }: Raw) => ({ method, url, headers }),
    grant: (outcome: { kind: string }) => void calls.push(outcome.kind),
    setHeaders: (headers: object) => void calls.push(headers),
    proceed: (_raw: Raw, next?: () => unknown) => {
      calls.push('proceed')
      return callNext(next!)
    },
    respond({ status, body }: { status: number; body: string }) {
      calls.push(`respond ${status} ${body}`)
      return pending() as unknown
    },
    fail(error: Error) {
      calls.push(`fail ${error.message}`)
      return 'failed' as unknown
    },
    environment: {},
    ...changes,
  }
  return { calls, definition }
}

function createBearward(changes: object = {}, options: object = {}) {
  const { calls, definition } = createDefinition(changes)
  const adapter = defineAdapter<Args, unknown>(definition)
  const bearward = adapter.createBearward({
    issuer: ISSUER,
    jwks: issuer.jwks,
    resource: AUDIENCE,
    metadata: {},
    ...options,
  })
  return { ...adapter, ...bearward, calls }
}

const decideTo = (decide: () => MaybePromise<Decision>, changes: object = {}) => {
  const { calls, definition } = createDefinition(changes)
  const unreadable: Raw[] = []
  const handle = createHandler<Args, unknown>(
    definition,
    (raw) => ({ ...definition.toRequest(raw), raw }),
    decide,
    (raw) => unreadable.push(raw),
  )
  return { calls, unreadable, handle }
}

/** Throws any value: JavaScript code can throw values that are not errors. */
function throwValue(value: unknown): never {
  const generator: Iterator<never> = (function* () {})()
  generator.throw!(value)
  throw new Error('not reached')
}

describe('createHandler', () => {
  it.each([
    ['a decision', (decision: Decision) => decision],
    ['a promise of a decision', (decision: Decision) => Promise.resolve(decision)],
  ] as const)(
    'createHandler applies %s, and calls the next handler unless the decision is a response',
    async (_what, wrap) => {
      const proceeding = decideTo(() => wrap({ kind: 'continue', headers: { Vary: 'Origin' } }))
      expect(await proceeding.handle({ url: '/' }, () => 'handled')).toBe('handled')
      expect(proceeding.calls).toEqual([{ Vary: 'Origin' }, 'proceed'])

      const responding = decideTo(
        () => wrap({ kind: 'respond', status: 204, headers: {}, body: '' }),
        {
          respond: ({ status }: { status: number }) => `responded with ${status}`,
        },
      )
      expect(await responding.handle({ url: '/' }, () => 'handled')).toBe('responded with 204')
      expect(responding.calls).toEqual([])

      const granting = decideTo(() => wrap({ kind: 'anonymous', headers: {} }))
      expect(await granting.handle({ url: '/' }, () => 'handled')).toBe('handled')
      expect(granting.calls).toEqual([{}, 'anonymous', 'proceed'])
    },
  )

  it('createHandler passes an error of the decision to fail(), even if the decision is a promise that rejects', async () => {
    const thrown = decideTo(() => {
      throw new RangeError('a')
    })
    expect(thrown.handle({ url: '/' }, () => 'handled')).toBe('failed')
    const rejected = decideTo(() => Promise.reject(new RangeError('b')))
    expect(await rejected.handle({ url: '/' }, () => 'handled')).toBe('failed')
    expect([thrown.calls, rejected.calls]).toEqual([['fail a'], ['fail b']])
  })

  it.each(['setHeaders', 'respond', 'grant'])(
    'createHandler passes an error of %s to fail(), and does not call the next handler',
    (member) => {
      const fault = () => {
        throw new RangeError('a')
      }
      const decisions: Record<string, Decision> = {
        setHeaders: { kind: 'continue', headers: {} },
        respond: { kind: 'respond', status: 200, headers: {}, body: '' },
        grant: { kind: 'anonymous', headers: {} },
      }
      const { handle, calls } = decideTo(() => decisions[member]!, { [member]: fault })
      expect(handle({ url: '/' }, () => 'handled')).toBe('failed')
      expect(calls).toContain('fail a')
      expect(calls).not.toContain('proceed')
    },
  )

  it('createHandler does not pass an error of the next handler to fail()', async () => {
    const next = () => {
      throw new RangeError('of the application')
    }
    const { handle, calls } = decideTo(() => ({ kind: 'continue', headers: {} }))
    expect(() => handle({ url: '/' }, next)).toThrow('of the application')
    expect(calls).toEqual([{}, 'proceed'])
    const later = decideTo(async () => ({ kind: 'continue', headers: {} }))
    await expect(later.handle({ url: '/' }, next)).rejects.toThrow('of the application')
    expect(later.calls).toEqual([{}, 'proceed'])
  })

  it.each([undefined, 'route', null, 0])(
    'createHandler passes an Error to fail() if the thrown value is %j, which a framework could misread',
    (value) => {
      const failed: unknown[] = []
      const { handle } = decideTo(() => throwValue(value), {
        fail: (error: unknown) => failed.push(error),
      })
      void handle({ url: '/' }, () => 'handled')
      expect(failed).toHaveLength(1)
      expect(failed[0]).toBeInstanceOf(Error)
      expect((failed[0] as Error).cause).toBe(value)
    },
  )

  it('createHandler calls onUnreadable if the request cannot be described', () => {
    const raw = { url: '/' }
    const toRequest = () => {
      throw new RangeError('a')
    }
    const { handle, calls, unreadable } = decideTo(() => ({ kind: 'continue', headers: {} }), {
      toRequest,
    })
    expect(handle(raw, () => 'handled')).toBe('failed')
    expect(unreadable).toEqual([raw])
    expect(calls).toEqual(['fail a'])
  })

  it('createHandler returns the result of wait if the decision is a promise', async () => {
    const { handle } = decideTo(async () => ({ kind: 'continue', headers: {} }), {
      wait: (settled: Promise<unknown>) => ({ settled }),
    })
    const result = handle({ url: '/' }, () => 'handled') as { settled: Promise<unknown> }
    expect(await result.settled).toBe('handled')
    expect(
      await decideTo(async () => ({ kind: 'continue', headers: {} })).handle({ url: '/' }, () => 1),
    ).toBe(1)
  })

  it('createHandler causes no unhandled rejection if the handler returns a promise that rejects and is not awaited', async () => {
    const fail = async (error: Error) => {
      throw error
    }
    const { handle } = decideTo(() => Promise.reject(new Error('a')), { fail })
    void handle({ url: '/' }, () => 'handled')
    const { handle: second } = decideTo(
      () => {
        throw new Error('b')
      },
      { fail },
    )
    void second({ url: '/' }, () => 'handled')
    expect(await faults.faults()).toEqual([])
  })
})

describe('metadata() and cors() of an adapter', () => {
  it('metadata() of an adapter responds at the path of the document, and otherwise calls the next handler', () => {
    const { metadata, calls, auth } = createBearward()
    const handle = metadata()
    void handle({ url: PATH }, () => 'handled')
    expect(calls).toEqual([expect.stringMatching(/^respond 200 \{"resource":/)])
    calls.length = 0
    const raw = { url: '/other' }
    expect(handle(raw, () => 'handled')).toBe('handled')
    expect(calls).toEqual([{}, 'proceed'])
    // The handler is not a guard: it neither grants a request nor keeps it pending.
    expect(getUnmetGuard(raw)).toBeUndefined()
    expect(() => auth(raw)).toThrow(Error)
  })

  it('metadata() of an adapter responds after it has signed the document, and calls the next handler immediately for another path', async () => {
    const { generateKey } = await import('../../../test/support/keys.ts')
    const signed = { issuer: AUDIENCE, key: generateKey('ES256').privateKey, algorithm: 'ES256' }
    const { metadata, calls } = createBearward(
      { respond: ({ body }: { body: string }) => body },
      { metadata: { signed } },
    )
    const handle = metadata()
    expect(handle({ url: '/' }, () => 'handled')).toBe('handled')
    expect(await handle({ url: PATH }, () => 'handled')).toContain('"signed_metadata":')
    expect(calls).toEqual([{}, 'proceed'])
  })

  it('cors() of an adapter responds to a preflight request, and sets headers for other requests', () => {
    const { cors, calls } = createBearward()
    const handle = cors({ origins: [APP] })
    const headers = { origin: APP, 'access-control-request-method': 'GET' }
    void handle({ method: 'OPTIONS', url: '/', headers }, () => 'handled')
    expect(calls).toEqual(['respond 204 '])
    calls.length = 0
    const raw = { url: '/', headers: { origin: APP } }
    expect(handle(raw, () => 'handled')).toBe('handled')
    expect(calls).toEqual([
      {
        Vary: 'Origin',
        'Access-Control-Allow-Origin': APP,
        'Access-Control-Expose-Headers': 'WWW-Authenticate, Retry-After, DPoP-Nonce',
      },
      'proceed',
    ])
    expect(getUnmetGuard(raw)).toBeUndefined()
  })

  it('cors() of an adapter passes an error of the function origins to fail()', () => {
    const { cors, calls } = createBearward()
    const handle = cors({
      origins() {
        throw new RangeError('a')
      },
    })
    expect(handle({ url: '/', headers: { origin: APP } }, () => 'handled')).toBe('failed')
    expect(calls).toEqual(['fail a'])
  })

  it('metadata and cors throw a ConfigurationError if they are used as a middleware, without parentheses', () => {
    const { cors, metadata } = createBearward()
    const raw = new Request('https://api.example.com')
    const misused = [metadata, cors] as unknown as ((...args: unknown[]) => unknown)[]
    for (const middleware of misused)
      expect(() => middleware(raw, () => 'handled')).toThrow(ConfigurationError)
    expect(() => misused[0]!(raw)).toThrow('Write metadata() with parentheses')
  })

  it('metadata() and cors() of an adapter call fail() if the request cannot be described', () => {
    const { cors, metadata, calls } = createBearward({
      toRequest() {
        throw new RangeError('a')
      },
    })
    const raw = { url: PATH }
    expect(cors({ origins: '*' })(raw, () => 'handled')).toBe('failed')
    expect(metadata()(raw, () => 'handled')).toBe('failed')
    expect(calls).toEqual(['fail a', 'fail a'])
    expect(getUnmetGuard(raw)).toBeUndefined()
  })
})
