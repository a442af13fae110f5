import { describe, expect, it } from 'vitest'
import type { TokenError } from '../src/index.ts'
import { TARGET_LIMITS } from '../src/target-limits.ts'
import { REQUESTS_AT_ONCE } from '../src/request-queue.ts'
import { API, setup, turns, until } from './setup.ts'
import { type Asked, grant, granting, refusing, type Script } from './token-server.ts'

const { withToken, withoutToken, unused } = TARGET_LIMITS
const scopes = (name: string, count: number) =>
  Array.from({ length: count }, (_, i) => ({ scope: `${name}-${i}` }))

type Source = Awaited<ReturnType<typeof setup>>['source']

/** Returns for each target the value of the token, or the code of the error. */
const getAll = (source: Source, targets: readonly object[]) =>
  Promise.all(
    targets.map((target) =>
      source.getToken(target).then(
        ({ value }) => value,
        ({ code }: TokenError) => code,
      ),
    ),
  )

/** Grants tokens for every scope that does not begin with `bad`. */
const grantingGood =
  (refuse: Script): Script =>
  (asked) =>
    asked.form.get('scope')!.startsWith('bad')
      ? (refuse as (asked: Asked) => unknown)(asked)
      : grant(asked.number)

const count = (values: readonly string[], value: string) =>
  values.filter((one) => one === value).length

describe('a target without a token', () => {
  it('evicts no token: 20 cached tokens and 120 refused targets', async () => {
    const { source, server } = await setup(grantingGood(refusing('invalid_target')))
    const held = await getAll(source, scopes('good', 20))
    expect(count(await getAll(source, scopes('bad', 120)), 'invalid_target')).toBe(120)
    expect(server.asked).toHaveLength(140)
    expect(await getAll(source, scopes('good', 20))).toEqual(held)
    expect(server.asked).toHaveLength(140)
  })

  it('costs one request for any number of callers: 150 targets, three calls each', async () => {
    const { source, server } = await setup()
    const targets = scopes('good', 150)
    const tokens = await getAll(source, [...targets, ...targets, ...targets])
    expect(new Set(tokens).size).toBe(150)
    expect(await getAll(source, targets)).toEqual(tokens.slice(0, 150))
    expect(server.asked).toHaveLength(150)
  })

  it('keeps its backoff whatever other targets do', async () => {
    const { source, server, clock } = await setup(grantingGood(refusing('invalid_scope')))
    await getAll(source, scopes('bad', 1))
    await getAll(source, scopes('good', withoutToken + 200))
    const before = server.asked.length
    expect(await getAll(source, scopes('bad', 1))).toEqual(['invalid_scope'])
    expect(server.asked).toHaveLength(before)
    clock.advance(0.5)
    await getAll(source, scopes('bad', 1))
    expect(server.asked).toHaveLength(before + 1)
  })

  it('has no effect on other targets if its error response has Retry-After', async () => {
    for (const status of [400, 403, 500]) {
      const headers = { 'Retry-After': '60' }
      const refuse = refusing('invalid_scope', { status, headers })
      const { source } = await setup(grantingGood(refuse), { maxWait: 0 })
      const error = await source.getToken({ scope: 'bad' }).catch((thrown: TokenError) => thrown)
      expect((error as TokenError).retryAfter).toBe(undefined)
      expect(await getAll(source, [{ scope: 'good' }])).toEqual(['token-2'])
    }
  })

  it(`is rejected without a request if ${withoutToken} others have none`, async () => {
    const { source, server, clock, failure } = await setup(
      grantingGood(refusing('invalid_target')),
      { scope: 'good' },
    )
    await getAll(source, scopes('bad', withoutToken))
    expect(server.asked).toHaveLength(withoutToken)
    const error = await source.getToken({ scope: 'other' }).catch((thrown: TokenError) => thrown)
    expect(error).toMatchObject({
      name: 'TokenError',
      code: 'too_many_targets',
      fault: 'configuration',
      isTransient: true,
      retryAfter: 1,
      detail: `${withoutToken} other targets are waiting for a token, or failed`,
    })
    expect(server.asked).toHaveLength(withoutToken)
    expect(await failure()).toBe('a token')
    // The backoff of those that failed is over.
    clock.advance(1)
    expect(await getAll(source, [{ scope: 'other' }])).toEqual([`token-${withoutToken + 2}`])
  })

  it('is rejected by source.fetch() without a request to the API', async () => {
    const { source } = await setup(refusing('invalid_target'), {
      resourceFetch: () => expect.unreachable(),
    })
    await getAll(source, scopes('bad', withoutToken))
    await expect(source.fetch(API, {}, { scope: 'other' })).rejects.toMatchObject({
      code: 'too_many_targets',
    })
  })
})

describe('16,000 targets at once', () => {
  const storm = scopes('storm', 16_000)

  it.each<[string, Script, string]>([
    ['grants tokens', granting, 'a token'],
    ['refuses all of them', refusing('invalid_target'), 'invalid_target'],
    ['fails', 500, 'server_error'],
    ['is throttled', 429, 'throttled'],
    ['rejects the credentials', refusing('invalid_client', { status: 401 }), 'invalid_client'],
    [
      'issues tokens of another type',
      { ...grant(1), token_type: 'DPoP' },
      'unsupported_token_type',
    ],
  ])('leave cached tokens where they are if the server %s', async (_case, script, outcome) => {
    let running = 0
    let most = 0
    const { source, server, value } = await setup(granting, {
      maxWait: 0,
      fetch: (url, init) => {
        most = Math.max(most, ++running)
        return fetch(url, init).finally(() => running--)
      },
    })
    const held = [await value(), ...(await getAll(source, scopes('held', 20)))]
    server.answer(script)
    const before = server.asked.length
    const outcomes = await getAll(source, storm)
    expect(outcomes).toHaveLength(storm.length)
    expect(count(outcomes, 'too_many_targets')).toBe(storm.length - withoutToken)
    const served = outcomes.filter((one) => one !== 'too_many_targets')
    for (const one of served) expect(one).toMatch(outcome === 'a token' ? /^token-/ : outcome)
    expect(server.asked.length - before).toBeLessThanOrEqual(withoutToken)
    expect(most).toBeLessThanOrEqual(REQUESTS_AT_ONCE)
    const afterStorm = server.asked.length
    expect([await value(), ...(await getAll(source, scopes('held', 20)))]).toEqual(held)
    expect(server.asked).toHaveLength(afterStorm)
  })

  it('one after the other keep the memory bounded, and each gets a token', async () => {
    const { source, server, events } = await setup()
    const held = await getAll(source, scopes('held', 20))
    for (let start = 0; start < 4000; start += 500) {
      const outcomes = await getAll(source, storm.slice(start, start + 500))
      expect(outcomes.filter((one) => !one.startsWith('token-'))).toEqual([])
    }
    expect(await getAll(source, scopes('held', 20))).toEqual(held)
    expect(server.asked).toHaveLength(4020)
    const cached = events.filter((event) => event.type === 'token_issued' && event.cached)
    expect(cached).toHaveLength(withToken)
  })
})

describe('a new token', () => {
  /** Creates a source whose places are all taken by valid tokens. */
  async function full(options: object = {}) {
    const all = await setup(
      ({ number, form }) =>
        grant(number, { expires_in: form.get('scope')!.startsWith('short') ? 60 : 86_400 }),
      options,
    )
    await getAll(all.source, [...scopes('long', withToken - 1), { scope: 'short' }])
    return all
  }

  it('is returned to those who wait and not cached if all places are taken by tokens in use', async () => {
    const { source, server, events } = await full()
    const [one, two] = await getAll(source, [{ scope: 'new' }, { scope: 'new' }])
    expect([one, two]).toEqual([`token-${withToken + 1}`, one])
    expect(events.at(-1)).toMatchObject({ type: 'token_issued', cached: false, scope: ['new'] })
    expect(await getAll(source, [{ scope: 'new' }])).toEqual([`token-${withToken + 2}`])
    await getAll(source, scopes('long', withToken - 1))
    expect(server.asked).toHaveLength(withToken + 2)
  })

  it('that is not cached is not replaced either if an API rejects it within 5 s', async () => {
    let calls = 0
    const { source, server } = await full({
      resourceFetch: async () => {
        calls++
        return new Response('', { status: 401 })
      },
      retryOn: 'any401',
    })
    const before = server.asked.length
    expect((await source.fetch(API, {}, { scope: 'new' })).status).toBe(401)
    expect([calls, server.asked.length - before]).toEqual([1, 1])
  })

  it('replaces one that expired', async () => {
    const { source, server, clock } = await full()
    clock.advance(60)
    await getAll(source, [{ scope: 'new' }])
    expect(await getAll(source, [{ scope: 'new' }])).toEqual([`token-${withToken + 1}`])
    await getAll(source, scopes('long', withToken - 1))
    expect(server.asked).toHaveLength(withToken + 1)
  })

  it(`replaces the one that was not used for the longest time, from ${unused} s on`, async () => {
    const { source, server, clock } = await full()
    await getAll(source, [{ scope: 'short' }])
    clock.advance(unused - 1)
    await getAll(source, scopes('long', 500))
    clock.advance(1)
    await getAll(source, [{ scope: 'new' }])
    await getAll(source, [{ scope: 'new' }])
    expect(server.asked).toHaveLength(withToken + 1)
    await getAll(source, scopes('long', 500))
    expect(server.asked).toHaveLength(withToken + 1)
  })

  it('of a target that is renewed stays in its place', async () => {
    const { source, server, clock, count: countEvents, events } = await full()
    clock.advance(50)
    await getAll(source, [{ scope: 'short' }])
    await until(() => countEvents('token_renewed') === 1)
    expect(events.at(-1)).toMatchObject({ type: 'token_renewed', cached: true })
    await getAll(source, [{ scope: 'short' }])
    expect(server.asked).toHaveLength(withToken + 1)
  })
})

describe('a failure of the credentials', () => {
  /** Calls for 50 targets in each tenth of a second, for 6 seconds. */
  async function askFor6Seconds({ source, clock }: Awaited<ReturnType<typeof setup>>) {
    for (let tenth = 0; tenth < 60; tenth++) {
      await getAll(source, scopes('any', 50))
      clock.advance(0.1)
    }
  }

  it.each<[string, Script]>([
    ['a wrong secret', refusing('invalid_client', { status: 401 })],
    ['a status 401', 401],
    ['a grant that is not allowed', refusing('unauthorized_client')],
    ['a wrong secret at Keycloak', refusing('unauthorized_client', { status: 401 })],
  ])('has one backoff for 50 targets: %s', async (_case, script) => {
    const all = await setup(script)
    await askFor6Seconds(all)
    // Those that were sent before the first response, and one after 0.5, 1.5 and 3.5 seconds.
    expect(all.server.asked).toHaveLength(REQUESTS_AT_ONCE + 3)
    expect(all.count('token_failed')).toBe(REQUESTS_AT_ONCE + 3)
  })

  it('has one backoff for 50 targets if the secret is unavailable', async () => {
    let calls = 0
    const secret = () => {
      calls++
      throw new Error('the vault is sealed')
    }
    const all = await setup(granting, {
      maxWait: 0,
      clientAuthentication: { method: 'client_secret_basic', secret },
    })
    await askFor6Seconds(all)
    expect(calls).toBe(REQUESTS_AT_ONCE + 3)
    expect(all.server.asked).toEqual([])
  })

  it('gives every caller the same error, without a request', async () => {
    const { source, server } = await setup(
      refusing('invalid_client', { status: 401, error_description: 'expired last week' }),
    )
    await getAll(source, [{ scope: 'one' }])
    const error = await source.getToken({ scope: 'two' }).catch((thrown: TokenError) => thrown)
    expect(error).toMatchObject({
      code: 'invalid_client',
      serverStatus: 401,
      retryAfter: 1,
      detail: `no new request, last error: ${server.url}/token: status 401, invalid_client, expired last week`,
    })
    expect(server.asked).toHaveLength(1)
  })

  it('leaves valid tokens in use, and delays their renewal', async () => {
    const { source, server, clock, value } = await setup()
    await value()
    const held = await getAll(source, scopes('held', 20))
    clock.advance(480)
    server.answer(refusing('invalid_client', { status: 401 }))
    const before = server.asked.length
    for (let second = 0; second < 60; second++) {
      expect(await getAll(source, scopes('held', 20))).toEqual(held)
      await turns()
      clock.advance(1)
    }
    // After 0.5, 1, 2, 4, 8, 16 and 30 seconds, and not for each of the 20.
    expect(server.asked.length - before).toBeLessThan(REQUESTS_AT_ONCE + 8)
  })

  it('ends when a token arrives: then requests run side by side again', async () => {
    let running = 0
    let most = 0
    const { source, server, clock } = await setup(refusing('invalid_client', { status: 401 }), {
      fetch: (url, init) => {
        most = Math.max(most, ++running)
        return fetch(url, init).finally(() => running--)
      },
    })
    await getAll(source, [{ scope: 'one' }])
    clock.advance(0.5)
    most = 0
    await getAll(source, scopes('any', 30))
    expect([most, server.asked.length]).toEqual([1, 2])
    server.answer(granting)
    clock.advance(1)
    const tokens = await getAll(source, scopes('any', 30))
    expect(tokens.filter((one) => !one.startsWith('token-'))).toEqual([])
    expect([most, server.asked.length]).toEqual([REQUESTS_AT_ONCE, 32])
  })

  it('is waited for by callers if it can end by itself', async () => {
    let calls = 0
    const secret = () => (calls++ < 2 ? undefined : 'the-secret-of-now')
    const { source, server, passing } = await setup(granting, {
      clientAuthentication: { method: 'client_secret_basic', secret },
    })
    const tokens = await passing(getAll(source, scopes('any', 5)))
    expect(tokens.filter((one) => !one.startsWith('token-'))).toEqual([])
    expect(server.asked).toHaveLength(5)
  })

  it('is not assumed for unauthorized_client if the client got a token before', async () => {
    const { source } = await setup(grantingGood(refusing('unauthorized_client')))
    await getAll(source, [{ scope: 'good' }])
    expect(await getAll(source, [{ scope: 'bad' }, { scope: 'good-too' }])).toEqual([
      'unauthorized_client',
      expect.stringMatching(/^token-/),
    ])
  })
})

describe('Retry-After', () => {
  it.each([429, 503])('with status %i counts for all targets', async (status) => {
    const { source, server, clock } = await setup(
      refusing('slow', { status, headers: { 'Retry-After': '20' } }),
      { maxWait: 0 },
    )
    await getAll(source, [{ scope: 'one' }])
    server.answer(granting)
    clock.advance(19)
    const error = await source.getToken({ scope: 'two' }).catch((thrown: TokenError) => thrown)
    expect(error).toMatchObject({ retryAfter: 1, serverStatus: status })
    expect(server.asked).toHaveLength(1)
    clock.advance(1)
    expect(await getAll(source, [{ scope: 'two' }])).toEqual(['token-2'])
  })

  it.each([
    [10, 40],
    [40, 10],
  ])('counts with the longest of %d and %d seconds', async (first, second) => {
    const release: (() => void)[] = []
    const { source, server, clock } = await setup(
      async (asked: Asked) => {
        await new Promise<void>((resolve) => release.push(resolve))
        const seconds = asked.form.get('scope') === 'one' ? first : second
        return refusing('slow', { status: 503, headers: { 'Retry-After': `${seconds}` } })(asked)
      },
      { maxWait: 0 },
    )
    const both = getAll(source, [{ scope: 'one' }, { scope: 'two' }])
    await server.received(2)
    await until(() => release.length === 2)
    release.forEach((go) => go())
    await both
    server.answer(granting)
    clock.advance(39)
    expect(await getAll(source, [{ scope: 'three' }])).toEqual(['temporarily_unavailable'])
    clock.advance(1)
    expect(await getAll(source, [{ scope: 'three' }])).toEqual(['token-3'])
  })
})
