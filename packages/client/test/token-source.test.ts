import { type JWK, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { generateKey } from '../../../test/support/keys.ts'
import { ConfigurationError, type TokenError } from '../src/index.ts'
import { API, setup, SECRET, waitForRequests, until } from './setup.ts'
import { type ReceivedRequest, grant, grantTokens, respondWithError } from './token-server.ts'

/** Returns the decoded credentials of the `Authorization` header. */
const readBasic = ({ headers }: ReceivedRequest) =>
  Buffer.from(headers.authorization!.slice('Basic '.length), 'base64').toString()

describe('getToken()', () => {
  it('getToken() sends a client credentials request to the discovered endpoint', async () => {
    const { server, source } = await setup()
    expect(server.otherPaths).toEqual([])
    const token = await source.getToken()
    expect(token).toMatchObject({
      value: 'token-1',
      type: 'Bearer',
      expiresAt: 1_900_000_600,
      scopes: ['read', 'write'],
      missingScopes: [],
    })
    expect(Object.isFrozen(token) && Object.isFrozen(token.scopes)).toBe(true)
    expect(server.otherPaths).toEqual(['/.well-known/openid-configuration'])
    const [request] = server.requests
    expect(Object.fromEntries(request!.form)).toEqual({
      grant_type: 'client_credentials',
      scope: 'read write',
      resource: API,
    })
    expect(request!.headers['content-type']).toBe('application/x-www-form-urlencoded')
    expect(readBasic(request!)).toBe(`orders:${SECRET}`)
  })

  it('getToken() uses tokenEndpoint without discovery, and sends audience', async () => {
    const { server } = await setup()
    const { getValue, server: same } = await setup(grantTokens, {
      server,
      issuer: undefined!,
      tokenEndpoint: `${server.url}/token`,
      resource: undefined!,
      audience: 'the-api',
      scope: undefined!,
      clientAuthentication: { method: 'client_secret_post', secret: SECRET },
    })
    expect(await getValue()).toBe('token-1')
    expect(same.otherPaths).toEqual([])
    expect(Object.fromEntries(server.requests[0]!.form)).toEqual({
      grant_type: 'client_credentials',
      audience: 'the-api',
      client_id: 'orders',
      client_secret: SECRET,
    })
  })

  it('getToken() caches the token, and sends one request for 1000 concurrent callers', async () => {
    const { server, source, count } = await setup()
    const tokens = await Promise.all(Array.from({ length: 1000 }, () => source.getToken()))
    expect(new Set(tokens).size).toBe(1)
    expect(await source.getToken()).toBe(tokens[0])
    expect(server.requests).toHaveLength(1)
    expect(server.otherPaths).toHaveLength(1)
    expect(source.counters()).toMatchObject({ issued: 1, renewed: 0, cached: 1, failed: 0 })
    expect(count('token_issued')).toBe(1)
    expect(count('token_cached')).toBe(1)
  })

  it('getToken() renews the token once before it expires, and returns the old token meanwhile', async () => {
    const { clock, server, source, getValue, count, events } = await setup()
    await getValue()
    clock.advance(479.9)
    expect(await getValue()).toBe('token-1')
    expect(server.requests).toHaveLength(1)
    clock.advance(0.1)
    const values = await Promise.all(Array.from({ length: 1000 }, getValue))
    expect(new Set(values)).toEqual(new Set(['token-1']))
    await until(() => count('token_renewed') === 1)
    expect(await getValue()).toBe('token-2')
    expect(server.requests).toHaveLength(2)
    expect(source.counters()).toMatchObject({ issued: 1, renewed: 1, failed: 0 })
    expect(events.find(({ type }) => type === 'token_renewed')).toEqual({
      type: 'token_renewed',
      server: server.url,
      clientId: 'orders',
      scope: ['read', 'write'],
      resource: [API],
      audience: undefined,
      duration: 0,
      lifetime: 600,
      cached: true,
      missingScopes: [],
    })
  })

  it('getToken() waits for a new token in the last five seconds of the old token', async () => {
    const { clock, server, getValue } = await setup()
    await getValue()
    clock.advance(595)
    expect(await Promise.all([getValue(), getValue()])).toEqual(['token-2', 'token-2'])
    expect(server.requests).toHaveLength(2)
  })

  it.each([
    ['the process was suspended', 'suspend', 3600],
    ['the clock was set forward', 'jump', 3600],
  ] as const)(
    'getToken() replaces a token that expired because %s',
    async (_case, move, seconds) => {
      const { clock, getValue } = await setup()
      await getValue()
      clock[move](seconds)
      expect(await getValue()).toBe('token-2')
    },
  )

  it('getToken() does not extend the lifetime when the clock is set back', async () => {
    const { clock, getValue } = await setup()
    await getValue()
    clock.jump(-86_400)
    expect(await getValue()).toBe('token-1')
    clock.advance(595)
    expect(await getValue()).toBe('token-2')
  })

  it.each([
    [300, 'absent', undefined, undefined],
    [300, 'null', null, undefined],
    [300, 'not a number', 'an hour', undefined],
    [1000, 'a numeric string', '1000', 1_900_001_000],
    [99.5, 'a fraction', 99.5, 1_900_000_099],
    [86_400, 'huge', 1e300, 1e300],
  ])(
    'getToken() assumes a lifetime of %d s for the cache if expires_in is %s',
    async (seconds, _case, given, expiresAt) => {
      const { clock, source, getValue } = await setup(({ number }) =>
        grant(number, { expires_in: given }),
      )
      expect((await source.getToken()).expiresAt).toBe(expiresAt)
      clock.advance(seconds - 5.1)
      expect(await getValue()).toBe('token-1')
      await until(() => source.counters().renewed === 1)
    },
  )

  it('getToken() returns no refresh token and no ID token', async () => {
    const { source } = await setup(({ number }) =>
      grant(number, { refresh_token: 7, id_token: 'x', token_type: 'bEARER' }),
    )
    const token = await source.getToken()
    expect(Object.keys(token).sort()).toEqual(['expiresAt', 'missingScopes', 'scopes', 'type'])
  })

  it('missingScopes of a token contains the requested scopes that were not granted', async () => {
    const { source, events } = await setup(({ number }) => grant(number, { scope: 'read other' }))
    expect(await source.getToken()).toMatchObject({
      scopes: ['read', 'other'],
      missingScopes: ['write'],
    })
    expect(events).toMatchObject([{ type: 'token_issued', missingScopes: ['write'] }])
  })
})

describe('counters()', () => {
  it('counters() returns the counts even if onEvent is not set', async () => {
    const { clock, server, source, getValue, getErrorCode } = await setup(grantTokens, {
      onEvent: undefined!,
      maxWait: 0,
    })
    await getValue()
    await getValue()
    clock.advance(480)
    await getValue()
    await until(() => source.counters().renewed === 1)
    source.invalidate()
    server.answer(500)
    expect(await getErrorCode()).toBe('server_error')
    expect(source.counters()).toEqual({
      issued: 1,
      renewed: 1,
      cached: 2,
      failed: 1,
      invalidated: 1,
      duration: 0,
    })
  })
})

describe('tokens for several targets', () => {
  it('getToken() requests and caches one token for each target', async () => {
    const { server, source } = await setup(({ number, form }) =>
      grant(number, {
        access_token: [form.get('scope'), form.getAll('resource').join()]
          .join('|')
          .replace(' ', '+'),
      }),
    )
    const requests = [
      {},
      { scope: 'read' },
      { scope: 'read write', resource: 'https://other.example.com' },
      { resource: ['https://a.example.com', 'https://b.example.com'] },
      { resource: 'https://a.example.com,https://b.example.com' },
      { audience: API },
    ]
    const getTokens = () => Promise.all(requests.map((request) => source.getToken(request)))
    const tokens = await getTokens()
    expect(new Set(tokens).size).toBe(6)
    expect(await getTokens()).toEqual(tokens)
    expect(server.requests).toHaveLength(6)
    expect(server.otherPaths).toHaveLength(1)
    expect(tokens[2]!.value).toBe('read+write|https://other.example.com')
    expect(server.requests.map(({ form }) => form.get('audience'))).toContain(API)
  })

  it('getToken() returns one token for targets that differ only in order and duplicates of scopes', async () => {
    const { server, source } = await setup()
    const same = [
      undefined,
      {},
      { scope: 'write read read' },
      { scope: ['read', 'write'], resource: API },
    ]
    const tokens = await Promise.all(same.map((request) => source.getToken(request)))
    expect(new Set(tokens).size).toBe(1)
    expect(server.requests).toHaveLength(1)
  })

  it('getToken() rejects an invalid request with ConfigurationError', async () => {
    const { source, server } = await setup()
    for (const [request, problem] of [
      [{ scopes: 'read' }, 'Did you mean scope?'],
      [{ scope: 'a"b' }, 'scope must be'],
      [{ resource: 'no address' }, 'resource must be'],
      [{ resource: API, audience: 'x' }, 'exclude each other'],
      [{ audience: 'x'.repeat(8192) }, 'have more than 8192 characters together'],
    ] as const) {
      const failed = source.getToken(request as object)
      await expect(failed).rejects.toThrow(ConfigurationError)
      await expect(failed).rejects.toThrow(problem)
    }
    expect(server.requests).toEqual([])
  })
})

describe('invalidate()', () => {
  it('invalidate() removes the rejected token, but not its successor', async () => {
    const { clock, source, getValue, server, count } = await setup()
    const first = await source.getToken()
    clock.advance(5)
    expect(source.invalidate(first)).toBe(true)
    expect(await getValue()).toBe('token-2')
    expect([source.invalidate(first), source.invalidate('token-1')]).toEqual([true, true])
    expect(await getValue()).toBe('token-2')
    clock.advance(5)
    expect(source.invalidate('token-2')).toBe(true)
    expect(await getValue()).toBe('token-3')
    source.invalidate()
    expect(await getValue()).toBe('token-4')
    expect(server.requests).toHaveLength(4)
    expect(count('token_invalidated')).toBe(3)
    expect(source.counters().invalidated).toBe(3)
  })

  it('invalidate() returns false and keeps a token that is younger than 5 s', async () => {
    const { clock, source, getValue, server, count } = await setup()
    for (let call = 0; call < 50; call++) expect(source.invalidate(await getValue())).toBe(false)
    clock.advance(4.99)
    expect(source.invalidate(await getValue())).toBe(false)
    expect(server.requests).toHaveLength(1)
    expect(count('token_invalidated')).toBe(0)
  })

  it('invalidate() without an argument keeps the token of a running request out of the cache', async () => {
    let release = () => {}
    const released = new Promise<void>((resolve) => (release = resolve))
    const { source, server, getValue } = await setup(async ({ number }: ReceivedRequest) => {
      if (number === 1) await released
      return grant(number)
    })
    const waiting = getValue()
    await server.received(1)
    source.invalidate()
    release()
    expect(await waiting).toBe('token-1')
    expect(await getValue()).toBe('token-2')
  })
})

describe('an outage of the authorization server', () => {
  it.each([
    ['fails', 500],
    ['hangs', () => undefined],
    ['closes the connection', ({ response }: ReceivedRequest) => void response.destroy()],
    ['sends an invalid response', { token: 'none' }],
    ['rejects the credentials', respondWithError('invalid_client', { status: 401 })],
  ])(
    'getToken() returns the cached token during an outage in which the server %s',
    async (_case, outage) => {
      const { clock, server, getValue, source, advanceUntilSettled, getErrorCode, count } =
        await setup()
      await getValue()
      clock.advance(480)
      server.answer(outage)
      for (let second = 0; second < 114; second++) {
        expect(await getValue()).toBe('token-1')
        await advanceUntilSettled(
          new Promise((resolve) => void clock.after(1000, () => resolve(undefined))),
        )
      }
      // The backoff doubles from 0.5 to 30 s. `setup` removes the jitter.
      expect(count('token_failed')).toBeGreaterThan(3)
      expect(count('token_failed')).toBeLessThan(15)
      expect(server.requests.length).toBeLessThanOrEqual(1 + 2 * count('token_failed'))
      expect(count('token_issued')).toBe(1)
      clock.advance(1)
      expect(await advanceUntilSettled(getErrorCode())).not.toBe('a token')
      server.answer(grantTokens)
      clock.advance(30)
      expect(await getValue()).toMatch(/^token-/)
      expect(source.counters().failed).toBe(count('token_failed'))
    },
  )

  it('getToken() returns a token to all waiting callers after a short outage', async () => {
    const { server, getValue, advanceUntilSettled, count } = await setup(({ number }) =>
      number < 4 ? 503 : grant(number),
    )
    const values = Array.from({ length: 10 }, getValue)
    expect(await advanceUntilSettled(Promise.all(values))).toEqual(Array(10).fill('token-4'))
    expect(server.requests).toHaveLength(4)
    expect(count('token_failed')).toBe(3)
  })

  it('getToken() rejects before maxWait is exceeded, and immediately during the backoff', async () => {
    const { clock, server, source, getErrorCode, advanceUntilSettled } = await setup(503)
    const start = clock.monotonic()
    expect(await advanceUntilSettled(getErrorCode())).toBe('temporarily_unavailable')
    expect(clock.monotonic() - start).toBeLessThan(5000)
    expect(server.requests).toHaveLength(4)
    const error = await source.getToken().catch((thrown: TokenError) => thrown)
    expect(error).toMatchObject({
      code: 'temporarily_unavailable',
      fault: 'server',
      serverStatus: 503,
      detail: `no request was sent, last error: ${server.url}/token: status 503`,
      retryAfter: 4,
    })
    expect(server.requests).toHaveLength(4)
    server.answer(grantTokens)
    clock.advance(5)
    expect((await source.getToken()).value).toBe('token-5')
  })

  it('500 concurrent callers share each request during an outage', async () => {
    const { server, getErrorCode, advanceUntilSettled, count } = await setup(
      ({ response }) => void response.destroy(),
    )
    const failures = await advanceUntilSettled(
      Promise.all(Array.from({ length: 500 }, getErrorCode)),
    )
    expect(new Set(failures)).toEqual(new Set(['unreachable']))
    // Each attempt sends the request twice, because the server closed the connection.
    expect([count('token_failed'), server.requests.length]).toEqual([4, 8])
  })

  it.each([
    [0, 1],
    [0.4, 1],
    [0.5, 2],
    [1.5, 3],
    [20, 6],
  ])(
    'getToken() with a maxWait of %d s sends %d request(s) during an outage',
    async (maxWait, requests) => {
      const { clock, server, getErrorCode, advanceUntilSettled } = await setup(503, { maxWait })
      expect(await advanceUntilSettled(getErrorCode())).toBe('temporarily_unavailable')
      expect(clock.monotonic()).toBeLessThanOrEqual(maxWait * 1000 + 100)
      expect(server.requests).toHaveLength(requests)
    },
  )

  it('getToken() includes the duration of requests in maxWait', async () => {
    const { server, getErrorCode, advanceUntilSettled } = await setup(() => undefined, {
      maxWait: 6,
      fetchTimeout: 4,
    })
    expect(await advanceUntilSettled(getErrorCode())).toBe('timeout')
    expect(server.requests).toHaveLength(2)
  })

  it('getToken() sends no request before Retry-After ends', async () => {
    const { clock, server, source, getValue, getErrorCode } = await setup(
      respondWithError('too_fast', { status: 429, headers: { 'Retry-After': '40' } }),
    )
    expect(await getErrorCode()).toBe('throttled')
    clock.advance(39)
    const error = await source.getToken().catch((thrown: TokenError) => thrown)
    expect(error).toMatchObject({ code: 'throttled', retryAfter: 1, serverStatus: 429 })
    expect(server.requests).toHaveLength(1)
    server.answer(grantTokens)
    clock.advance(1)
    expect(await getValue()).toBe('token-2')
  })

  it('getToken() retries after Retry-After if maxWait is long enough', async () => {
    const script = ({ number, response }: ReceivedRequest) => {
      if (number > 1) return grant(number)
      return void response.writeHead(503, { 'Retry-After': '7' }).end()
    }
    const { clock, getValue, advanceUntilSettled } = await setup(script, { maxWait: 10 })
    const start = clock.monotonic()
    expect(await advanceUntilSettled(getValue())).toBe('token-2')
    expect(clock.monotonic() - start).toBeGreaterThanOrEqual(7000)
  })

  it('Retry-After delays requests for all targets by 300 s at most', async () => {
    const { clock, server, source } = await setup(
      respondWithError('too_fast', { status: 429, headers: { 'Retry-After': '99999999999' } }),
    )
    const getRetryAfter = (scope: number) =>
      source.getToken({ scope: `scope-${scope}` }).catch((thrown: TokenError) => thrown.retryAfter)
    const results = await Promise.all(Array.from({ length: 50 }, (_, i) => getRetryAfter(i)))
    results.push(await getRetryAfter(0), await getRetryAfter(50))
    expect(new Set(results)).toEqual(new Set([300]))
    // Ten requests were running when the first response arrived. No other requests were sent.
    expect(server.requests).toHaveLength(10)
    server.answer(grantTokens)
    clock.advance(300)
    expect(await source.getToken({ scope: 'scope-7' })).toMatchObject({ value: 'token-11' })
  })

  it('a source sends at most 10 concurrent requests for any number of targets', async () => {
    const { server, source, clock, getErrorCode, advanceUntilSettled } = await setup(
      () => undefined,
      {
        maxWait: 0,
      },
    )
    const failures = Array.from({ length: 30 }, (_, i) =>
      source.getToken({ scope: `scope-${i}` }).catch(({ code, detail }: TokenError) => {
        return `${code}: ${detail}`
      }),
    )
    await server.received(10)
    await waitForRequests()
    expect(server.requests).toHaveLength(10)
    const texts = await advanceUntilSettled(Promise.all(failures))
    expect(
      texts.filter((text) => text === `timeout: ${server.url}/token: timed out after 5 s`),
    ).toHaveLength(10)
    expect(
      texts.filter((text) => text === 'timeout: waiting for earlier requests: timed out after 5 s'),
    ).toHaveLength(20)
    server.answer(grantTokens)
    clock.advance(5)
    expect(await advanceUntilSettled(getErrorCode())).toBe('a token')
  })

  it('many callers can share a signal without a MaxListenersExceededWarning', async () => {
    const warnings: unknown[] = []
    const onWarning = (warning: unknown) => void warnings.push(warning)
    process.on('warning', onWarning)
    const { source, count, clock } = await setup(503)
    const { signal } = new AbortController()
    const all = Array.from({ length: 50 }, (_, i) =>
      source.getToken({ scope: `s${i % 30}`, signal }),
    )
    const settled = Promise.allSettled(all)
    await until(() => count('token_failed') === 30)
    source.close()
    await settled
    await waitForRequests()
    process.off('warning', onWarning)
    expect(warnings).toEqual([])
    expect(clock.pending()).toBe(0)
  })

  it('getToken() uses the known endpoint if a request for metadata gets no response', async () => {
    const { clock, server, getValue } = await setup()
    await getValue()
    server.publish(() => () => undefined)
    for (const number of [2, 3]) {
      clock.advance(3600)
      expect(await getValue()).toBe(`token-${number}`)
    }
    expect(server.otherPaths).toHaveLength(3)
  })

  it('getToken() succeeds when the metadata is available again after a request for metadata got no response', async () => {
    let isAvailable = false
    const { clock, server, getErrorCode, advanceUntilSettled } = await setup(grantTokens, {
      maxWait: 0,
      // This `fetch` ignores its signal.
      fetch: (url, init) =>
        isAvailable || init.method === 'POST' ? fetch(url, init) : new Promise(() => {}),
    })
    expect(await advanceUntilSettled(getErrorCode())).toBe('timeout')
    isAvailable = true
    clock.advance(1)
    expect(await getErrorCode()).toBe('a token')
    expect(server.otherPaths).toHaveLength(1)
  })

  it('getToken() uses the known endpoint if the metadata names another issuer', async () => {
    const { clock, server, getValue } = await setup()
    await getValue()
    server.publish(() => ({ issuer: 'https://another-issuer.example' }))
    clock.advance(3600)
    expect(await getValue()).toBe('token-2')
  })

  it('getToken() discovers the endpoint again after a 404', async () => {
    const { clock, server, getValue, getErrorCode, source } = await setup()
    await getValue()
    server.answer(404)
    source.invalidate()
    server.publish((url) => ({ issuer: url, token_endpoint: `${url}/token/new` }))
    expect(await getErrorCode()).toBe('endpoint_not_found')
    server.answer(grantTokens)
    clock.advance(5)
    expect(await getValue()).toBe('token-3')
    expect(server.otherPaths).toHaveLength(2)
  })
})

describe('a waiting caller', () => {
  it('aborting a signal ends the wait of one caller, and other callers continue', async () => {
    let release = () => {}
    const { source, getValue, server } = await setup(async ({ number }) => {
      await new Promise<void>((resolve) => (release = resolve))
      return grant(number)
    })
    const abort = new AbortController()
    const aborted = source.getToken({ signal: abort.signal })
    const waiting = getValue()
    await until(() => server.requests.length === 1)
    abort.abort(new Error('enough'))
    await expect(aborted).rejects.toThrow('enough')
    await expect(source.getToken({ signal: abort.signal })).rejects.toThrow('enough')
    release()
    expect(await waiting).toBe('token-1')
    expect(server.requests).toHaveLength(1)
  })

  it('retries end when the last waiting caller aborts', async () => {
    const { clock, source, server, count } = await setup(503)
    const abort = new AbortController()
    const waiting = source.getToken({ signal: abort.signal })
    await until(() => count('token_failed') === 1)
    abort.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    await waitForRequests()
    await clock.pass(60)
    expect(server.requests).toHaveLength(1)
    expect(count('token_failed')).toBe(1)
    expect(clock.pending()).toBe(0)
  })

  it('the backoff timer is cancelled when the last waiting caller aborts', async () => {
    let release = () => {}
    const released = new Promise<void>((resolve) => (release = resolve))
    const { clock, source, server, count } = await setup(async ({ response }: ReceivedRequest) => {
      await released
      response.writeHead(503).end()
    })
    const [first, second] = [new AbortController(), new AbortController()]
    const one = source.getToken({ signal: first.signal })
    await server.received(1)
    first.abort(new Error('enough'))
    await expect(one).rejects.toThrow('enough')
    const other = source.getToken({ signal: second.signal })
    release()
    await until(() => count('token_failed') === 1)
    await waitForRequests()
    expect(clock.pending()).toBe(1)
    second.abort(new Error('enough, too'))
    await expect(other).rejects.toThrow('enough, too')
    expect(clock.pending()).toBe(0)
    await expect(source.getToken()).rejects.toMatchObject({ code: 'temporarily_unavailable' })
    expect(server.requests).toHaveLength(1)
  })

  it('close() rejects waiting callers with the code closed, and leaves no timer', async () => {
    const { clock, source, getErrorCode, server, count } = await setup(() => undefined)
    const waiting = getErrorCode()
    await until(() => server.requests.length === 1)
    source.close()
    expect(await waiting).toBe('closed')
    expect(await getErrorCode()).toBe('closed')
    expect(clock.pending()).toBe(0)
    // A planned shutdown publishes no failure, so it triggers no alert.
    expect(count('token_failed')).toBe(0)
  })

  it('close() between two attempts rejects waiting callers with the code closed', async () => {
    const { clock, source, getErrorCode, count } = await setup(503)
    const waiting = getErrorCode()
    await until(() => count('token_failed') === 1)
    source.close()
    expect(await waiting).toBe('closed')
    expect(clock.pending()).toBe(0)
  })
})

describe('client authentication', () => {
  it('getToken() with private_key_jwt sends a signed assertion for the issuer', async () => {
    const { privateKey, jwk } = generateKey('ES256', 'client-key')
    const { server, clock, getValue } = await setup(grantTokens, {
      clientAuthentication: { method: 'private_key_jwt', key: privateKey, algorithm: 'ES256' },
    })
    await getValue()
    const { form, headers } = server.requests[0]!
    expect(headers.authorization).toBeUndefined()
    expect(form.get('client_assertion_type')).toBe(
      'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    )
    const { payload } = await jwtVerify(form.get('client_assertion')!, jwk as JWK, {
      audience: server.url,
      issuer: 'orders',
      subject: 'orders',
      currentDate: new Date(clock.now()),
    })
    expect(payload.exp).toBe(1_900_000_060)
  })

  it('getToken() with tls_client_auth uses the custom fetch and the mTLS endpoint alias', async () => {
    const called: string[] = []
    const { server, getValue } = await setup(grantTokens, {
      clientAuthentication: { method: 'tls_client_auth' },
      fetch: (url, init) => {
        called.push(new URL(url).pathname)
        return fetch(url, init)
      },
    })
    server.publish((url) => ({
      issuer: url,
      token_endpoint: `${url}/nowhere`,
      mtls_endpoint_aliases: { token_endpoint: `${url}/token` },
    }))
    await getValue()
    expect(called).toEqual(['/.well-known/openid-configuration', '/token'])
    expect(server.requests[0]!.form.get('client_id')).toBe('orders')
    expect(server.requests[0]!.headers.authorization).toBeUndefined()
  })
})

describe('a client secret', () => {
  it('the function for the secret is called for each request', async () => {
    let secret = 'old'
    const { server, source, getValue } = await setup(grantTokens, {
      clientAuthentication: { method: 'client_secret_basic', secret: async () => secret },
    })
    await getValue()
    secret = 'new'
    source.invalidate()
    await getValue()
    expect(server.requests.map(readBasic)).toEqual(['orders:old', 'orders:new'])
  })

  it('getToken() reports an unavailable secret as a configuration fault, and reads the secret again', async () => {
    let calls = 0
    const secret = async () => {
      if (calls++ === 0) throw new Error(`cannot read ${SECRET}`)
      return SECRET
    }
    const { getValue, events, advanceUntilSettled } = await setup(grantTokens, {
      clientAuthentication: { method: 'client_secret_basic', secret },
    })
    expect(await advanceUntilSettled(getValue())).toBe('token-1')
    expect(events[0]).toMatchObject({ code: 'credentials_unavailable', fault: 'configuration' })
    expect(JSON.stringify(events)).not.toContain(SECRET)
  })

  it('getToken() does not send the secret if the metadata names another issuer', async () => {
    const { server, getErrorCode } = await setup()
    server.publish((url) => ({
      issuer: 'https://bank.example.com',
      token_endpoint: `${url}/token`,
    }))
    expect(await getErrorCode()).toBe('issuer_mismatch')
    expect(server.requests).toEqual([])
  })

  it('getToken() does not send the secret to an endpoint without https', async () => {
    const called: string[] = []
    const { server, getErrorCode } = await setup(grantTokens, {
      fetch: (url, init) => {
        called.push(new URL(url).hostname)
        return fetch(url, init)
      },
    })
    server.publish((url) => ({ issuer: url, token_endpoint: 'http://as.example.com/token' }))
    expect(await getErrorCode()).toBe('no_token_endpoint')
    expect(called).not.toContain('as.example.com')
    expect(called.length).toBeGreaterThan(0)
  })
})
