import { createSecretKey } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose'
import { describe, expect, it } from 'vitest'
import { settled } from '../../../../test/support/fake-clock.ts'
import { AUDIENCE } from '../../../../test/support/issuer.ts'
import { generateKey, type TestKey } from '../../../../test/support/keys.ts'
import { requestWith } from '../../../../test/support/requests.ts'
import { signCompact } from '../../../../test/support/tokens.ts'
import { watchProcess } from '../../../../test/support/watch-process.ts'
import { ConfigurationError, createResourceServer } from '../../src/index.ts'
import { BASE, serveTenants, summarize, toOptions } from './setup.ts'

const faults = watchProcess()
const UNAVAILABLE = '503 issuer_unavailable'
const UNKNOWN = '401 unknown_issuer'
const ACME = `${BASE}acme`
const OTHER_AUDIENCE = 'https://api.example.com/v2'

function fail(): never {
  throw new Error('the database is down')
}

/** Sends one token until it is cached. Returns the token. */
async function cacheToken(scene: ReturnType<typeof serveTenants>, name = 'acme'): Promise<string> {
  const token = scene.tenant(name).token()
  await scene.judge(token)
  await scene.judge(token)
  scene.takeEvents()
  await scene.judge(token)
  expect(scene.takeEvents('verified')).toMatchObject([{ cached: true }])
  scene.takeResolved()
  scene.takeFetched()
  return token
}

describe('the options of a dynamic issuer', () => {
  it('the first token of an issuer causes one call of resolve, and later tokens do not wait', async () => {
    const { tenant, server, judgeNew, takeResolved, takeEvents } = serveTenants()
    expect(await judgeNew('acme')).toBe('granted')
    expect(takeEvents('issuer_resolved', 'keys_refreshed', 'verified')).toMatchObject([
      { type: 'issuer_resolved', issuer: ACME, trusted: true, duration: 0 },
      { type: 'keys_refreshed', issuer: ACME, keys: 1 },
      { type: 'verified', issuer: ACME, verifiedBy: 'jwt', cached: false, keys: 'fresh' },
    ])
    const authorization = `Bearer ${tenant('acme').token()}`
    const outcome = server.authorize({ method: 'GET', url: '/', headers: { authorization } })
    expect(outcome).not.toBeInstanceOf(Promise)
    expect(takeResolved()).toEqual(['acme'])
  })

  it('options are used for exactly ttl seconds while resolve fails, and tokens get 503 afterwards', async () => {
    const { judgeNew, resolveWith, takeEvents, clock } = serveTenants()
    expect(await judgeNew('acme')).toBe('granted')
    resolveWith(fail)
    clock.advance(299.999)
    takeEvents()
    expect(await judgeNew('acme')).toBe('granted')
    await settled()
    expect(takeEvents('issuer_failed')).toMatchObject([{ trusted: true, pause: 1 }])
    clock.advance(0.001)
    expect(await judgeNew('acme')).toBe(UNAVAILABLE)
    clock.advance(1)
    takeEvents()
    expect(await judgeNew('acme')).toBe(UNAVAILABLE)
    expect(takeEvents('issuer_failed')).toMatchObject([{ trusted: false, pause: 2 }])
    resolveWith(toOptions)
    clock.advance(2)
    expect(await judgeNew('acme')).toBe('granted')
  })

  it('a cached token gets 503 when ttl is over and resolve fails, and is granted again afterwards', async () => {
    const scene = serveTenants()
    const token = await cacheToken(scene)
    scene.resolveWith(fail)
    scene.clock.advance(299.999)
    expect(await scene.judge(token)).toBe('granted')
    scene.clock.advance(0.001)
    scene.takeEvents()
    expect(await scene.judge(token)).toBe(UNAVAILABLE)
    expect(scene.takeEvents('refused')).toMatchObject([
      {
        reason: 'issuer_unavailable',
        issuer: `${BASE}acme`,
        token: { isVerified: true, iss: `${BASE}acme`, aud: AUDIENCE, alg: 'ES256' },
      },
    ])
    scene.resolveWith(toOptions)
    scene.clock.advance(1)
    scene.takeEvents()
    expect(await scene.judge(token)).toBe('granted')
    expect(scene.takeEvents('verified')).toMatchObject([{ cached: true }])
  })

  it('ttl begins when resolve is called, not when it returns', async () => {
    const { judgeNew, resolveWith, clock } = serveTenants({ issuers: { ttl: 10 } })
    resolveWith((iss) => new Promise((resolve) => clock.after(2000, () => resolve(toOptions(iss)))))
    const first = judgeNew('acme')
    await settled()
    await clock.pass(2)
    expect(await first).toBe('granted')
    resolveWith(fail)
    await clock.pass(7.999)
    expect(await judgeNew('acme')).toBe('granted')
    await clock.pass(0.001)
    expect(await judgeNew('acme')).toBe(UNAVAILABLE)
  })

  it('the first token after 80 percent of ttl starts one call of resolve, and no token waits for it', async () => {
    const { tenant, send, judgeNew, resolveWith, takeResolved, clock } = serveTenants()
    await judgeNew('acme')
    clock.advance(239.999)
    await judgeNew('acme')
    expect(takeResolved()).toEqual(['acme'])
    clock.advance(0.001)
    let finish: (options: unknown) => void = () => {}
    resolveWith(() => new Promise((resolve) => (finish = resolve)))
    for (let i = 0; i < 5; i++) {
      const outcome = await send(tenant('acme').token({ claims: { jti: `a${i}` } }))
      expect(outcome.kind).toBe('granted')
    }
    expect(takeResolved()).toEqual(['acme'])
    finish(toOptions(ACME))
    await settled()
    clock.advance(239)
    await judgeNew('acme')
    expect(takeResolved()).toEqual([])
  })

  it('an issuer whose tokens do not arrive causes no call of resolve, and no timer is set', async () => {
    const { judgeNew, takeResolved, takeFetched, clock } = serveTenants()
    await judgeNew('acme')
    expect(clock.pending()).toBe(0)
    takeResolved()
    takeFetched()
    await clock.pass(86_400)
    expect([takeResolved(), takeFetched(), clock.pending()]).toEqual([[], [], 0])
  })

  it('a call that started before ttl was over is used by the tokens after it', async () => {
    const { judgeNew, resolveWith, takeResolved, clock } = serveTenants()
    await judgeNew('acme')
    let finish: (options: unknown) => void = () => {}
    resolveWith(() => new Promise((resolve) => (finish = resolve)))
    clock.advance(299)
    expect(await judgeNew('acme')).toBe('granted')
    clock.advance(1)
    const waiting = judgeNew('acme')
    await settled()
    finish(toOptions(ACME))
    expect(await waiting).toBe('granted')
    expect(takeResolved()).toEqual(['acme', 'acme'])
  })

  it('a failed call after 80 percent of ttl is repeated after each pause, not for each token', async () => {
    const { judgeNew, resolveWith, takeResolved, clock } = serveTenants()
    await judgeNew('acme')
    takeResolved()
    resolveWith(fail)
    clock.advance(240)
    for (let i = 0; i < 58; i++) {
      expect(await judgeNew('acme')).toBe('granted')
      await settled()
      clock.advance(1)
    }
    // The pauses take 1, 2, 4 and then 8 seconds.
    expect(takeResolved()).toHaveLength(10)
  })

  it('the call after 80 percent of ttl causes no unhandled rejection if it fails', async () => {
    const { judgeNew, resolveWith, clock } = serveTenants()
    await judgeNew('acme')
    resolveWith(() => Promise.reject(new Error('down')))
    clock.advance(250)
    expect(await judgeNew('acme')).toBe('granted')
    await settled()
    expect(await faults.faults()).toEqual([])
  })

  it('match is called again with each call of resolve, and an issuer that it no longer accepts is removed', async () => {
    let isMatch = true
    const scene = serveTenants({ issuers: { match: () => isMatch } })
    const token = await cacheToken(scene)
    isMatch = false
    scene.clock.advance(240)
    expect(await scene.judge(token)).toBe(UNKNOWN)
    expect(scene.takeResolved()).toEqual([])
  })
})

describe('new options of a dynamic issuer', () => {
  it('equal options keep the keys and the cached tokens', async () => {
    const scene = serveTenants()
    scene.resolveWith((iss) => ({ ...toOptions(iss), allowedClients: ['reports-cron'] }))
    const token = await cacheToken(scene)
    for (let i = 0; i < 3; i++) {
      scene.clock.advance(240)
      expect(await scene.judge(token)).toBe('granted')
      await settled()
      scene.takeEvents()
      expect(await scene.judge(token)).toBe('granted')
      expect(scene.takeEvents('verified')).toMatchObject([{ cached: true }])
    }
    expect(scene.takeResolved()).toHaveLength(3)
    // The keys are fetched again for their own age only.
    expect(scene.takeFetched().filter((path) => path.endsWith('/jwks')).length).toBeLessThan(3)
  })

  it('equal options with keys and functions of the application keep the cached tokens', async () => {
    const key = generateKey('ES256')
    const secret = createSecretKey(Buffer.alloc(32, 1))
    const probe = () => 'a-token'
    const introspection = {
      endpoint: `${ACME}/introspect`,
      clientId: 'api',
      clientAuthentication: { method: 'client_secret_basic', secret: 'a' },
    }
    const list: readonly (() => object)[] = [
      () => ({ jwks: { keys: [{ ...key.jwk }] }, introspection: structuredClone(introspection) }),
      () => ({
        jwks: { keys: [{ ...key.jwk }] },
        introspection: { ...structuredClone(introspection), probe },
      }),
      () => ({ secret, algorithms: ['HS256'] }),
      () => ({ secret: Buffer.alloc(32, 1), algorithms: ['HS256'] }),
    ]
    for (const createOptions of list) {
      const scene = serveTenants()
      const { issuer, token: sign } = scene.tenant('acme')
      scene.resolveWith((iss) => ({ ...toOptions(iss), ...createOptions() }))
      const token =
        'secret' in createOptions()
          ? signCompact(
              { alg: 'HS256', typ: 'at+jwt' },
              { iss: issuer, aud: AUDIENCE, sub: 'a', exp: scene.clock.seconds() + 9999 },
              'HS256',
              secret,
            )
          : sign({ key })
      for (let i = 0; i < 2; i++) await scene.judge(token)
      scene.clock.advance(240)
      await scene.judge(token)
      await settled()
      scene.takeEvents()
      expect(await scene.judge(token)).toBe('granted')
      expect(scene.takeEvents('verified')).toMatchObject([{ cached: true }])
      expect(scene.takeResolved()).toEqual(['acme', 'acme'])
    }
  })

  it('a new audience is used after the call of resolve, and cached tokens of the old audience are refused', async () => {
    const scene = serveTenants()
    const token = await cacheToken(scene)
    scene.resolveWith((iss) => ({ issuer: iss, audience: OTHER_AUDIENCE }))
    scene.clock.advance(240)
    expect(await scene.judge(token)).toBe('granted')
    await settled()
    expect(await scene.judge(token)).toBe('401 wrong_audience')
    const other = scene.tenant('acme').token({ claims: { aud: OTHER_AUDIENCE } })
    expect(await scene.judge(other)).toBe('granted')
    // The options about keys are equal, so the keys are used again.
    expect(scene.takeFetched()).toEqual([])
  })

  it('other options than those about keys keep the fetched keys, and remove the cached tokens', async () => {
    const scene = serveTenants()
    const token = await cacheToken(scene)
    scene.resolveWith((iss) => ({ ...toOptions(iss), clockTolerance: 7 }))
    scene.clock.advance(240)
    await scene.judge(token)
    await settled()
    scene.takeEvents()
    expect(await scene.judge(token)).toBe('granted')
    expect(scene.takeEvents('verified')).toMatchObject([{ cached: false }])
    expect(scene.takeFetched()).toEqual([])
  })

  it('a new jwksUri is fetched, and a token that the keys of the old one signed is refused', async () => {
    const scene = serveTenants()
    const token = await cacheToken(scene)
    const newKey = generateKey('ES256')
    scene.tenant('moved').jwks.keys.splice(0, 1, newKey.jwk)
    scene.resolveWith((iss) => ({ ...toOptions(iss), jwksUri: `${BASE}moved/jwks` }))
    scene.clock.advance(240)
    await scene.judge(token)
    await settled()
    expect(await scene.judge(token)).toBe('401 invalid_signature')
    expect(await scene.judge(scene.tenant('acme').token({ key: newKey }))).toBe('granted')
    expect(scene.takeFetched()).toEqual(['moved/jwks'])
  })

  it('other configured keys are used after the call of resolve', async () => {
    const [oldKey, newKey] = [generateKey('ES256'), generateKey('ES256')]
    const scene = serveTenants()
    let key = oldKey
    scene.resolveWith((iss) => ({ ...toOptions(iss), jwks: { keys: [key.jwk] } }))
    const [oldToken, newToken] = [oldKey, newKey].map((one) =>
      scene.tenant('acme').token({ key: one }),
    )
    for (let i = 0; i < 3; i++) expect(await scene.judge(oldToken!)).toBe('granted')
    key = newKey
    scene.clock.advance(240)
    await scene.judge(oldToken!)
    await settled()
    expect(await scene.judge(oldToken!)).toBe('401 invalid_signature')
    expect(await scene.judge(newToken!)).toBe('granted')
    expect(scene.takeFetched()).toEqual([])
  })

  it('a cached token gets 401 after resolve has returned undefined', async () => {
    const scene = serveTenants()
    const token = await cacheToken(scene)
    scene.resolveWith(() => {})
    scene.clock.advance(240)
    expect(await scene.judge(token)).toBe('granted')
    await settled()
    expect(scene.takeEvents('issuer_resolved')).toMatchObject([{ trusted: false }])
    expect(await scene.judge(token)).toBe(UNKNOWN)
    scene.resolveWith(toOptions)
    expect(await scene.judge(token)).toBe(UNKNOWN)
    scene.clock.advance(30)
    expect(await scene.judge(token)).toBe('granted')
  })

  it('a token that waits for keys while its issuer is removed gets 401, and is not cached', async () => {
    let deliver = () => {}
    const slow = new Promise<void>((resolve) => (deliver = resolve))
    const scene: ReturnType<typeof serveTenants> = serveTenants({
      options: {
        fetch: async (url: string) => {
          if (url.endsWith('/slow')) await slow
          return Response.json(scene.tenant('acme').jwks)
        },
      },
    })
    const useKeysAt = (path: string) =>
      scene.resolveWith((iss) => ({ ...toOptions(iss), jwksUri: BASE + path }))
    useKeysAt('fast')
    const token = scene.tenant('acme').token()
    // The second time, the token is added to the cache.
    expect(await scene.judge(token)).toBe('granted')
    useKeysAt('slow')
    scene.clock.advance(240)
    await scene.judgeNew('acme')
    await settled()
    const waiting = scene.judge(token)
    await settled()
    scene.resolveWith(() => {})
    scene.clock.suspend(240)
    void scene.judgeNew('acme')
    await settled()
    expect(scene.takeEvents('issuer_resolved').at(-1)).toMatchObject({ trusted: false })
    deliver()
    expect(await waiting).toBe(UNKNOWN)
    expect(await scene.judge(token)).toBe(UNKNOWN)
  })

  it('wrong new options do not replace the current ones before ttl is over', async () => {
    const scene = serveTenants()
    const token = await cacheToken(scene)
    scene.resolveWith((iss) => ({ issuer: iss }))
    scene.clock.advance(240)
    await scene.judge(token)
    await settled()
    expect(scene.takeEvents('issuer_failed')).toMatchObject([
      { failure: 'invalid_options', trusted: true },
    ])
    expect(await scene.judge(token)).toBe('granted')
    scene.clock.advance(60)
    expect(await scene.judge(token)).toBe(UNAVAILABLE)
  })

  it('configuration_warning is published once for the options of an issuer, and not when equal options are returned', async () => {
    const issuer = 'https://login.example.com/realms/acme'
    const { server, tenant, resolveWith, events, clock, send } = serveTenants({
      issuers: { match: (iss: string) => iss === issuer },
    })
    const [key, other] = [generateKey('ES256'), generateKey('ES256', 'enc')]
    resolveWith((iss) => ({
      ...toOptions(iss),
      jwks: { keys: [key.jwk, { ...other.jwk, use: 'enc' }] },
      audience: ['api', AUDIENCE],
    }))
    for (let i = 0; i < 4; i++) {
      const token = tenant('acme').token({ key, claims: { iss: issuer, jti: `t${i}` } })
      expect(summarize(await send(token))).toBe('granted')
      await settled()
      clock.advance(250)
    }
    const warnings = events.flatMap((event) =>
      event.type === 'configuration_warning' ? [`${event.issuer}: ${event.option}`] : [],
    )
    expect(warnings.sort()).toEqual([`${issuer}: jwks`, `${issuer}: provider`])
    server.close()
  })
})

describe('configured keys and secrets of dynamic issuers', () => {
  it('resolve can return jwks, jwksUri or secret for each tenant', async () => {
    const { judge, tenant, resolveWith, takeFetched, clock } = serveTenants()
    const secrets = { one: Buffer.alloc(32, 1), two: Buffer.alloc(32, 2) }
    resolveWith((iss) => {
      const name = iss.slice(BASE.length)
      if (name === 'keys') return { ...toOptions(iss), jwks: tenant('keys').jwks }
      if (name === 'uri') return { ...toOptions(iss), jwksUri: `${BASE}uri/jwks` }
      return { ...toOptions(iss), secret: secrets[name as 'one'] }
    })
    const sign = (name: string, secret: Uint8Array) =>
      signCompact(
        { alg: 'HS256', typ: 'at+jwt' },
        { iss: BASE + name, aud: AUDIENCE, sub: 'a', exp: clock.seconds() + 60 },
        'HS256',
        createSecretKey(secret),
      )
    for (let i = 0; i < 2; i++) {
      expect(await judge(tenant('keys').token())).toBe('granted')
      expect(await judge(tenant('uri').token())).toBe('granted')
      expect(await judge(sign('one', secrets.one))).toBe('granted')
      expect(await judge(sign('two', secrets.two))).toBe('granted')
      expect(await judge(sign('one', secrets.two))).toBe('401 invalid_signature')
      expect(await judge(sign('two', secrets.one))).toBe('401 invalid_signature')
    }
    expect(takeFetched()).toEqual(['uri/jwks'])
  })
})

describe('static issuers beside dynamic ones', () => {
  const STATIC = `${BASE}static`

  it('ready() and status() concern the static issuers only', async () => {
    const { server, judgeNew, takeFetched } = serveTenants({
      issuers: { static: [{ issuer: STATIC, audience: AUDIENCE }] },
    })
    await judgeNew('acme')
    takeFetched()
    await server.ready()
    expect(takeFetched()).toEqual(['static/.well-known/openid-configuration', 'static/jwks'])
    expect(server.status().issuers).toMatchObject([{ issuer: STATIC, keys: { state: 'fresh' } }])
  })

  it('static can be an empty list', async () => {
    const { server, judgeNew } = serveTenants({ issuers: { static: [] } })
    expect(await judgeNew('acme')).toBe('granted')
    expect(server.status().issuers).toEqual([])
  })

  it('ready() resolves and status() returns an empty list if all issuers are dynamic, even if resolve fails', async () => {
    const { server, judgeNew, resolveWith, takeResolved } = serveTenants()
    resolveWith(fail)
    await judgeNew('acme')
    takeResolved()
    await server.ready()
    expect(server.status().issuers).toEqual([])
    expect(takeResolved()).toEqual([])
  })

  it('a static issuer is used even if match accepts it and resolve does not know it', async () => {
    const { judgeNew, resolveWith, takeResolved } = serveTenants({
      issuers: { static: [{ issuer: STATIC, audience: AUDIENCE }] },
    })
    resolveWith(fail)
    expect(await judgeNew('static')).toBe('granted')
    expect(await judgeNew('acme')).toBe(UNAVAILABLE)
    expect(takeResolved()).toEqual(['acme'])
  })

  it('opaque tokens belong to the one static issuer of opaque tokens', async () => {
    const introspected: unknown[] = []
    const { judge } = serveTenants({
      issuers: {
        static: [
          { issuer: `${BASE}first`, audience: AUDIENCE },
          {
            issuer: STATIC,
            audience: AUDIENCE,
            tokenFormat: 'opaque',
            introspection: {
              endpoint: `${STATIC}/introspect`,
              clientId: 'api',
              clientAuthentication: { method: 'client_secret_basic', secret: 'a' },
              probe: false,
            },
          },
        ],
      },
      options: {
        fetch: async (url: string, init: { body?: unknown }) => {
          introspected.push([url, String(init.body).includes('token=an-opaque-token')])
          return Response.json({ active: true, aud: AUDIENCE, sub: 'a', client_id: 'b' })
        },
      },
    })
    expect(await judge('an-opaque-token')).toBe('granted')
    expect(introspected).toEqual([[`${STATIC}/introspect`, true]])
  })
})

describe('forgetIssuer', () => {
  it('forgetIssuer() makes the next token call resolve, and cached tokens and keys are not used again', async () => {
    const scene = serveTenants()
    const token = await cacheToken(scene)
    const newKey = generateKey('ES256')
    scene.behave('acme', { keys: [newKey.jwk] })
    scene.server.forgetIssuer(ACME)
    expect([scene.takeResolved(), scene.takeFetched(), scene.clock.pending()]).toEqual([[], [], 0])
    expect(await scene.judge(token)).toBe('401 invalid_signature')
    expect(scene.takeResolved()).toEqual(['acme'])
    expect(await scene.judge(scene.tenant('acme').token({ key: newKey }))).toBe('granted')
  })

  it('forgetIssuer() removes a tenant at once if resolve no longer returns options', async () => {
    const scene = serveTenants()
    const token = await cacheToken(scene)
    scene.resolveWith(() => {})
    scene.server.forgetIssuer(ACME)
    expect(await scene.judge(token)).toBe(UNKNOWN)
  })

  it('forgetIssuer() ends the pauses after the result undefined and after a failure', async () => {
    for (const [resolve, refusal] of [
      [() => {}, UNKNOWN],
      [fail, UNAVAILABLE],
    ] as const) {
      const { server, judgeNew, resolveWith } = serveTenants()
      resolveWith(resolve)
      expect(await judgeNew('acme')).toBe(refusal)
      resolveWith(toOptions)
      expect(await judgeNew('acme')).toBe(refusal)
      server.forgetIssuer(ACME)
      expect(await judgeNew('acme')).toBe('granted')
    }
  })

  it('forgetIssuer() concerns only this tenant, and an unknown tenant causes no error', async () => {
    const scene = serveTenants()
    const token = await cacheToken(scene)
    for (const name of ['other', 'acme/', 'ACME', '']) scene.server.forgetIssuer(BASE + name)
    expect(await scene.judge(token)).toBe('granted')
    expect(scene.takeEvents('verified')).toMatchObject([{ cached: true }])
    expect(scene.takeResolved()).toEqual([])
  })

  it('requests that wait for a call of resolve when forgetIssuer() is called get the result of a new call', async () => {
    const { server, judgeNew, resolveWith, takeResolved, tenant, judge } = serveTenants()
    const finish: ((options: unknown) => void)[] = []
    resolveWith(() => new Promise((resolve) => finish.push(resolve)))
    const outdated = { issuer: ACME, audience: OTHER_AUDIENCE }
    const waiting = [judgeNew('acme'), judgeNew('acme')]
    await settled()
    server.forgetIssuer(ACME)
    const later = judgeNew('acme')
    await settled()
    finish[0]!(outdated)
    await settled()
    finish[1]!(toOptions(ACME))
    expect(await Promise.all([...waiting, later])).toEqual(['granted', 'granted', 'granted'])
    expect(takeResolved()).toEqual(['acme', 'acme'])
    const forOther = tenant('acme').token({ claims: { aud: OTHER_AUDIENCE } })
    expect(await judge(forOther)).toBe('401 wrong_audience')
  })

  it('the result of an outdated call is ignored if it arrives after that of the new call', async () => {
    const { server, judgeNew, resolveWith, takeEvents } = serveTenants()
    const finish: ((options: unknown) => void)[] = []
    resolveWith(() => new Promise((resolve) => finish.push(resolve)))
    const first = judgeNew('acme')
    await settled()
    server.forgetIssuer(ACME)
    const second = judgeNew('acme')
    await settled()
    finish[1]!(toOptions(ACME))
    expect(await second).toBe('granted')
    finish[0]!(undefined)
    expect(await first).toBe('granted')
    expect(await judgeNew('acme')).toBe('granted')
    expect(takeEvents('issuer_resolved')).toMatchObject([{ trusted: true }])
  })

  it('configured keys that resolve has returned are not used if forgetIssuer() is called at any later moment', async () => {
    const [oldKey, newKey] = [generateKey('ES256'), generateKey('ES256')]
    for (let turns = 0; turns < 30; turns++) {
      const { server, tenant, judge, resolveWith } = serveTenants()
      const toKeys = (iss: string, { jwk }: TestKey) => ({
        ...toOptions(iss),
        jwks: { keys: [jwk] },
      })
      let finish: (options: unknown) => void = () => {}
      resolveWith(() => new Promise((resolve) => (finish = resolve)))
      const first = judge(tenant('acme').token({ key: oldKey }))
      await settled()
      resolveWith((iss) => toKeys(iss, newKey))
      finish(toKeys(ACME, oldKey))
      for (let i = 0; i < turns; i++) await Promise.resolve()
      server.forgetIssuer(ACME)
      await first
      const old = tenant('acme').token({ key: oldKey, claims: { jti: 'b' } })
      expect(await judge(old), `after ${turns} turns`).toBe('401 invalid_signature')
    }
  })

  it('a token that waits for keys when forgetIssuer() is called is not cached', async () => {
    const scene = serveTenants({ options: { fetchTimeout: 10 } })
    const token = await cacheToken(scene)
    scene.server.forgetIssuer(ACME)
    scene.behave('acme', 'hang')
    const waiting = scene.judge(token)
    await settled()
    scene.server.forgetIssuer(ACME)
    scene.behave('acme', { keys: scene.tenant('acme').jwks.keys })
    scene.takeEvents()
    expect(await scene.judge(token)).toBe('granted')
    expect(scene.takeEvents('verified')).toMatchObject([{ cached: false }])
    await scene.clock.pass(10)
    expect(await waiting).toBe('503 keys_unavailable')
  })

  it('forgetIssuer() does not trust a distrusted key again', async () => {
    const { server, tenant, judgeNew } = serveTenants()
    const thumbprint = await calculateJwkThumbprint(tenant('acme').jwks.keys[0]!)
    await judgeNew('acme')
    server.distrustKey({ issuer: ACME, thumbprint })
    server.forgetIssuer(ACME)
    expect(await judgeNew('acme')).toBe('401 unknown_key')
  })

  it('forgetIssuer() throws a ConfigurationError for a static issuer, another type, and without dynamic issuers', () => {
    const issuer = `${BASE}static`
    const { server } = serveTenants({ issuers: { static: [{ issuer, audience: AUDIENCE }] } })
    for (const wrong of [issuer, undefined, null, 1, [ACME], {}])
      expect(() => server.forgetIssuer(wrong as string)).toThrow(ConfigurationError)
    const without = createResourceServer({ issuer, audience: AUDIENCE })
    for (const name of [issuer, ACME])
      expect(() => without.forgetIssuer(name)).toThrow(ConfigurationError)
  })

  // A weakness: the result of a request is kept, as for a static issuer.
  it('later guards of a request refuse its token after forgetIssuer() has removed its tenant', async () => {
    const { server, tenant, resolveWith } = serveTenants()
    const request = { ...requestWith(tenant('acme').token()), raw: {} }
    expect(await server.authorize(request)).toMatchObject({ kind: 'granted' })
    resolveWith(() => {})
    server.forgetIssuer(ACME)
    expect(await server.authorize(request)).toMatchObject({ reason: 'unknown_issuer' })
  })
})

describe('close', () => {
  it('close() aborts the calls of resolve and of the keys, and no new call starts', async () => {
    const { server, judgeNew, behave, resolveWith, takeResolved, takeFetched, clock } =
      serveTenants()
    behave('slow', 'hang')
    const waitingForKeys = judgeNew('slow')
    await settled()
    resolveWith(() => new Promise(() => {}))
    const waitingForResolve = judgeNew('acme')
    await settled()
    takeResolved()
    takeFetched()
    server.close()
    expect(await waitingForResolve).toBe(UNAVAILABLE)
    expect(await waitingForKeys).toBe('503 keys_unavailable')
    resolveWith(toOptions)
    expect(await judgeNew('new')).toBe(UNAVAILABLE)
    expect(await judgeNew('slow')).toBe('503 keys_unavailable')
    expect([takeResolved(), takeFetched(), clock.pending()]).toEqual([[], [], 0])
    expect(await faults.faults()).toEqual([])
  })

  it('cached options and keys stay in use after close() until ttl is over', async () => {
    const { server, judgeNew, takeResolved, clock } = serveTenants()
    await judgeNew('acme')
    takeResolved()
    server.close()
    clock.advance(299)
    expect(await judgeNew('acme')).toBe('granted')
    clock.advance(1)
    expect(await judgeNew('acme')).toBe(UNAVAILABLE)
    expect(takeResolved()).toEqual([])
    expect(clock.pending()).toBe(0)
  })

  it('close() aborts the fetch of the keys of an issuer that was evicted in the meantime', async () => {
    const { server, judgeNew, behave, takeFetched } = serveTenants({ issuers: { maxEntries: 8 } })
    behave('slow', 'hang')
    let outcome: string | undefined
    void judgeNew('slow').then((one) => (outcome = one))
    await settled()
    for (const name of ['a', 'b', 'c', 'd']) {
      behave(name, 'refuse')
      await judgeNew(name)
    }
    takeFetched()
    server.close()
    await settled()
    expect(outcome).toBe('503 keys_unavailable')
  })
})
