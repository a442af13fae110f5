import { describe, expect, it } from 'vitest'
import type { TokenError } from '../src/index.ts'
import { TARGET_LIMITS } from '../src/target-limits.ts'
import { REQUESTS_AT_ONCE } from '../src/request-queue.ts'
import { API, setup, waitForRequests, until } from './setup.ts'
import {
  type ReceivedRequest,
  grant,
  grantTokens,
  respondWithError,
  type Script,
} from './token-server.ts'

const { withToken, withoutToken, unused } = TARGET_LIMITS
/** Returns targets with one scope each. */
const createTargets = (name: string, count: number) =>
  Array.from({ length: count }, (_, i) => ({ scope: `${name}-${i}` }))

type Source = Awaited<ReturnType<typeof setup>>['source']

/** Returns the token value or the error code for each target. */
const getResults = (source: Source, targets: readonly object[]) =>
  Promise.all(
    targets.map((target) =>
      source.getToken(target).then(
        ({ value }) => value,
        ({ code }: TokenError) => code,
      ),
    ),
  )

/** Creates a script that grants a token for every scope that does not begin with `bad`. */
const grantGoodScopes =
  (refuse: Script): Script =>
  (request) =>
    request.form.get('scope')!.startsWith('bad')
      ? (refuse as (request: ReceivedRequest) => unknown)(request)
      : grant(request.number)

/** Returns how often a value occurs. */
const count = (values: readonly string[], value: string) =>
  values.filter((one) => one === value).length

describe('a target without a token', () => {
  it('120 refused targets evict none of 20 cached tokens', async () => {
    const { source, server } = await setup(grantGoodScopes(respondWithError('invalid_target')))
    const cachedTokens = await getResults(source, createTargets('good', 20))
    expect(count(await getResults(source, createTargets('bad', 120)), 'invalid_target')).toBe(120)
    expect(server.requests).toHaveLength(140)
    expect(await getResults(source, createTargets('good', 20))).toEqual(cachedTokens)
    expect(server.requests).toHaveLength(140)
  })

  it('three concurrent calls of getToken() for each of 150 targets send one request per target', async () => {
    const { source, server } = await setup()
    const targets = createTargets('good', 150)
    const tokens = await getResults(source, [...targets, ...targets, ...targets])
    expect(new Set(tokens).size).toBe(150)
    expect(await getResults(source, targets)).toEqual(tokens.slice(0, 150))
    expect(server.requests).toHaveLength(150)
  })

  it('requests for other targets do not end the backoff of a target', async () => {
    const { source, server, clock } = await setup(
      grantGoodScopes(respondWithError('invalid_scope')),
    )
    await getResults(source, createTargets('bad', 1))
    await getResults(source, createTargets('good', withoutToken + 200))
    const before = server.requests.length
    expect(await getResults(source, createTargets('bad', 1))).toEqual(['invalid_scope'])
    expect(server.requests).toHaveLength(before)
    clock.advance(0.5)
    await getResults(source, createTargets('bad', 1))
    expect(server.requests).toHaveLength(before + 1)
  })

  it('Retry-After with invalid_scope has no effect on other targets', async () => {
    for (const status of [400, 403, 500]) {
      const headers = { 'Retry-After': '60' }
      const refuse = respondWithError('invalid_scope', { status, headers })
      const { source } = await setup(grantGoodScopes(refuse), { maxWait: 0 })
      const error = await source.getToken({ scope: 'bad' }).catch((thrown: TokenError) => thrown)
      expect((error as TokenError).retryAfter).toBe(undefined)
      expect(await getResults(source, [{ scope: 'good' }])).toEqual(['token-2'])
    }
  })

  it(`getToken() rejects a new target without a request if ${withoutToken} other targets have no token`, async () => {
    const { source, server, clock, getErrorCode } = await setup(
      grantGoodScopes(respondWithError('invalid_target')),
      { scope: 'good' },
    )
    await getResults(source, createTargets('bad', withoutToken))
    expect(server.requests).toHaveLength(withoutToken)
    const error = await source.getToken({ scope: 'other' }).catch((thrown: TokenError) => thrown)
    expect(error).toMatchObject({
      name: 'TokenError',
      code: 'too_many_targets',
      fault: 'configuration',
      isTransient: true,
      retryAfter: 1,
      detail: `${withoutToken} other targets have a running or failed token request`,
    })
    expect(server.requests).toHaveLength(withoutToken)
    expect(await getErrorCode()).toBe('a token')
    // The backoff of the failed targets has ended.
    clock.advance(1)
    expect(await getResults(source, [{ scope: 'other' }])).toEqual([`token-${withoutToken + 2}`])
  })

  it('source.fetch() rejects with too_many_targets without a request to the API', async () => {
    const { source } = await setup(respondWithError('invalid_target'), {
      resourceFetch: () => expect.unreachable(),
    })
    await getResults(source, createTargets('bad', withoutToken))
    await expect(source.fetch(API, {}, { scope: 'other' })).rejects.toMatchObject({
      code: 'too_many_targets',
    })
  })
})

describe('16,000 concurrent targets', () => {
  const manyTargets = createTargets('many', 16_000)

  it.each<[string, Script, string]>([
    ['grants all tokens', grantTokens, 'a token'],
    ['refuses all tokens', respondWithError('invalid_target'), 'invalid_target'],
    ['responds with 500', 500, 'server_error'],
    ['responds with 429', 429, 'throttled'],
    [
      'rejects the credentials',
      respondWithError('invalid_client', { status: 401 }),
      'invalid_client',
    ],
    [
      'issues tokens of another type',
      { ...grant(1), token_type: 'DPoP' },
      'unsupported_token_type',
    ],
  ])(
    '16,000 concurrent targets cause at most 1,000 requests and evict no cached token if the server %s',
    async (_case, script, outcome) => {
      let running = 0
      let most = 0
      const { source, server, getValue } = await setup(grantTokens, {
        maxWait: 0,
        fetch: (url, init) => {
          most = Math.max(most, ++running)
          return fetch(url, init).finally(() => running--)
        },
      })
      const cachedTokens = [
        await getValue(),
        ...(await getResults(source, createTargets('cached', 20))),
      ]
      server.answer(script)
      const before = server.requests.length
      const outcomes = await getResults(source, manyTargets)
      expect(outcomes).toHaveLength(manyTargets.length)
      expect(count(outcomes, 'too_many_targets')).toBe(manyTargets.length - withoutToken)
      const served = outcomes.filter((one) => one !== 'too_many_targets')
      for (const one of served) expect(one).toMatch(outcome === 'a token' ? /^token-/ : outcome)
      expect(server.requests.length - before).toBeLessThanOrEqual(withoutToken)
      expect(most).toBeLessThanOrEqual(REQUESTS_AT_ONCE)
      const afterwards = server.requests.length
      expect([
        await getValue(),
        ...(await getResults(source, createTargets('cached', 20))),
      ]).toEqual(cachedTokens)
      expect(server.requests).toHaveLength(afterwards)
    },
  )

  it('4,000 targets get a token each, and at most 1,000 tokens are cached', async () => {
    const { source, server, events } = await setup()
    const cachedTokens = await getResults(source, createTargets('cached', 20))
    for (let start = 0; start < 4000; start += 500) {
      const outcomes = await getResults(source, manyTargets.slice(start, start + 500))
      expect(outcomes.filter((one) => !one.startsWith('token-'))).toEqual([])
    }
    expect(await getResults(source, createTargets('cached', 20))).toEqual(cachedTokens)
    expect(server.requests).toHaveLength(4020)
    const cached = events.filter((event) => event.type === 'token_issued' && event.cached)
    expect(cached).toHaveLength(withToken)
  })
})

describe('a new token', () => {
  /** Creates a source with the maximum number of cached tokens. All of them are valid. */
  async function setupFull(options: object = {}) {
    const all = await setup(
      ({ number, form }) =>
        grant(number, { expires_in: form.get('scope')!.startsWith('short') ? 60 : 86_400 }),
      options,
    )
    await getResults(all.source, [...createTargets('long', withToken - 1), { scope: 'short' }])
    return all
  }

  it('a new token is returned but not cached if all cached tokens are in use', async () => {
    const { source, server, events } = await setupFull()
    const [one, two] = await getResults(source, [{ scope: 'new' }, { scope: 'new' }])
    expect([one, two]).toEqual([`token-${withToken + 1}`, one])
    expect(events.at(-1)).toMatchObject({ type: 'token_issued', cached: false, scope: ['new'] })
    expect(await getResults(source, [{ scope: 'new' }])).toEqual([`token-${withToken + 2}`])
    await getResults(source, createTargets('long', withToken - 1))
    expect(server.requests).toHaveLength(withToken + 2)
  })

  it('source.fetch() returns the 401 of the API without a retry if its token is new and not cached', async () => {
    let calls = 0
    const { source, server } = await setupFull({
      resourceFetch: async () => {
        calls++
        return new Response('', { status: 401 })
      },
      retryOn: 'any401',
    })
    const before = server.requests.length
    expect((await source.fetch(API, {}, { scope: 'new' })).status).toBe(401)
    expect([calls, server.requests.length - before]).toEqual([1, 1])
  })

  it('getToken() evicts an expired token to cache a new one', async () => {
    const { source, server, clock } = await setupFull()
    clock.advance(60)
    await getResults(source, [{ scope: 'new' }])
    expect(await getResults(source, [{ scope: 'new' }])).toEqual([`token-${withToken + 1}`])
    await getResults(source, createTargets('long', withToken - 1))
    expect(server.requests).toHaveLength(withToken + 1)
  })

  it(`getToken() evicts the least recently used token if it was not used for ${unused} s, and caches a new token`, async () => {
    const { source, server, clock } = await setupFull()
    await getResults(source, [{ scope: 'short' }])
    clock.advance(unused - 1)
    await getResults(source, createTargets('long', 500))
    clock.advance(1)
    await getResults(source, [{ scope: 'new' }])
    await getResults(source, [{ scope: 'new' }])
    expect(server.requests).toHaveLength(withToken + 1)
    const targets = createTargets('long', withToken - 1)
    await getResults(source, [...targets.slice(0, 500), ...targets.slice(501)])
    expect(server.requests).toHaveLength(withToken + 1)
    await getResults(source, [targets[500]!])
    expect(server.requests).toHaveLength(withToken + 2)
  })

  it('a renewed token stays cached if the maximum number of tokens is cached', async () => {
    const { source, server, clock, count: countEvents, events } = await setupFull()
    clock.advance(50)
    await getResults(source, [{ scope: 'short' }])
    await until(() => countEvents('token_renewed') === 1)
    expect(events.at(-1)).toMatchObject({ type: 'token_renewed', cached: true })
    await getResults(source, [{ scope: 'short' }])
    expect(server.requests).toHaveLength(withToken + 1)
  })
})

describe('a failure that affects all targets', () => {
  /** Calls `getToken` for 50 targets every 0.1 seconds, for 6 seconds. */
  async function callFor6Seconds({ source, clock }: Awaited<ReturnType<typeof setup>>) {
    for (let tenth = 0; tenth < 60; tenth++) {
      await getResults(source, createTargets('any', 50))
      clock.advance(0.1)
    }
  }

  it.each<[string, Script]>([
    ['a wrong secret', respondWithError('invalid_client', { status: 401 })],
    ['a status 401', 401],
    ['a grant that is not allowed', respondWithError('unauthorized_client')],
    ['a wrong secret at Keycloak', respondWithError('unauthorized_client', { status: 401 })],
  ])('50 targets share one backoff after %s', async (_case, script) => {
    const all = await setup(script)
    await callFor6Seconds(all)
    // Some requests run before the first response. Then three more requests follow, after 0.5, 1.5 and 3.5 seconds.
    expect(all.server.requests).toHaveLength(REQUESTS_AT_ONCE + 3)
    expect(all.count('token_failed')).toBe(REQUESTS_AT_ONCE + 3)
  })

  it('50 targets share one backoff if the secret is unavailable', async () => {
    let calls = 0
    const secret = () => {
      calls++
      throw new Error('the vault is sealed')
    }
    const all = await setup(grantTokens, {
      maxWait: 0,
      clientAuthentication: { method: 'client_secret_basic', secret },
    })
    await callFor6Seconds(all)
    expect(calls).toBe(REQUESTS_AT_ONCE + 3)
    expect(all.server.requests).toEqual([])
  })

  it('getToken() for another target sends no request during the backoff after invalid_client, and rejects with this code', async () => {
    const { source, server } = await setup(
      respondWithError('invalid_client', { status: 401, error_description: 'expired last week' }),
    )
    await getResults(source, [{ scope: 'one' }])
    const error = await source.getToken({ scope: 'two' }).catch((thrown: TokenError) => thrown)
    expect(error).toMatchObject({
      code: 'invalid_client',
      serverStatus: 401,
      retryAfter: 1,
      detail: `no request was sent, last error: ${server.url}/token: status 401, invalid_client, expired last week`,
    })
    expect(server.requests).toHaveLength(1)
  })

  it('invalid_client delays renewals, and valid tokens stay in use', async () => {
    const { source, server, clock, getValue } = await setup()
    await getValue()
    const cachedTokens = await getResults(source, createTargets('cached', 20))
    clock.advance(480)
    server.answer(respondWithError('invalid_client', { status: 401 }))
    const before = server.requests.length
    for (let second = 0; second < 60; second++) {
      expect(await getResults(source, createTargets('cached', 20))).toEqual(cachedTokens)
      await waitForRequests()
      clock.advance(1)
    }
    // All 20 tokens share one backoff. Its pauses are 0.5, 1, 2, 4, 8, 16 and 30 seconds.
    expect(server.requests.length - before).toBeLessThan(REQUESTS_AT_ONCE + 8)
  })

  it('token requests run one at a time after invalid_client, and concurrently after a token arrives', async () => {
    let running = 0
    let most = 0
    const { source, server, clock } = await setup(
      respondWithError('invalid_client', { status: 401 }),
      {
        fetch: (url, init) => {
          most = Math.max(most, ++running)
          return fetch(url, init).finally(() => running--)
        },
      },
    )
    await getResults(source, [{ scope: 'one' }])
    clock.advance(0.5)
    most = 0
    await getResults(source, createTargets('any', 30))
    expect([most, server.requests.length]).toEqual([1, 2])
    server.answer(grantTokens)
    clock.advance(1)
    const tokens = await getResults(source, createTargets('any', 30))
    expect(tokens.filter((one) => !one.startsWith('token-'))).toEqual([])
    expect([most, server.requests.length]).toEqual([REQUESTS_AT_ONCE, 32])
  })

  it('getToken() retries until the secret is available, and returns a token', async () => {
    let calls = 0
    const secret = () => (calls++ < 2 ? undefined : 'the-current-secret')
    const { source, server, advanceUntilSettled } = await setup(grantTokens, {
      clientAuthentication: { method: 'client_secret_basic', secret },
    })
    const tokens = await advanceUntilSettled(getResults(source, createTargets('any', 5)))
    expect(tokens.filter((one) => !one.startsWith('token-'))).toEqual([])
    expect(server.requests).toHaveLength(5)
  })

  it('getToken() still returns tokens for other targets after unauthorized_client if the client has already got a token', async () => {
    const { source } = await setup(grantGoodScopes(respondWithError('unauthorized_client')))
    await getResults(source, [{ scope: 'good' }])
    expect(await getResults(source, [{ scope: 'bad' }, { scope: 'good-too' }])).toEqual([
      'unauthorized_client',
      expect.stringMatching(/^token-/),
    ])
  })
})

describe('Retry-After', () => {
  it.each([429, 503])('Retry-After with status %i applies to all targets', async (status) => {
    const { source, server, clock } = await setup(
      respondWithError('slow', { status, headers: { 'Retry-After': '20' } }),
      { maxWait: 0 },
    )
    await getResults(source, [{ scope: 'one' }])
    server.answer(grantTokens)
    clock.advance(19)
    const error = await source.getToken({ scope: 'two' }).catch((thrown: TokenError) => thrown)
    expect(error).toMatchObject({ retryAfter: 1, serverStatus: status })
    expect(server.requests).toHaveLength(1)
    clock.advance(1)
    expect(await getResults(source, [{ scope: 'two' }])).toEqual(['token-2'])
  })

  it.each([
    [10, 40],
    [40, 10],
  ])(
    'the longer Retry-After applies if two responses have %d and %d seconds',
    async (first, second) => {
      const release: (() => void)[] = []
      const { source, server, clock } = await setup(
        async (request: ReceivedRequest) => {
          await new Promise<void>((resolve) => release.push(resolve))
          const seconds = request.form.get('scope') === 'one' ? first : second
          return respondWithError('slow', {
            status: 503,
            headers: { 'Retry-After': `${seconds}` },
          })(request)
        },
        { maxWait: 0 },
      )
      const both = getResults(source, [{ scope: 'one' }, { scope: 'two' }])
      await server.received(2)
      await until(() => release.length === 2)
      release.forEach((respond) => respond())
      await both
      server.answer(grantTokens)
      clock.advance(39)
      expect(await getResults(source, [{ scope: 'three' }])).toEqual(['temporarily_unavailable'])
      clock.advance(1)
      expect(await getResults(source, [{ scope: 'three' }])).toEqual(['token-3'])
    },
  )
})
