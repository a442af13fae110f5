import { type JWK, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { generateKey } from '../../../test/support/keys.ts'
import type { TokenError } from '../src/index.ts'
import { API, scene, SECRET, turns, until } from './scene.ts'
import { type Asked, grant, granting, refusing } from './token-server.ts'

const basicOf = ({ headers }: Asked) =>
  Buffer.from(headers.authorization!.slice('Basic '.length), 'base64').toString()

describe('a token', () => {
  it('is asked for with the client credentials grant, at the endpoint that the issuer publishes', async () => {
    const { server, source } = await scene()
    expect(server.visited).toEqual([])
    const token = await source.getToken()
    expect(token).toMatchObject({
      value: 'token-1',
      type: 'Bearer',
      expiresAt: 1_900_000_600,
      scopes: ['read', 'write'],
      missingScopes: [],
    })
    expect(Object.isFrozen(token) && Object.isFrozen(token.scopes)).toBe(true)
    expect(server.visited).toEqual(['/.well-known/openid-configuration'])
    const [asked] = server.asked
    expect(Object.fromEntries(asked!.form)).toEqual({
      grant_type: 'client_credentials',
      scope: 'read write',
      resource: API,
    })
    expect(asked!.headers['content-type']).toBe('application/x-www-form-urlencoded')
    expect(basicOf(asked!)).toBe(`orders:${SECRET}`)
  })

  it('is asked for without discovery where the endpoint is given, for an audience where that is its name', async () => {
    const { server } = await scene()
    const { value, server: same } = await scene(granting, {
      server,
      issuer: undefined!,
      tokenEndpoint: `${server.url}/token`,
      resource: undefined!,
      audience: 'the-api',
      scope: undefined!,
      clientAuthentication: { method: 'client_secret_post', secret: SECRET },
    })
    expect(await value()).toBe('token-1')
    expect(same.visited).toEqual([])
    expect(Object.fromEntries(server.asked[0]!.form)).toEqual({
      grant_type: 'client_credentials',
      audience: 'the-api',
      client_id: 'orders',
      client_secret: SECRET,
    })
  })

  it('is held, and a thousand callers at once cause one request', async () => {
    const { server, source, count } = await scene()
    const tokens = await Promise.all(Array.from({ length: 1000 }, () => source.getToken()))
    expect(new Set(tokens).size).toBe(1)
    expect(await source.getToken()).toBe(tokens[0])
    expect(server.asked).toHaveLength(1)
    expect(server.visited).toHaveLength(1)
    expect(source.counters()).toMatchObject({ issued: 1, renewed: 0, cached: 1, failed: 0 })
    expect(count('token_issued')).toBe(1)
    expect(count('token_cached')).toBe(1)
  })

  it('is renewed ahead of its end, once, while callers keep the old one', async () => {
    const { clock, server, source, value, count, events } = await scene()
    await value()
    clock.advance(479.9)
    expect(await value()).toBe('token-1')
    expect(server.asked).toHaveLength(1)
    clock.advance(0.1)
    const values = await Promise.all(Array.from({ length: 1000 }, value))
    expect(new Set(values)).toEqual(new Set(['token-1']))
    await until(() => count('token_renewed') === 1)
    expect(await value()).toBe('token-2')
    expect(server.asked).toHaveLength(2)
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
      missingScopes: [],
    })
  })

  it('is replaced when it has expired, and callers wait', async () => {
    const { clock, server, value } = await scene()
    await value()
    clock.advance(595)
    expect(await Promise.all([value(), value()])).toEqual(['token-2', 'token-2'])
    expect(server.asked).toHaveLength(2)
  })

  it.each([
    ['the process was suspended', 'suspend', 3600],
    ['the clock is set forward', 'jump', 3600],
  ] as const)('is replaced when %s', async (_case, move, seconds) => {
    const { clock, value } = await scene()
    await value()
    clock[move](seconds)
    expect(await value()).toBe('token-2')
  })

  it('lives no longer where the clock is set back', async () => {
    const { clock, value } = await scene()
    await value()
    clock.jump(-86_400)
    expect(await value()).toBe('token-1')
    clock.advance(595)
    expect(await value()).toBe('token-2')
  })

  it.each([
    ['absent', undefined, undefined, 300],
    ['null', null, undefined, 300],
    ['words', 'an hour', undefined, 300],
    ['a number as text', '1000', 1_900_001_000, 1000],
    ['a fraction', 99.5, 1_900_000_099, 99.5],
    ['without end', 1e300, 1e300, 86_400],
  ])('is held for a while where expires_in is %s', async (_case, given, expiresAt, seconds) => {
    const { clock, source, value } = await scene(({ number }) =>
      grant(number, { expires_in: given }),
    )
    expect((await source.getToken()).expiresAt).toBe(expiresAt)
    clock.advance(seconds - 5.1)
    expect(await value()).toBe('token-1')
    await until(() => source.counters().renewed === 1)
  })

  it('comes with no other: refresh tokens and ID tokens are ignored', async () => {
    const { source } = await scene(({ number }) =>
      grant(number, { refresh_token: 7, id_token: 'x', token_type: 'bEARER' }),
    )
    const token = await source.getToken()
    expect(Object.keys(token).sort()).toEqual(['expiresAt', 'missingScopes', 'scopes', 'type'])
  })

  it('says what was granted where that is less than what was asked for', async () => {
    const { source, events } = await scene(({ number }) => grant(number, { scope: 'read other' }))
    expect(await source.getToken()).toMatchObject({
      scopes: ['read', 'other'],
      missingScopes: ['write'],
    })
    expect(events).toMatchObject([{ type: 'token_issued', missingScopes: ['write'] }])
  })
})

describe('tokens for several purposes', () => {
  it('are not mixed up, and each is asked for once', async () => {
    const { server, source } = await scene(({ number, form }) =>
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
    const ask = () => Promise.all(requests.map((request) => source.getToken(request)))
    const tokens = await ask()
    expect(new Set(tokens).size).toBe(6)
    expect(await ask()).toEqual(tokens)
    expect(server.asked).toHaveLength(6)
    expect(server.visited).toHaveLength(1)
    expect(tokens[2]!.value).toBe('read+write|https://other.example.com')
    expect(server.asked.map(({ form }) => form.get('audience'))).toContain(API)
  })

  it('are one where the same is written in another way', async () => {
    const { server, source } = await scene()
    const same = [
      undefined,
      {},
      { scope: 'write read read' },
      { scope: ['read', 'write'], resource: API },
    ]
    const tokens = await Promise.all(same.map((request) => source.getToken(request)))
    expect(new Set(tokens).size).toBe(1)
    expect(server.asked).toHaveLength(1)
  })

  it('are a hundred at most, and the usual one beside them is never driven out', async () => {
    const { server, source, value } = await scene()
    await value()
    for (let i = 0; i <= 100; i++) await source.getToken({ scope: `scope-${i}` })
    expect(server.asked).toHaveLength(102)
    await value()
    await source.getToken({ scope: 'scope-100' })
    expect(server.asked).toHaveLength(102)
    await source.getToken({ scope: 'scope-0' })
    expect(server.asked).toHaveLength(103)
  })

  it('are refused where the request makes no sense', async () => {
    const { source, server } = await scene()
    for (const [request, problem] of [
      [{ scopes: 'read' }, 'Did you mean scope?'],
      [{ scope: 'a"b' }, 'scope must be'],
      [{ resource: 'no address' }, 'resource must be'],
      [{ resource: API, audience: 'x' }, 'side by side'],
    ] as const) {
      await expect(source.getToken(request as object)).rejects.toThrow(problem)
    }
    expect(server.asked).toEqual([])
  })
})

describe('invalidate()', () => {
  it('drops the token that was rejected, and not its successor', async () => {
    const { clock, source, value, server, count } = await scene()
    const first = await source.getToken()
    clock.advance(5)
    expect(source.invalidate(first)).toBe(true)
    expect(await value()).toBe('token-2')
    expect([source.invalidate(first), source.invalidate('token-1')]).toEqual([true, true])
    expect(await value()).toBe('token-2')
    clock.advance(5)
    expect(source.invalidate('token-2')).toBe(true)
    expect(await value()).toBe('token-3')
    source.invalidate()
    expect(await value()).toBe('token-4')
    expect(server.asked).toHaveLength(4)
    expect(count('token_invalidated')).toBe(3)
    expect(source.counters().invalidated).toBe(3)
  })

  it('keeps a token that is so young that the next would be rejected, too, and says so', async () => {
    const { clock, source, value, server, count } = await scene()
    for (let call = 0; call < 50; call++) expect(source.invalidate(await value())).toBe(false)
    clock.advance(4.99)
    expect(source.invalidate(await value())).toBe(false)
    expect(server.asked).toHaveLength(1)
    expect(count('token_invalidated')).toBe(0)
  })

  it('without a token drops the one that is on its way, which serves only those who wait', async () => {
    let release = () => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    const { source, server, value } = await scene(async ({ number }: Asked) => {
      if (number === 1) await held
      return grant(number)
    })
    const waiting = value()
    await server.received(1)
    source.invalidate()
    release()
    expect(await waiting).toBe('token-1')
    expect(await value()).toBe('token-2')
  })
})

describe('an outage of the authorization server', () => {
  it.each([
    ['fails', 500],
    ['hangs', () => undefined],
    ['breaks off', ({ response }: Asked) => void response.destroy()],
    ['talks nonsense', { token: 'none' }],
    ['refuses us', refusing('invalid_client', { status: 401 })],
  ])('is invisible while the token is good, where it %s', async (_case, outage) => {
    const { clock, server, value, source, passing, failure, count } = await scene()
    await value()
    clock.advance(480)
    server.answer(outage)
    for (let second = 0; second < 114; second++) {
      expect(await value()).toBe('token-1')
      await passing(new Promise((resolve) => void clock.after(1000, () => resolve(undefined))))
    }
    // Pauses from 0.5 to 30 s, each shortened by half at most.
    expect(count('token_failed')).toBeGreaterThan(3)
    expect(count('token_failed')).toBeLessThan(15)
    expect(server.asked.length).toBeLessThanOrEqual(1 + 2 * count('token_failed'))
    expect(count('token_issued')).toBe(1)
    clock.advance(1)
    expect(await passing(failure())).not.toBe('a token')
    server.answer(granting)
    clock.advance(30)
    expect(await value()).toMatch(/^token-/)
    expect(source.counters().failed).toBe(count('token_failed'))
  })

  it('is survived by callers without a token where it is short', async () => {
    const { server, value, passing, count } = await scene(({ number }) =>
      number < 4 ? 503 : grant(number),
    )
    const values = Array.from({ length: 10 }, value)
    expect(await passing(Promise.all(values))).toEqual(Array(10).fill('token-4'))
    expect(server.asked).toHaveLength(4)
    expect(count('token_failed')).toBe(3)
  })

  it('ends the wait when the patience would be over, and turns callers away for a while', async () => {
    const { clock, server, source, failure, passing } = await scene(503)
    const began = clock.monotonic()
    expect(await passing(failure())).toBe('temporarily_unavailable')
    expect(clock.monotonic() - began).toBeLessThan(5000)
    expect(server.asked).toHaveLength(4)
    const error = await source.getToken().catch((thrown: TokenError) => thrown)
    expect(error).toMatchObject({
      code: 'temporarily_unavailable',
      fault: 'server',
      serverStatus: 503,
      detail: `as before, ${server.url}/token: status 503`,
      retryAfter: 4,
    })
    expect(server.asked).toHaveLength(4)
    server.answer(granting)
    clock.advance(5)
    expect((await source.getToken()).value).toBe('token-5')
  })

  it('costs one request at a time, however many ask, and however it fails', async () => {
    const { server, failure, passing, count } = await scene(
      ({ response }) => void response.destroy(),
    )
    const failures = await passing(Promise.all(Array.from({ length: 500 }, failure)))
    expect(new Set(failures)).toEqual(new Set(['unreachable']))
    // Each attempt is made once more, because its connection was closed.
    expect([count('token_failed'), server.asked.length]).toEqual([4, 8])
  })

  it.each([
    [0, 1],
    [0.4, 1],
    [0.5, 2],
    [1.5, 3],
    [20, 6],
  ])('is waited for with a patience of %d s: so many requests, %d', async (patience, requests) => {
    const { clock, server, failure, passing } = await scene(503, { patience })
    expect(await passing(failure())).toBe('temporarily_unavailable')
    expect(clock.monotonic()).toBeLessThanOrEqual(patience * 1000 + 100)
    expect(server.asked).toHaveLength(requests)
  })

  it('ends the wait where requests take all the patience', async () => {
    const { server, failure, passing } = await scene(() => undefined, {
      patience: 6,
      fetchTimeout: 4,
    })
    expect(await passing(failure())).toBe('timeout')
    expect(server.asked).toHaveLength(2)
  })

  it('is left alone for as long as the server asks', async () => {
    const { clock, server, source, value, failure } = await scene(
      refusing('too_fast', { status: 429, headers: { 'Retry-After': '40' } }),
    )
    expect(await failure()).toBe('throttled')
    clock.advance(39)
    const error = await source.getToken().catch((thrown: TokenError) => thrown)
    expect(error).toMatchObject({ code: 'throttled', retryAfter: 1, serverStatus: 429 })
    expect(server.asked).toHaveLength(1)
    server.answer(granting)
    clock.advance(1)
    expect(await value()).toBe('token-2')
  })

  it('is waited for where the server asks for little', async () => {
    const script = ({ number, response }: Asked) => {
      if (number > 1) return grant(number)
      return void response.writeHead(503, { 'Retry-After': '7' }).end()
    }
    const { clock, value, passing } = await scene(script, { patience: 10 })
    const began = clock.monotonic()
    expect(await passing(value())).toBe('token-2')
    expect(clock.monotonic() - began).toBeGreaterThanOrEqual(7000)
  })

  it('is left alone by all who ask for anything, for as long as the server asks', async () => {
    const { clock, server, source } = await scene(
      refusing('too_fast', { status: 429, headers: { 'Retry-After': '99999999999' } }),
    )
    const ask = (scope: number) =>
      source.getToken({ scope: `scope-${scope}` }).catch((thrown: TokenError) => thrown.retryAfter)
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => ask(i)))
    answers.push(await ask(0), await ask(50))
    expect(new Set(answers)).toEqual(new Set([300]))
    // Those that were on their way when the first answer came, and no others.
    expect(server.asked).toHaveLength(10)
    server.answer(granting)
    clock.advance(300)
    expect(await source.getToken({ scope: 'scope-7' })).toMatchObject({ value: 'token-11' })
  })

  it('meets ten requests at once, however many tokens are asked for', async () => {
    const { server, source, clock, failure, passing } = await scene(() => undefined, {
      patience: 0,
    })
    const failures = Array.from({ length: 30 }, (_, i) =>
      source.getToken({ scope: `scope-${i}` }).catch(({ code, detail }: TokenError) => {
        return `${code}: ${detail}`
      }),
    )
    await server.received(10)
    await turns()
    expect(server.asked).toHaveLength(10)
    const texts = await passing(Promise.all(failures))
    expect(
      texts.filter((text) => text === `timeout: ${server.url}/token: not done within 5 s`),
    ).toHaveLength(10)
    expect(
      texts.filter((text) => text === 'timeout: 10 other requests: not done within 5 s'),
    ).toHaveLength(20)
    server.answer(granting)
    clock.advance(5)
    expect(await passing(failure())).toBe('a token')
  })

  it('warns of no leak of listeners, where many wait with one signal', async () => {
    const warnings: unknown[] = []
    const warned = (warning: unknown) => void warnings.push(warning)
    process.on('warning', warned)
    const { source, count, clock } = await scene(503)
    const { signal } = new AbortController()
    const all = Array.from({ length: 50 }, (_, i) =>
      source.getToken({ scope: `s${i % 30}`, signal }),
    )
    const settled = Promise.allSettled(all)
    await until(() => count('token_failed') === 30)
    source.close()
    await settled
    await turns()
    process.off('warning', warned)
    expect(warnings).toEqual([])
    expect(clock.pending()).toBe(0)
  })

  it('of the metadata alone, which hang, does no harm where the endpoint is known', async () => {
    const { clock, server, value } = await scene()
    await value()
    server.publish(() => () => undefined)
    for (const number of [2, 3]) {
      clock.advance(3600)
      expect(await value()).toBe(`token-${number}`)
    }
    expect(server.visited).toHaveLength(3)
  })

  it('of the metadata that hang for ever is over when they answer', async () => {
    let isMended = false
    const { clock, server, failure, passing } = await scene(granting, {
      patience: 0,
      // Looks at no signal.
      fetch: (url, init) =>
        isMended || init.method === 'POST' ? fetch(url, init) : new Promise(() => {}),
    })
    expect(await passing(failure())).toBe('timeout')
    isMended = true
    clock.advance(1)
    expect(await failure()).toBe('a token')
    expect(server.visited).toHaveLength(1)
  })

  it('of the metadata alone does no harm where the endpoint is known', async () => {
    const { clock, server, value } = await scene()
    await value()
    server.publish(() => ({ issuer: 'https://somebody.else.example' }))
    clock.advance(3600)
    expect(await value()).toBe('token-2')
  })

  it('is over for callers who have moved with the endpoint', async () => {
    const { clock, server, value, failure, source } = await scene()
    await value()
    server.answer(404)
    source.invalidate()
    server.publish((url) => ({ issuer: url, token_endpoint: `${url}/token/new` }))
    expect(await failure()).toBe('endpoint_not_found')
    server.answer(granting)
    clock.advance(5)
    expect(await value()).toBe('token-3')
    expect(server.visited).toHaveLength(2)
  })
})

describe('a caller who waits', () => {
  it('can be called off, and the others go on', async () => {
    let release = () => {}
    const { source, value, server } = await scene(async ({ number }) => {
      await new Promise<void>((resolve) => (release = resolve))
      return grant(number)
    })
    const abort = new AbortController()
    const impatient = source.getToken({ signal: abort.signal })
    const patient = value()
    await until(() => server.asked.length === 1)
    abort.abort(new Error('enough'))
    await expect(impatient).rejects.toThrow('enough')
    await expect(source.getToken({ signal: abort.signal })).rejects.toThrow('enough')
    release()
    expect(await patient).toBe('token-1')
    expect(server.asked).toHaveLength(1)
  })

  it('is the last one: then no further attempt is made', async () => {
    const { clock, source, server, count } = await scene(503)
    const abort = new AbortController()
    const waiting = source.getToken({ signal: abort.signal })
    await until(() => count('token_failed') === 1)
    abort.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    await turns()
    await clock.pass(60)
    expect(server.asked).toHaveLength(1)
    expect(count('token_failed')).toBe(1)
    expect(clock.pending()).toBe(0)
  })

  it('is the last one for the second time: then nothing is left that holds a process', async () => {
    let release = () => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    const { clock, source, server, count } = await scene(async ({ response }: Asked) => {
      await held
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
    await turns()
    expect(clock.pending()).toBe(1)
    second.abort(new Error('enough, too'))
    await expect(other).rejects.toThrow('enough, too')
    expect(clock.pending()).toBe(0)
    await expect(source.getToken()).rejects.toMatchObject({ code: 'temporarily_unavailable' })
    expect(server.asked).toHaveLength(1)
  })

  it('is told when the source is closed, and nothing is left behind', async () => {
    const { clock, source, failure, server, count } = await scene(() => undefined)
    const waiting = failure()
    await until(() => server.asked.length === 1)
    source.close()
    expect(await waiting).toBe('closed')
    expect(await failure()).toBe('closed')
    expect(clock.pending()).toBe(0)
    // Whoever shuts down in good order wakes nobody.
    expect(count('token_failed')).toBe(0)
  })

  it('is told when the source is closed between two attempts', async () => {
    const { clock, source, failure, count } = await scene(503)
    const waiting = failure()
    await until(() => count('token_failed') === 1)
    source.close()
    expect(await waiting).toBe('closed')
    expect(clock.pending()).toBe(0)
  })
})

describe('a client', () => {
  it('signs for the issuer with its private key', async () => {
    const { privateKey, jwk } = generateKey('ES256', 'client-key')
    const { server, clock, value } = await scene(granting, {
      clientAuthentication: { method: 'private_key_jwt', key: privateKey, algorithm: 'ES256' },
    })
    await value()
    const { form, headers } = server.asked[0]!
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

  it('with a certificate calls through its own fetch, at the endpoint for certificates', async () => {
    const called: string[] = []
    const { server, value } = await scene(granting, {
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
    await value()
    expect(called).toEqual(['/.well-known/openid-configuration', '/token'])
    expect(server.asked[0]!.form.get('client_id')).toBe('orders')
    expect(server.asked[0]!.headers.authorization).toBeUndefined()
  })
})

describe('a secret', () => {
  it('is asked for at each request, so that it can be rotated', async () => {
    let secret = 'old'
    const { server, source, value } = await scene(granting, {
      clientAuthentication: { method: 'client_secret_basic', secret: async () => secret },
    })
    await value()
    secret = 'new'
    source.invalidate()
    await value()
    expect(server.asked.map(basicOf)).toEqual(['orders:old', 'orders:new'])
  })

  it('that cannot be had is our fault, and is asked for again', async () => {
    let calls = 0
    const secret = async () => {
      if (calls++ === 0) throw new Error(`the vault says ${SECRET}`)
      return SECRET
    }
    const { value, events, passing } = await scene(granting, {
      clientAuthentication: { method: 'client_secret_basic', secret },
    })
    expect(await passing(value())).toBe('token-1')
    expect(events[0]).toMatchObject({ code: 'credentials_unavailable', fault: 'ours' })
    expect(JSON.stringify(events)).not.toContain(SECRET)
  })

  it('goes to nobody whose metadata are those of another issuer', async () => {
    const { server, failure } = await scene()
    server.publish((url) => ({
      issuer: 'https://bank.example.com',
      token_endpoint: `${url}/token`,
    }))
    expect(await failure()).toBe('issuer_mismatch')
    expect(server.asked).toEqual([])
  })

  it('goes to no endpoint without https', async () => {
    const { server, failure } = await scene()
    server.publish((url) => ({ issuer: url, token_endpoint: 'http://as.example.com/token' }))
    expect(await failure()).toBe('no_token_endpoint')
  })
})
