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
async function cacheToken(setup: ReturnType<typeof serveTenants>, name = 'acme'): Promise<string> {
  const token = setup.tenant(name).token()
  await setup.getOutcome(token)
  await setup.getOutcome(token)
  setup.takeEvents()
  await setup.getOutcome(token)
  expect(setup.takeEvents('verified')).toMatchObject([{ cached: true }])
  setup.takeResolved()
  setup.takeFetched()
  return token
}

describe('the options of a dynamic issuer', () => {
  it('the first token of an issuer causes one call of resolve, and later tokens do not wait', async () => {
    const { tenant, server, getOutcomeOfNew, takeResolved, takeEvents } = serveTenants()
    expect(await getOutcomeOfNew('acme')).toBe('granted')
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

  it('the options of an issuer are used for exactly ttl seconds while resolve fails, and tokens get 503 afterwards', async () => {
    const { getOutcomeOfNew, resolveWith, takeEvents, clock } = serveTenants()
    expect(await getOutcomeOfNew('acme')).toBe('granted')
    resolveWith(fail)
    clock.advance(299.999)
    takeEvents()
    expect(await getOutcomeOfNew('acme')).toBe('granted')
    await settled()
    expect(takeEvents('issuer_failed')).toMatchObject([{ trusted: true, pause: 1 }])
    clock.advance(0.001)
    expect(await getOutcomeOfNew('acme')).toBe(UNAVAILABLE)
    clock.advance(1)
    takeEvents()
    expect(await getOutcomeOfNew('acme')).toBe(UNAVAILABLE)
    expect(takeEvents('issuer_failed')).toMatchObject([{ trusted: false, pause: 2 }])
    resolveWith(toOptions)
    clock.advance(2)
    expect(await getOutcomeOfNew('acme')).toBe('granted')
  })

  it('a cached token gets 503 if resolve fails after ttl, and is granted again when resolve works', async () => {
    const setup = serveTenants()
    const token = await cacheToken(setup)
    setup.resolveWith(fail)
    setup.clock.advance(299.999)
    expect(await setup.getOutcome(token)).toBe('granted')
    setup.clock.advance(0.001)
    setup.takeEvents()
    expect(await setup.getOutcome(token)).toBe(UNAVAILABLE)
    expect(setup.takeEvents('refused')).toMatchObject([
      {
        reason: 'issuer_unavailable',
        issuer: `${BASE}acme`,
        token: { isVerified: true, iss: `${BASE}acme`, aud: AUDIENCE, alg: 'ES256' },
      },
    ])
    setup.resolveWith(toOptions)
    setup.clock.advance(1)
    setup.takeEvents()
    expect(await setup.getOutcome(token)).toBe('granted')
    expect(setup.takeEvents('verified')).toMatchObject([{ cached: true }])
  })

  it('ttl begins when resolve is called, not when it returns', async () => {
    const { getOutcomeOfNew, resolveWith, clock } = serveTenants({ issuers: { ttl: 10 } })
    resolveWith((iss) => new Promise((resolve) => clock.after(2000, () => resolve(toOptions(iss)))))
    const first = getOutcomeOfNew('acme')
    await settled()
    await clock.pass(2)
    expect(await first).toBe('granted')
    resolveWith(fail)
    await clock.pass(7.999)
    expect(await getOutcomeOfNew('acme')).toBe('granted')
    await clock.pass(0.001)
    expect(await getOutcomeOfNew('acme')).toBe(UNAVAILABLE)
  })

  it('the first token after 80 percent of ttl starts one call of resolve, and no token waits for it', async () => {
    const { tenant, send, getOutcomeOfNew, resolveWith, takeResolved, clock } = serveTenants()
    await getOutcomeOfNew('acme')
    clock.advance(239.999)
    await getOutcomeOfNew('acme')
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
    await getOutcomeOfNew('acme')
    expect(takeResolved()).toEqual([])
  })

  it('an issuer without new tokens causes no call of resolve, and sets no timer', async () => {
    const { getOutcomeOfNew, takeResolved, takeFetched, clock } = serveTenants()
    await getOutcomeOfNew('acme')
    expect(clock.pending()).toBe(0)
    takeResolved()
    takeFetched()
    await clock.pass(86_400)
    expect([takeResolved(), takeFetched(), clock.pending()]).toEqual([[], [], 0])
  })

  it('tokens that arrive after ttl is over use the result of a call of resolve that started earlier', async () => {
    const { getOutcomeOfNew, resolveWith, takeResolved, clock } = serveTenants()
    await getOutcomeOfNew('acme')
    let finish: (options: unknown) => void = () => {}
    resolveWith(() => new Promise((resolve) => (finish = resolve)))
    clock.advance(299)
    expect(await getOutcomeOfNew('acme')).toBe('granted')
    clock.advance(1)
    const waiting = getOutcomeOfNew('acme')
    await settled()
    finish(toOptions(ACME))
    expect(await waiting).toBe('granted')
    expect(takeResolved()).toEqual(['acme', 'acme'])
  })

  it('a failed call of resolve after 80 percent of ttl is repeated after each pause, not for each token', async () => {
    const { getOutcomeOfNew, resolveWith, takeResolved, clock } = serveTenants()
    await getOutcomeOfNew('acme')
    takeResolved()
    resolveWith(fail)
    clock.advance(240)
    for (let i = 0; i < 58; i++) {
      expect(await getOutcomeOfNew('acme')).toBe('granted')
      await settled()
      clock.advance(1)
    }
    // The pauses take 1, 2, 4 and then 8 seconds.
    expect(takeResolved()).toHaveLength(10)
  })

  it('a failed call of resolve after 80 percent of ttl causes no unhandled rejection', async () => {
    const { getOutcomeOfNew, resolveWith, clock } = serveTenants()
    await getOutcomeOfNew('acme')
    resolveWith(() => Promise.reject(new Error('down')))
    clock.advance(250)
    expect(await getOutcomeOfNew('acme')).toBe('granted')
    await settled()
    expect(await faults.faults()).toEqual([])
  })

  it('an issuer is removed when match no longer accepts the issuer, and resolve is not called', async () => {
    let isMatch = true
    const setup = serveTenants({ issuers: { match: () => isMatch } })
    const token = await cacheToken(setup)
    isMatch = false
    setup.clock.advance(240)
    expect(await setup.getOutcome(token)).toBe(UNKNOWN)
    expect(setup.takeResolved()).toEqual([])
  })
})

describe('new options of a dynamic issuer', () => {
  it('the keys and the cached tokens stay in use if resolve returns equal options', async () => {
    const setup = serveTenants()
    setup.resolveWith((iss) => ({ ...toOptions(iss), allowedClients: ['reports-cron'] }))
    const token = await cacheToken(setup)
    for (let i = 0; i < 3; i++) {
      setup.clock.advance(240)
      expect(await setup.getOutcome(token)).toBe('granted')
      await settled()
      setup.takeEvents()
      expect(await setup.getOutcome(token)).toBe('granted')
      expect(setup.takeEvents('verified')).toMatchObject([{ cached: true }])
    }
    expect(setup.takeResolved()).toHaveLength(3)
    // The keys are fetched again only because of their own maximum age, and not after each call of `resolve`.
    expect(setup.takeFetched().filter((path) => path.endsWith('/jwks')).length).toBeLessThan(3)
  })

  it('cached tokens stay in use if resolve returns equal options with keys, secrets and functions', async () => {
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
      const setup = serveTenants()
      const { issuer, token: sign } = setup.tenant('acme')
      setup.resolveWith((iss) => ({ ...toOptions(iss), ...createOptions() }))
      const token =
        'secret' in createOptions()
          ? signCompact(
              { alg: 'HS256', typ: 'at+jwt' },
              { iss: issuer, aud: AUDIENCE, sub: 'a', exp: setup.clock.seconds() + 9999 },
              'HS256',
              secret,
            )
          : sign({ key })
      for (let i = 0; i < 2; i++) await setup.getOutcome(token)
      setup.clock.advance(240)
      await setup.getOutcome(token)
      await settled()
      setup.takeEvents()
      expect(await setup.getOutcome(token)).toBe('granted')
      expect(setup.takeEvents('verified')).toMatchObject([{ cached: true }])
      expect(setup.takeResolved()).toEqual(['acme', 'acme'])
    }
  })

  it('a new audience from resolve is used after the call, and cached tokens for the old audience are refused', async () => {
    const setup = serveTenants()
    const token = await cacheToken(setup)
    setup.resolveWith((iss) => ({ issuer: iss, audience: OTHER_AUDIENCE }))
    setup.clock.advance(240)
    expect(await setup.getOutcome(token)).toBe('granted')
    await settled()
    expect(await setup.getOutcome(token)).toBe('401 wrong_audience')
    const other = setup.tenant('acme').token({ claims: { aud: OTHER_AUDIENCE } })
    expect(await setup.getOutcome(other)).toBe('granted')
    // The options about keys are equal, so the keys are used again.
    expect(setup.takeFetched()).toEqual([])
  })

  it('a change of an option that is not about keys keeps the fetched keys, and removes the cached tokens', async () => {
    const setup = serveTenants()
    const token = await cacheToken(setup)
    setup.resolveWith((iss) => ({ ...toOptions(iss), clockTolerance: 7 }))
    setup.clock.advance(240)
    await setup.getOutcome(token)
    await settled()
    setup.takeEvents()
    expect(await setup.getOutcome(token)).toBe('granted')
    expect(setup.takeEvents('verified')).toMatchObject([{ cached: false }])
    expect(setup.takeFetched()).toEqual([])
  })

  it('keys are fetched from a new jwksUri, and a token with a key from the old jwksUri is refused', async () => {
    const setup = serveTenants()
    const token = await cacheToken(setup)
    const newKey = generateKey('ES256')
    setup.tenant('moved').jwks.keys.splice(0, 1, newKey.jwk)
    setup.resolveWith((iss) => ({ ...toOptions(iss), jwksUri: `${BASE}moved/jwks` }))
    setup.clock.advance(240)
    await setup.getOutcome(token)
    await settled()
    expect(await setup.getOutcome(token)).toBe('401 invalid_signature')
    expect(await setup.getOutcome(setup.tenant('acme').token({ key: newKey }))).toBe('granted')
    expect(setup.takeFetched()).toEqual(['moved/jwks'])
  })

  it('new keys in the option jwks from resolve are used after the call, and tokens with the old key are refused', async () => {
    const [oldKey, newKey] = [generateKey('ES256'), generateKey('ES256')]
    const setup = serveTenants()
    let key = oldKey
    setup.resolveWith((iss) => ({ ...toOptions(iss), jwks: { keys: [key.jwk] } }))
    const [oldToken, newToken] = [oldKey, newKey].map((one) =>
      setup.tenant('acme').token({ key: one }),
    )
    for (let i = 0; i < 3; i++) expect(await setup.getOutcome(oldToken!)).toBe('granted')
    key = newKey
    setup.clock.advance(240)
    await setup.getOutcome(oldToken!)
    await settled()
    expect(await setup.getOutcome(oldToken!)).toBe('401 invalid_signature')
    expect(await setup.getOutcome(newToken!)).toBe('granted')
    expect(setup.takeFetched()).toEqual([])
  })

  it('a cached token gets 401 after resolve has returned undefined', async () => {
    const setup = serveTenants()
    const token = await cacheToken(setup)
    setup.resolveWith(() => {})
    setup.clock.advance(240)
    expect(await setup.getOutcome(token)).toBe('granted')
    await settled()
    expect(setup.takeEvents('issuer_resolved')).toMatchObject([{ trusted: false }])
    expect(await setup.getOutcome(token)).toBe(UNKNOWN)
    setup.resolveWith(toOptions)
    expect(await setup.getOutcome(token)).toBe(UNKNOWN)
    setup.clock.advance(30)
    expect(await setup.getOutcome(token)).toBe('granted')
  })

  it('a token that waits for keys while its issuer is removed gets 401, and is not cached', async () => {
    let deliver = () => {}
    const slow = new Promise<void>((resolve) => (deliver = resolve))
    const setup: ReturnType<typeof serveTenants> = serveTenants({
      options: {
        fetch: async (url: string) => {
          if (url.endsWith('/slow')) await slow
          return Response.json(setup.tenant('acme').jwks)
        },
      },
    })
    const useKeysAt = (path: string) =>
      setup.resolveWith((iss) => ({ ...toOptions(iss), jwksUri: BASE + path }))
    useKeysAt('fast')
    const token = setup.tenant('acme').token()
    // This request verifies the token for the first time. A token is cached only when it is verified for the second time.
    expect(await setup.getOutcome(token)).toBe('granted')
    useKeysAt('slow')
    setup.clock.advance(240)
    await setup.getOutcomeOfNew('acme')
    await settled()
    const waiting = setup.getOutcome(token)
    await settled()
    setup.resolveWith(() => {})
    setup.clock.suspend(240)
    void setup.getOutcomeOfNew('acme')
    await settled()
    expect(setup.takeEvents('issuer_resolved').at(-1)).toMatchObject({ trusted: false })
    deliver()
    expect(await waiting).toBe(UNKNOWN)
    expect(await setup.getOutcome(token)).toBe(UNKNOWN)
  })

  it('invalid new options from resolve do not replace the current options, which are used until ttl is over', async () => {
    const setup = serveTenants()
    const token = await cacheToken(setup)
    setup.resolveWith((iss) => ({ issuer: iss }))
    setup.clock.advance(240)
    await setup.getOutcome(token)
    await settled()
    expect(setup.takeEvents('issuer_failed')).toMatchObject([
      { failure: 'invalid_options', trusted: true },
    ])
    expect(await setup.getOutcome(token)).toBe('granted')
    setup.clock.advance(60)
    expect(await setup.getOutcome(token)).toBe(UNAVAILABLE)
  })

  it('configuration_warning is published once for the options of an issuer, and not again when resolve returns equal options', async () => {
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
  it('tokens are verified with the jwks, jwksUri or secret that resolve returns for their tenant', async () => {
    const { getOutcome, tenant, resolveWith, takeFetched, clock } = serveTenants()
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
      expect(await getOutcome(tenant('keys').token())).toBe('granted')
      expect(await getOutcome(tenant('uri').token())).toBe('granted')
      expect(await getOutcome(sign('one', secrets.one))).toBe('granted')
      expect(await getOutcome(sign('two', secrets.two))).toBe('granted')
      expect(await getOutcome(sign('one', secrets.two))).toBe('401 invalid_signature')
      expect(await getOutcome(sign('two', secrets.one))).toBe('401 invalid_signature')
    }
    expect(takeFetched()).toEqual(['uri/jwks'])
  })
})

describe('static issuers beside dynamic ones', () => {
  const STATIC = `${BASE}static`

  it('ready() fetches the keys of static issuers only, and status() lists only static issuers', async () => {
    const { server, getOutcomeOfNew, takeFetched } = serveTenants({
      issuers: { static: [{ issuer: STATIC, audience: AUDIENCE }] },
    })
    await getOutcomeOfNew('acme')
    takeFetched()
    await server.ready()
    expect(takeFetched()).toEqual(['static/.well-known/openid-configuration', 'static/jwks'])
    expect(server.status().issuers).toMatchObject([{ issuer: STATIC, keys: { state: 'fresh' } }])
  })

  it('tokens of dynamic issuers are granted if the list of static issuers is empty', async () => {
    const { server, getOutcomeOfNew } = serveTenants({ issuers: { static: [] } })
    expect(await getOutcomeOfNew('acme')).toBe('granted')
    expect(server.status().issuers).toEqual([])
  })

  it('ready() resolves and status() returns an empty list if all issuers are dynamic, even if resolve fails', async () => {
    const { server, getOutcomeOfNew, resolveWith, takeResolved } = serveTenants()
    resolveWith(fail)
    await getOutcomeOfNew('acme')
    takeResolved()
    await server.ready()
    expect(server.status().issuers).toEqual([])
    expect(takeResolved()).toEqual([])
  })

  it('a token of a static issuer is granted without a call of resolve, even if match accepts the issuer', async () => {
    const { getOutcomeOfNew, resolveWith, takeResolved } = serveTenants({
      issuers: { static: [{ issuer: STATIC, audience: AUDIENCE }] },
    })
    resolveWith(fail)
    expect(await getOutcomeOfNew('static')).toBe('granted')
    expect(await getOutcomeOfNew('acme')).toBe(UNAVAILABLE)
    expect(takeResolved()).toEqual(['acme'])
  })

  it('an opaque token is introspected at the one static issuer whose tokenFormat is opaque', async () => {
    const introspected: unknown[] = []
    const { getOutcome } = serveTenants({
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
    expect(await getOutcome('an-opaque-token')).toBe('granted')
    expect(introspected).toEqual([[`${STATIC}/introspect`, true]])
  })
})

describe('forgetIssuer', () => {
  it('the next token after forgetIssuer() causes a call of resolve, and cached tokens and keys are not used again', async () => {
    const setup = serveTenants()
    const token = await cacheToken(setup)
    const newKey = generateKey('ES256')
    setup.behave('acme', { keys: [newKey.jwk] })
    setup.server.forgetIssuer(ACME)
    expect([setup.takeResolved(), setup.takeFetched(), setup.clock.pending()]).toEqual([[], [], 0])
    expect(await setup.getOutcome(token)).toBe('401 invalid_signature')
    expect(setup.takeResolved()).toEqual(['acme'])
    expect(await setup.getOutcome(setup.tenant('acme').token({ key: newKey }))).toBe('granted')
  })

  it('tokens are refused immediately after forgetIssuer() if resolve no longer returns options', async () => {
    const setup = serveTenants()
    const token = await cacheToken(setup)
    setup.resolveWith(() => {})
    setup.server.forgetIssuer(ACME)
    expect(await setup.getOutcome(token)).toBe(UNKNOWN)
  })

  it('forgetIssuer() ends the pause that begins when resolve returns undefined or fails', async () => {
    for (const [resolve, refusal] of [
      [() => {}, UNKNOWN],
      [fail, UNAVAILABLE],
    ] as const) {
      const { server, getOutcomeOfNew, resolveWith } = serveTenants()
      resolveWith(resolve)
      expect(await getOutcomeOfNew('acme')).toBe(refusal)
      resolveWith(toOptions)
      expect(await getOutcomeOfNew('acme')).toBe(refusal)
      server.forgetIssuer(ACME)
      expect(await getOutcomeOfNew('acme')).toBe('granted')
    }
  })

  it('forgetIssuer() removes no other tenant, and does not throw for an unknown tenant', async () => {
    const setup = serveTenants()
    const token = await cacheToken(setup)
    for (const name of ['other', 'acme/', 'ACME', '']) setup.server.forgetIssuer(BASE + name)
    expect(await setup.getOutcome(token)).toBe('granted')
    expect(setup.takeEvents('verified')).toMatchObject([{ cached: true }])
    expect(setup.takeResolved()).toEqual([])
  })

  it('requests that wait for a call of resolve during forgetIssuer() use the result of a new call', async () => {
    const { server, getOutcomeOfNew, resolveWith, takeResolved, tenant, getOutcome } =
      serveTenants()
    const finish: ((options: unknown) => void)[] = []
    resolveWith(() => new Promise((resolve) => finish.push(resolve)))
    const outdated = { issuer: ACME, audience: OTHER_AUDIENCE }
    const waiting = [getOutcomeOfNew('acme'), getOutcomeOfNew('acme')]
    await settled()
    server.forgetIssuer(ACME)
    const later = getOutcomeOfNew('acme')
    await settled()
    finish[0]!(outdated)
    await settled()
    finish[1]!(toOptions(ACME))
    expect(await Promise.all([...waiting, later])).toEqual(['granted', 'granted', 'granted'])
    expect(takeResolved()).toEqual(['acme', 'acme'])
    const forOther = tenant('acme').token({ claims: { aud: OTHER_AUDIENCE } })
    expect(await getOutcome(forOther)).toBe('401 wrong_audience')
  })

  it('the result of a call of resolve before forgetIssuer() is ignored if it arrives after the result of the new call', async () => {
    const { server, getOutcomeOfNew, resolveWith, takeEvents } = serveTenants()
    const finish: ((options: unknown) => void)[] = []
    resolveWith(() => new Promise((resolve) => finish.push(resolve)))
    const first = getOutcomeOfNew('acme')
    await settled()
    server.forgetIssuer(ACME)
    const second = getOutcomeOfNew('acme')
    await settled()
    finish[1]!(toOptions(ACME))
    expect(await second).toBe('granted')
    finish[0]!(undefined)
    expect(await first).toBe('granted')
    expect(await getOutcomeOfNew('acme')).toBe('granted')
    expect(takeEvents('issuer_resolved')).toMatchObject([{ trusted: true }])
  })

  it('keys in the option jwks from resolve are not used if forgetIssuer() is called 0 to 29 awaits after resolve has returned them', async () => {
    const [oldKey, newKey] = [generateKey('ES256'), generateKey('ES256')]
    for (let turns = 0; turns < 30; turns++) {
      const { server, tenant, getOutcome, resolveWith } = serveTenants()
      const toKeys = (iss: string, { jwk }: TestKey) => ({
        ...toOptions(iss),
        jwks: { keys: [jwk] },
      })
      let finish: (options: unknown) => void = () => {}
      resolveWith(() => new Promise((resolve) => (finish = resolve)))
      const first = getOutcome(tenant('acme').token({ key: oldKey }))
      await settled()
      resolveWith((iss) => toKeys(iss, newKey))
      finish(toKeys(ACME, oldKey))
      for (let i = 0; i < turns; i++) await Promise.resolve()
      server.forgetIssuer(ACME)
      await first
      const old = tenant('acme').token({ key: oldKey, claims: { jti: 'b' } })
      expect(await getOutcome(old), `after ${turns} turns`).toBe('401 invalid_signature')
    }
  })

  it('a token that waits for keys when forgetIssuer() is called is not cached', async () => {
    const setup = serveTenants({ options: { fetchTimeout: 10 } })
    const token = await cacheToken(setup)
    setup.server.forgetIssuer(ACME)
    setup.behave('acme', 'hang')
    const waiting = setup.getOutcome(token)
    await settled()
    setup.server.forgetIssuer(ACME)
    setup.behave('acme', { keys: setup.tenant('acme').jwks.keys })
    setup.takeEvents()
    expect(await setup.getOutcome(token)).toBe('granted')
    expect(setup.takeEvents('verified')).toMatchObject([{ cached: false }])
    await setup.clock.pass(10)
    expect(await waiting).toBe('503 keys_unavailable')
  })

  it('a distrusted key stays distrusted after forgetIssuer()', async () => {
    const { server, tenant, getOutcomeOfNew } = serveTenants()
    const thumbprint = await calculateJwkThumbprint(tenant('acme').jwks.keys[0]!)
    await getOutcomeOfNew('acme')
    server.distrustKey({ issuer: ACME, thumbprint })
    server.forgetIssuer(ACME)
    expect(await getOutcomeOfNew('acme')).toBe('401 unknown_key')
  })

  it('forgetIssuer() throws a ConfigurationError for a static issuer, for a value that is not a string, and if there are no dynamic issuers', () => {
    const issuer = `${BASE}static`
    const { server } = serveTenants({ issuers: { static: [{ issuer, audience: AUDIENCE }] } })
    for (const wrong of [issuer, undefined, null, 1, [ACME], {}])
      expect(() => server.forgetIssuer(wrong as string)).toThrow(ConfigurationError)
    const without = createResourceServer({ issuer, audience: AUDIENCE })
    for (const name of [issuer, ACME])
      expect(() => without.forgetIssuer(name)).toThrow(ConfigurationError)
  })

  it('later guards of a request refuse the token after forgetIssuer() has removed the tenant of the token', async () => {
    const { server, tenant, resolveWith } = serveTenants()
    const request = { ...requestWith(tenant('acme').token()), raw: {} }
    expect(await server.authorize(request)).toMatchObject({ kind: 'granted' })
    resolveWith(() => {})
    server.forgetIssuer(ACME)
    expect(await server.authorize(request)).toMatchObject({ reason: 'unknown_issuer' })
  })
})

describe('close', () => {
  it('close() ends running calls of resolve and fetches of keys with 503, and no new call starts', async () => {
    const { server, getOutcomeOfNew, behave, resolveWith, takeResolved, takeFetched, clock } =
      serveTenants()
    behave('slow', 'hang')
    const waitingForKeys = getOutcomeOfNew('slow')
    await settled()
    resolveWith(() => new Promise(() => {}))
    const waitingForResolve = getOutcomeOfNew('acme')
    await settled()
    takeResolved()
    takeFetched()
    server.close()
    expect(await waitingForResolve).toBe(UNAVAILABLE)
    expect(await waitingForKeys).toBe('503 keys_unavailable')
    resolveWith(toOptions)
    expect(await getOutcomeOfNew('new')).toBe(UNAVAILABLE)
    expect(await getOutcomeOfNew('slow')).toBe('503 keys_unavailable')
    expect([takeResolved(), takeFetched(), clock.pending()]).toEqual([[], [], 0])
    expect(await faults.faults()).toEqual([])
  })

  it('cached options and keys stay in use after close() until ttl is over', async () => {
    const { server, getOutcomeOfNew, takeResolved, clock } = serveTenants()
    await getOutcomeOfNew('acme')
    takeResolved()
    server.close()
    clock.advance(299)
    expect(await getOutcomeOfNew('acme')).toBe('granted')
    clock.advance(1)
    expect(await getOutcomeOfNew('acme')).toBe(UNAVAILABLE)
    expect(takeResolved()).toEqual([])
    expect(clock.pending()).toBe(0)
  })

  it('close() aborts a fetch of the keys of an issuer that was evicted during the fetch', async () => {
    const { server, getOutcomeOfNew, behave, takeFetched } = serveTenants({
      issuers: { maxEntries: 8 },
    })
    behave('slow', 'hang')
    let outcome: string | undefined
    void getOutcomeOfNew('slow').then((one) => (outcome = one))
    await settled()
    for (const name of ['a', 'b', 'c', 'd']) {
      behave(name, 'refuse')
      await getOutcomeOfNew(name)
    }
    takeFetched()
    server.close()
    await settled()
    expect(outcome).toBe('503 keys_unavailable')
  })
})
