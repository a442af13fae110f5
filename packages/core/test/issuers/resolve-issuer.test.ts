import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { settled } from '../../../../test/support/fake-clock.ts'
import { AUDIENCE } from '../../../../test/support/issuer.ts'
import { watchProcess } from '../../../../test/support/watch-process.ts'
import { BASE, serveTenants, summarize, toOptions } from './setup.ts'

const faults = watchProcess()
const UNAVAILABLE = '503 issuer_unavailable'
const UNKNOWN = '401 unknown_issuer'
const ACME = `${BASE}acme`

function throwSecret(): never {
  throw new Error('a secret')
}
/** An error whose members throw when they are read. */
const hostile = new Proxy({}, { get: throwSecret, has: throwSecret })
/** An error whose prototype cannot be read either, so `instanceof` throws. */
const moreHostile = new Proxy(hostile, { getPrototypeOf: throwSecret })

describe('match()', () => {
  it('9068-05: resolve is called only for an iss that is a URL in its normal form and that match() accepts', async () => {
    const { tenant, getOutcome, takeMatched, takeResolved, takeFetched } = serveTenants()
    const names: readonly unknown[] = [
      'https://evil.example/tenants/acme',
      `https://login.example.com@evil.example/tenants/acme`,
      `${ACME}?x`,
      `${ACME}#x`,
      `${BASE}../acme`,
      'https://LOGIN.example.com/tenants/acme',
      `${ACME}\n`,
      BASE.padEnd(1025, 'a'),
      [ACME],
      { toString: ACME },
      undefined,
      '',
    ]
    for (const iss of names) {
      expect(await getOutcome(tenant('acme').token({ claims: { iss } })), JSON.stringify(iss)).toBe(
        UNKNOWN,
      )
    }
    expect(takeMatched()).toEqual(['https://evil.example/tenants/acme'])
    expect(takeResolved()).toEqual([])
    expect(takeFetched()).toEqual([])
    expect(await getOutcome(tenant('acme').token())).toBe('granted')
    expect(takeResolved()).toEqual(['acme'])
  })

  it('match and resolve are not called for a token that is not a JWT, or for a token of a static issuer', async () => {
    const issuer = `${BASE}static`
    const { tenant, getOutcome, takeMatched, takeResolved } = serveTenants({
      issuers: { static: [{ issuer, audience: AUDIENCE }] },
    })
    expect(await getOutcome('opaque')).toBe('401 malformed_token')
    expect(await getOutcome('a.b.c')).toBe('401 malformed_token')
    expect(await getOutcome(tenant('static').token())).toBe('granted')
    expect([takeMatched(), takeResolved()]).toEqual([[], []])
  })

  it.each<[fault: string, match: () => unknown, detail: string]>([
    ['throws an error', throwSecret, 'match threw an error'],
    [
      'throws undefined',
      () => runInNewContext('throw undefined') as unknown,
      'match threw an error',
    ],
    [
      'throws an error whose members throw',
      () => {
        // oxlint-disable-next-line typescript/only-throw-error -- an application can throw any value
        throw moreHostile
      },
      'match threw an error',
    ],
    [
      'returns a promise of true',
      async () => true,
      'match returned an object instead of a boolean',
    ],
    [
      'returns a promise that rejects',
      () => Promise.reject(new Error('a secret')),
      'match returned an object instead of a boolean',
    ],
    ['returns the text false', () => 'false', 'match returned a string instead of a boolean'],
    ['returns 1', () => 1, 'match returned a number instead of a boolean'],
    ['returns an array', () => ['acme'], 'match returned an array instead of a boolean'],
    ['returns a boxed true', () => Object(true), 'match returned an object instead of a boolean'],
    ['returns undefined', () => {}, 'match returned nothing instead of a boolean'],
    ['returns null', () => null, 'match returned null instead of a boolean'],
  ])(
    'a token gets 503, and the event issuer_failed is published, if match %s',
    async (_, match, detail) => {
      const { tenant, send, takeEvents, takeResolved, clock } = serveTenants({ issuers: { match } })
      const outcome = await send(tenant('acme').token())
      expect(summarize(outcome)).toBe(UNAVAILABLE)
      expect(outcome.headers).toMatchObject({ 'Retry-After': '1', 'Cache-Control': 'no-store' })
      const [failed] = takeEvents('issuer_failed')
      expect(failed).toEqual({
        type: 'issuer_failed',
        issuer: ACME,
        failure: 'match_failed',
        detail,
        duration: 0,
        pause: 1,
        trusted: false,
      })
      expect(takeResolved()).toEqual([])
      expect(clock.pending()).toBe(0)
      expect(JSON.stringify([outcome, failed])).not.toContain('a secret')
      expect(await faults.faults()).toEqual([])
    },
  )

  it('a token is granted one second after the error if match works again', async () => {
    let isBroken = true
    const { clock, getOutcomeOfNew } = serveTenants({
      issuers: { match: () => (isBroken ? throwSecret() : true) },
    })
    expect(await getOutcomeOfNew('acme')).toBe(UNAVAILABLE)
    isBroken = false
    clock.advance(1)
    expect(await getOutcomeOfNew('acme')).toBe('granted')
  })
})

const WRONG_ISSUER = 'issuer must equal the iss for which resolve was called.'
const NOT_AN_OBJECT = 'resolve must return an object { issuer, audience, ... } or undefined'

type Failing = [fault: string, resolve: (iss: string) => unknown, failure: string, detail: string]

const FAILING: readonly Failing[] = [
  ['throws an error', throwSecret, 'resolve_failed', 'resolve threw an error'],
  ['rejects', async () => throwSecret(), 'resolve_failed', 'resolve threw an error'],
  [
    'rejects with an error of the system',
    () => Promise.reject(Object.assign(new Error('a secret'), { code: 'ECONNREFUSED' })),
    'resolve_failed',
    'resolve threw an error (ECONNREFUSED)',
  ],
  [
    'rejects with undefined',
    () => runInNewContext('Promise.reject()') as unknown,
    'resolve_failed',
    'resolve threw an error',
  ],
  [
    'rejects with an error whose members throw',
    () => Promise.reject(hostile),
    'resolve_failed',
    'resolve threw an error',
  ],
  [
    'returns an object whose then throws',
    () => new Proxy({}, { get: throwSecret }),
    'resolve_failed',
    'resolve threw an error',
  ],
  ['returns true', () => true, 'invalid_options', NOT_AN_OBJECT],
  ['returns false', () => false, 'invalid_options', NOT_AN_OBJECT],
  ['returns a text', (iss) => iss, 'invalid_options', NOT_AN_OBJECT],
  ['returns a number', () => 0, 'invalid_options', NOT_AN_OBJECT],
  ['returns an array', (iss) => [toOptions(iss)], 'invalid_options', NOT_AN_OBJECT],
  ['returns a function', () => toOptions, 'invalid_options', NOT_AN_OBJECT],
  ['returns a Map', () => new Map(), 'invalid_options', NOT_AN_OBJECT],
  [
    'returns inherited options',
    (iss) => Object.create(toOptions(iss)) as unknown,
    'invalid_options',
    NOT_AN_OBJECT,
  ],
  ['returns an empty object', () => ({}), 'invalid_options', WRONG_ISSUER],
  [
    'returns another issuer',
    (iss) => toOptions(iss.replace('acme', 'other')),
    'invalid_options',
    WRONG_ISSUER,
  ],
  [
    'returns the issuer with a slash at the end',
    (iss) => toOptions(`${iss}/`),
    'invalid_options',
    WRONG_ISSUER,
  ],
  ['returns no audience', (iss) => ({ issuer: iss }), 'invalid_options', 'audience is missing'],
  [
    'returns an unknown option',
    (iss) => ({ ...toOptions(iss), audiance: AUDIENCE }),
    'invalid_options',
    'audiance is not an option',
  ],
  [
    'returns an option of the resource server',
    (iss) => ({ ...toOptions(iss), fetchTimeout: 1 }),
    'invalid_options',
    'fetchTimeout',
  ],
  [
    'returns a wrong option',
    (iss) => ({ ...toOptions(iss), clockTolerance: 301 }),
    'invalid_options',
    'clockTolerance',
  ],
  [
    'returns an address of keys without https',
    (iss) => ({ ...toOptions(iss), jwksUri: 'http://login.example.com/jwks' }),
    'invalid_options',
    'jwksUri',
  ],
  [
    'returns the option tenants',
    (iss) => ({ ...toOptions(iss), tenants: ['a'] }),
    'invalid_options',
    'tenants cannot be set by resolve',
  ],
  [
    'returns tokenFormat',
    (iss) => ({ ...toOptions(iss), tokenFormat: 'any' }),
    'invalid_options',
    'tokenFormat cannot be set by resolve',
  ],
  [
    'returns keys that cannot be used',
    (iss) => ({ ...toOptions(iss), jwks: { keys: [{ kty: 'EC', crv: 'P-256', x: 'a', y: 'b' }] } }),
    'invalid_options',
    '',
  ],
  [
    'returns keys without a list',
    (iss) => ({ ...toOptions(iss), jwks: {} }),
    'invalid_options',
    'jwks',
  ],
  [
    'returns a secret that is too short',
    (iss) => ({ ...toOptions(iss), secret: Buffer.from('short'), algorithms: ['HS256'] }),
    'invalid_options',
    'secret',
  ],
  [
    'returns a getter that throws',
    (iss) => ({
      ...toOptions(iss),
      get clockTolerance() {
        return throwSecret()
      },
    }),
    'invalid_options',
    'the options could not be read',
  ],
  [
    'returns a proxy that throws',
    () => new Proxy({}, { ownKeys: throwSecret }),
    'invalid_options',
    'the options could not be read',
  ],
  [
    'returns a cyclic object',
    (iss) => {
      const jwks: Record<string, unknown> = { keys: [] }
      jwks['keys'] = [jwks]
      return { ...toOptions(iss), jwks }
    },
    'invalid_options',
    '',
  ],
]

describe('resolve()', () => {
  it.each(FAILING)(
    'a token gets 503, and the event issuer_failed is published, if resolve %s',
    async (_, resolve, failure, detail) => {
      const { tenant, send, resolveWith, takeEvents, takeFetched, clock } = serveTenants()
      resolveWith(resolve)
      const outcome = await send(tenant('acme').token())
      expect(summarize(outcome)).toBe(UNAVAILABLE)
      expect(outcome.headers).toMatchObject({ 'Retry-After': '1' })
      const published = takeEvents('issuer_failed', 'issuer_resolved', 'refused')
      expect(published).toMatchObject([
        { type: 'issuer_failed', issuer: ACME, failure, pause: 1, trusted: false },
        { type: 'refused', reason: 'issuer_unavailable', status: 503, check: 'iss' },
      ])
      expect(published[0]).toMatchObject({ detail: expect.stringContaining(detail) as string })
      expect(published[1]).toMatchObject({
        expected: 'an issuer whose options are available',
        found: `claimed "${ACME}" (${failure})`,
      })
      expect(takeFetched()).toEqual([])
      expect(clock.pending()).toBe(0)
      expect(JSON.stringify([outcome, published])).not.toContain('a secret')
      expect(await faults.faults()).toEqual([])
    },
  )

  it.each<[fault: string, resolve: () => unknown]>([
    ['rejects with a proxy', () => Promise.reject(moreHostile)],
    [
      'returns options with a getter that throws a proxy',
      () => ({
        issuer: ACME,
        get audience() {
          // oxlint-disable-next-line typescript/only-throw-error -- an application can throw any value
          throw moreHostile
        },
      }),
    ],
  ])('a token gets 503 if resolve %s, and each access to this proxy throws', async (_, resolve) => {
    const { getOutcomeOfNew, resolveWith } = serveTenants()
    resolveWith(resolve)
    expect(await getOutcomeOfNew('acme')).toBe(UNAVAILABLE)
  })

  it.each<[result: string, resolve: () => unknown]>([
    ['undefined', () => {}],
    ['null', () => null],
    ['a promise of undefined', async () => {}],
    ['a promise of null', async () => null],
  ])(
    'a token gets 401 if resolve returns %s, and resolve is called again only after negativeTtl',
    async (_, resolve) => {
      const { getOutcomeOfNew, resolveWith, takeResolved, takeEvents, clock } = serveTenants()
      resolveWith(resolve)
      expect(await getOutcomeOfNew('acme')).toBe(UNKNOWN)
      expect(takeEvents('issuer_resolved', 'issuer_failed')).toEqual([
        { type: 'issuer_resolved', issuer: ACME, trusted: false, duration: 0 },
      ])
      resolveWith(toOptions)
      clock.advance(29.9)
      expect(await getOutcomeOfNew('acme')).toBe(UNKNOWN)
      expect(takeResolved()).toEqual(['acme'])
      clock.advance(0.1)
      expect(await getOutcomeOfNew('acme')).toBe('granted')
      expect(takeResolved()).toEqual(['acme'])
    },
  )

  it('the result undefined of resolve is used for negativeTtl seconds', async () => {
    const { getOutcomeOfNew, resolveWith, takeResolved, clock } = serveTenants({
      issuers: { negativeTtl: 5 },
    })
    resolveWith(() => {})
    expect(await getOutcomeOfNew('acme')).toBe(UNKNOWN)
    clock.advance(4.9)
    expect(await getOutcomeOfNew('acme')).toBe(UNKNOWN)
    clock.advance(0.1)
    expect(await getOutcomeOfNew('acme')).toBe(UNKNOWN)
    expect(takeResolved()).toEqual(['acme', 'acme'])
  })

  it('requests that arrive during a call of resolve wait for this call, and use its result', async () => {
    const { getOutcomeOfNew, resolveWith, takeResolved, takeFetched } = serveTenants()
    let finish: (options: unknown) => void = () => {}
    resolveWith(() => new Promise((resolve) => (finish = resolve)))
    const outcomes = Array.from({ length: 50 }, () => getOutcomeOfNew('acme'))
    await settled()
    finish(toOptions(ACME))
    expect(new Set(await Promise.all(outcomes))).toEqual(new Set(['granted']))
    expect(takeResolved()).toEqual(['acme'])
    expect(takeFetched()).toHaveLength(2)
  })

  it('a failed call of resolve gives 503 to each waiting request, and publishes one event issuer_failed', async () => {
    const { getOutcomeOfNew, resolveWith, takeResolved, takeEvents } = serveTenants()
    resolveWith(async () => throwSecret())
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => getOutcomeOfNew('acme')))
    expect(new Set(outcomes)).toEqual(new Set([UNAVAILABLE]))
    expect(takeResolved()).toEqual(['acme'])
    expect(takeEvents('issuer_failed')).toHaveLength(1)
  })

  it('requests get 503 if resolve returns no result within fetchTimeout, and a later result is ignored', async () => {
    const { getOutcomeOfNew, resolveWith, takeEvents, clock } = serveTenants({
      options: { fetchTimeout: 2 },
    })
    let finish: (options: unknown) => void = () => {}
    resolveWith(() => new Promise((resolve) => (finish = resolve)))
    const outcomes: string[] = []
    for (let i = 0; i < 3; i++)
      void getOutcomeOfNew('acme').then((outcome) => outcomes.push(outcome))
    await clock.pass(1.999)
    expect(outcomes).toEqual([])
    await clock.pass(0.001)
    expect(outcomes).toEqual([UNAVAILABLE, UNAVAILABLE, UNAVAILABLE])
    expect(takeEvents('issuer_failed')).toEqual([
      {
        type: 'issuer_failed',
        issuer: ACME,
        failure: 'resolve_timeout',
        detail: 'resolve returned no result within 2 s',
        duration: 2,
        pause: 1,
        trusted: false,
      },
    ])
    finish(toOptions(ACME))
    await settled()
    expect(await getOutcomeOfNew('acme')).toBe(UNAVAILABLE)
    expect(takeEvents('issuer_resolved')).toEqual([])
    expect(clock.pending()).toBe(0)
    expect(await faults.faults()).toEqual([])
  })

  it('a rejection of resolve after fetchTimeout is not an unhandled rejection', async () => {
    const { getOutcomeOfNew, resolveWith, clock } = serveTenants()
    let fail: (error: Error) => void = () => {}
    resolveWith(() => new Promise((_, reject) => (fail = reject)))
    const outcome = getOutcomeOfNew('acme')
    await clock.pass(30)
    expect(await outcome).toBe(UNAVAILABLE)
    fail(new Error('late'))
    await settled()
    expect(await faults.faults()).toEqual([])
  })

  it('a failing resolve is called again after pauses of 1, 2, 4, 8 and 8 seconds, and Retry-After is the rest of the pause', async () => {
    const { tenant, send, resolveWith, takeResolved, takeEvents, clock } = serveTenants()
    resolveWith(throwSecret)
    const retryAfter = async () => {
      const { headers } = await send(tenant('acme').token())
      return headers['Retry-After']
    }
    for (const [i, pause] of [1, 2, 4, 8, 8, 8].entries()) {
      expect(await retryAfter()).toBe(String(pause))
      expect(takeEvents('issuer_failed'), `failure ${i + 1}`).toMatchObject([{ pause }])
      clock.advance(pause - 0.6)
      expect(await retryAfter()).toBe('1')
      expect(takeResolved()).toEqual(['acme'])
      expect(takeEvents('issuer_failed')).toEqual([])
      clock.advance(0.6)
    }
    resolveWith(toOptions)
    expect(await retryAfter()).toBeUndefined()
    // After a success, the next failure causes a pause of one second again.
    resolveWith(throwSecret)
    clock.advance(300)
    expect(await retryAfter()).toBe('1')
  })

  it('a failure of resolve after the result undefined causes a pause of one second', async () => {
    const { getOutcomeOfNew, resolveWith, takeEvents, clock } = serveTenants()
    resolveWith(() => {})
    expect(await getOutcomeOfNew('acme')).toBe(UNKNOWN)
    clock.advance(30)
    resolveWith(throwSecret)
    expect(await getOutcomeOfNew('acme')).toBe(UNAVAILABLE)
    expect(takeEvents('issuer_failed')).toMatchObject([{ pause: 1 }])
    resolveWith(() => {})
    clock.advance(1)
    expect(await getOutcomeOfNew('acme')).toBe(UNKNOWN)
    clock.advance(30)
    resolveWith(throwSecret)
    expect(await getOutcomeOfNew('acme')).toBe(UNAVAILABLE)
    expect(takeEvents('issuer_failed')).toMatchObject([{ pause: 1 }])
  })

  it('a pause after a failure of resolve for one tenant does not delay another tenant', async () => {
    const { getOutcomeOfNew, resolveWith } = serveTenants()
    resolveWith((iss) => (iss === ACME ? throwSecret() : toOptions(iss)))
    expect(await getOutcomeOfNew('acme')).toBe(UNAVAILABLE)
    expect(await getOutcomeOfNew('other')).toBe('granted')
  })

  it('a token gets 503 if resolve returns no audience, even if Object.prototype has an audience', async () => {
    const { getOutcomeOfNew, resolveWith } = serveTenants()
    resolveWith((iss) => ({ issuer: iss }))
    Object.assign(Object.prototype, { audience: AUDIENCE })
    try {
      expect(await getOutcomeOfNew('acme')).toBe(UNAVAILABLE)
    } finally {
      delete (Object.prototype as { audience?: string }).audience
    }
  })

  it('a token is granted if resolve returns tokenFormat: jwt, the only format of dynamic issuers', async () => {
    const { getOutcomeOfNew, resolveWith } = serveTenants()
    resolveWith((iss) => ({ ...toOptions(iss), tokenFormat: 'jwt', tenants: undefined }))
    expect(await getOutcomeOfNew('acme')).toBe('granted')
  })

  it('resolve gets a signal that is aborted after the result of resolve, after fetchTimeout, and by close()', async () => {
    const signals: AbortSignal[] = []
    const { server, getOutcomeOfNew, clock } = serveTenants({
      issuers: {
        resolve: (iss: string, { signal }: { signal: AbortSignal }) => {
          signals.push(signal)
          return iss === ACME ? toOptions(iss) : new Promise(() => {})
        },
      },
    })
    expect(await getOutcomeOfNew('acme')).toBe('granted')
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
    const slow = getOutcomeOfNew('slow')
    await settled()
    expect(signals[1]?.aborted).toBe(false)
    await clock.pass(3)
    expect(await slow).toBe(UNAVAILABLE)
    expect(signals[1]?.aborted).toBe(true)
    const closed = getOutcomeOfNew('closed')
    await settled()
    server.close()
    expect(await closed).toBe(UNAVAILABLE)
    expect(signals[2]?.aborted).toBe(true)
    expect(await faults.faults()).toEqual([])
  })

  it('resolve does not run in the async context of the request that caused the call', async () => {
    const { AsyncLocalStorage } = await import('node:async_hooks')
    const storage = new AsyncLocalStorage<string>()
    const stores: unknown[] = []
    const { getOutcomeOfNew, resolveWith } = serveTenants()
    resolveWith((iss) => {
      stores.push(storage.getStore())
      return toOptions(iss)
    })
    expect(await storage.run('a request', () => getOutcomeOfNew('acme'))).toBe('granted')
    expect(stores).toEqual([undefined])
  })
})
