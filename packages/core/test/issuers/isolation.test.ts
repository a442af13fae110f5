import { describe, expect, it } from 'vitest'
import { closing } from '../../../../test/support/closing.ts'
import { fakeClock, settled } from '../../../../test/support/fake-clock.ts'
import { createTestIssuer } from '../../../../test/support/issuer.ts'
import { generateKey } from '../../../../test/support/keys.ts'
import { requestWith } from '../../../../test/support/requests.ts'
import { listen } from '../../../../test/support/servers.ts'
import { until } from '../../../../test/support/until.ts'
import { createResourceServer } from '../../src/index.ts'
import { BASE, serveTenants, summarize, toOptions } from './setup.ts'

const NAMES = ['acme', 'globex', 'initech', 'umbrella']
const PAIRS = NAMES.flatMap((of) => NAMES.map((by) => [of, by] as const))
const createNames = (count: number, prefix: string) =>
  Array.from({ length: count }, (_, i) => `${prefix}${i}`)

describe('the keys of dynamic issuers', () => {
  it.each(['the same kid', 'different kid values', 'no kid'])(
    '8725-12, 9068-05: authorize grants a token of a tenant only if a key of this tenant signed the token: the tokens have %s',
    async (kind) => {
      const setup = serveTenants()
      const keys = new Map(
        NAMES.map((name) => [
          name,
          generateKey('ES256', kind === 'different kid values' ? `key of ${name}` : 'key'),
        ]),
      )
      for (const [name, { jwk }] of keys) setup.behave(name, { keys: [jwk] })
      // The second time, all keys are cached.
      for (let time = 0; time < 2; time++) {
        for (const [of, by] of PAIRS) {
          const key = keys.get(by)!
          const header = kind === 'no kid' ? { kid: undefined } : {}
          // The token is older than the fetch of keys, so its key cannot be a key that was published after the fetch.
          const claims = { jti: `${by}${time}`, iat: setup.clock.seconds() - 600 }
          const token = setup.tenant(of).token({ key, header, claims })
          const outcome = await setup.getOutcome(token)
          if (of === by) expect(outcome).toBe('granted')
          else expect(outcome, `${of} by ${by}`).toMatch(/^401 (?:invalid_signature|unknown_key)$/)
        }
      }
    },
  )

  it('8725-12: authorize refuses a token that the key of another tenant has signed, if resolve returns the option jwks of each tenant', async () => {
    const setup = serveTenants()
    setup.resolveWith((iss) => ({
      ...toOptions(iss),
      jwks: setup.tenant(iss.slice(BASE.length)).jwks,
    }))
    for (const [of, by] of PAIRS) {
      const token = setup.tenant(of).token({ key: setup.tenant(by).keys[0]! })
      expect(await setup.getOutcome(token)).toBe(of === by ? 'granted' : '401 invalid_signature')
    }
  })

  it('8725-12: authorize refuses a token that another tenant has signed, even if a token of the signing tenant with the same claims is cached', async () => {
    const setup = serveTenants()
    const claims = { sub: 'a', jti: 'b', iat: setup.clock.seconds() - 600 }
    for (let i = 0; i < 3; i++)
      expect(await setup.getOutcome(setup.tenant('acme').token({ claims }))).toBe('granted')
    const forged = setup.tenant('globex').token({ key: setup.tenant('acme').keys[0]!, claims })
    for (let i = 0; i < 3; i++) expect(await setup.getOutcome(forged)).toBe('401 invalid_signature')
  })

  it('9068-05: a tenant whose metadata names another tenant gets 503, and its keys are not fetched', async () => {
    const fetched: string[] = []
    const setup: ReturnType<typeof serveTenants> = serveTenants({
      options: {
        fetch: async (url: string) => {
          fetched.push(url)
          return url.endsWith('/jwks')
            ? Response.json(setup.tenant('globex').jwks)
            : Response.json({ issuer: `${BASE}globex`, jwks_uri: `${BASE}globex/jwks` })
        },
      },
    })
    expect(await setup.getOutcomeOfNew('globex')).toBe('granted')
    fetched.length = 0
    for (const key of [setup.tenant('acme').keys[0]!, setup.tenant('globex').keys[0]!])
      expect(await setup.getOutcome(setup.tenant('acme').token({ key }))).toBe(
        '503 keys_unavailable',
      )
    expect(fetched.filter((url) => url.endsWith('/jwks'))).toEqual([])
    expect(setup.takeEvents('keys_failed')).toContainEqual(
      expect.objectContaining({ issuer: `${BASE}acme`, failure: 'issuer_mismatch' }),
    )
  })

  it('8725-12: keys that are marked for another issuer are not used, even if resolve names the same address for two tenants', async () => {
    const setup = serveTenants()
    const [own, other] = [generateKey('ES256', 'own'), generateKey('ES256', 'other')]
    setup.behave('shared', {
      keys: [
        { ...own.jwk, issuer: `${BASE}acme` },
        { ...other.jwk, issuer: `${BASE}globex` },
      ],
    })
    setup.resolveWith((iss) => ({ ...toOptions(iss), jwksUri: `${BASE}shared/jwks` }))
    expect(await setup.getOutcome(setup.tenant('acme').token({ key: own }))).toBe('granted')
    expect(await setup.getOutcome(setup.tenant('globex').token({ key: other }))).toBe('granted')
    expect(await setup.getOutcome(setup.tenant('acme').token({ key: other }))).toBe(
      '401 unknown_key',
    )
    expect(await setup.getOutcome(setup.tenant('globex').token({ key: own }))).toBe(
      '401 unknown_key',
    )
  })
})

describe('forged tokens with the issuers of other tenants', () => {
  const attacker = generateKey('ES256')

  it('forged tokens of 5000 tenants do not evict or delay a tenant with a verified token, and cause key fetches for at most 1250 tenants', async () => {
    const setup = serveTenants()
    const proved = createNames(100, 'proved')
    for (const name of proved) expect(await setup.getOutcomeOfNew(name)).toBe('granted')
    setup.takeResolved()
    setup.takeFetched()
    const checkProved = (moment: string) => {
      for (const name of proved) {
        const token = setup.tenant(name).token({ claims: { jti: moment } })
        const outcome = setup.server.authorize(requestWith(token))
        // If the outcome is not a promise, the request did not wait for a call.
        expect(outcome, moment).toMatchObject({ kind: 'granted' })
      }
    }
    const forged = createNames(5000, 'attacked')
    // It takes long to generate keys, so all attacked tenants have the same key.
    const { keys } = setup.tenant('attacked').jwks
    for (const name of forged) setup.behave(name, { keys })
    const outcomes = new Map<string, number>()
    for (const [i, name] of forged.entries()) {
      const claims = { iss: BASE + name }
      const outcome = await setup.getOutcome(
        setup.tenant('attacked').token({ key: attacker, claims }),
      )
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      setup.clock.advance(10 / forged.length)
      if (i % 1000 === 0) checkProved(`after ${i}`)
    }
    checkProved('at the end')
    const fetched = new Set(setup.takeFetched().map((path) => path.split('/')[0]))
    const names = [...fetched].filter((name) => name!.startsWith('attacked'))
    expect(names.length).toBeGreaterThan(1000)
    expect(names.length).toBeLessThanOrEqual(1250)
    expect(outcomes).toEqual(
      new Map([
        ['401 invalid_signature', names.length],
        ['503 issuer_unavailable', forged.length - names.length],
      ]),
    )
    const resolved = setup.takeResolved()
    expect(resolved).toHaveLength(forged.length)
    expect(resolved.filter((name) => name.startsWith('proved'))).toEqual([])
    expect(setup.takeEvents('issuer_failed')).toMatchObject(
      Array.from({ length: forged.length - names.length }, () => ({
        failure: 'too_many_new',
        pause: 1,
      })),
    )
  })

  it('an issuer with only forged tokens is evicted by forged tokens of other issuers', async () => {
    const setup = serveTenants({ issuers: { maxEntries: 8 } })
    for (let i = 0; i < 10; i++)
      expect(await setup.getOutcome(setup.tenant('acme').token({ key: attacker }))).not.toBe(
        'granted',
      )
    for (const name of ['a', 'b'])
      await setup.getOutcome(setup.tenant(name).token({ key: attacker }))
    setup.takeResolved()
    await setup.getOutcomeOfNew('acme')
    expect(setup.takeResolved()).toEqual(['acme'])
  })

  it('a valid token of a new tenant gets 503 after many forged tokens, and is granted five seconds later', async () => {
    const setup = serveTenants({ issuers: { maxEntries: 8 } })
    for (const name of createNames(20, 'attacked'))
      await setup.getOutcome(setup.tenant(name).token({ key: attacker }))
    expect(await setup.getOutcomeOfNew('acme')).toBe('503 issuer_unavailable')
    setup.clock.advance(5)
    expect(await setup.getOutcomeOfNew('acme')).toBe('granted')
  })

  it('new tenants with valid tokens are added without a limit', async () => {
    const setup = serveTenants({ issuers: { maxEntries: 8 } })
    for (const name of createNames(200, 'tenant'))
      expect(await setup.getOutcomeOfNew(name)).toBe('granted')
  })

  it('a new tenant is added after resolve has returned unusable keys for many other tenants', async () => {
    const setup = serveTenants({ issuers: { maxEntries: 8 } })
    const jwks = { keys: [{ kty: 'EC', crv: 'P-256', x: 'a', y: 'b' }] }
    setup.resolveWith((iss) =>
      iss.includes('wrong') ? { ...toOptions(iss), jwks } : toOptions(iss),
    )
    for (const name of createNames(8, 'wrong'))
      expect(await setup.getOutcomeOfNew(name)).toBe('503 issuer_unavailable')
    expect(await setup.getOutcomeOfNew('acme')).toBe('granted')
  })

  it('issuer names for which match returns true and resolve returns undefined do not evict a tenant, and their number is not limited', async () => {
    const setup = serveTenants({ issuers: { maxEntries: 8 } })
    expect(await setup.getOutcomeOfNew('acme')).toBe('granted')
    setup.resolveWith(() => {})
    for (const name of createNames(2000, 'invented'))
      expect(
        await setup.getOutcome(setup.tenant('acme').token({ claims: { iss: BASE + name } })),
      ).toBe('401 unknown_issuer')
    setup.takeResolved()
    expect(await setup.getOutcomeOfNew('acme')).toBe('granted')
    expect(setup.takeResolved()).toEqual([])
    expect(setup.takeFetched()).toHaveLength(2)
  })
})

describe('authorization servers and functions that do not respond', () => {
  it('an authorization server that accepts connections and never responds delays no other tenant', async () => {
    const clock = fakeClock()
    let connections = 0
    const hanging = closing(await listen(() => connections++))
    const working = closing(
      await listen((request, response) => {
        const [, name, ...path] = request.url!.split('/')
        const issuer = `${working.url}/${name}`
        const body =
          path.at(-1) === 'jwks'
            ? tenants.get(issuer)!.jwks
            : { issuer, jwks_uri: `${issuer}/jwks` }
        response.setHeader('Content-Type', 'application/json').end(JSON.stringify(body))
      }),
    )
    const create = (issuer: string) => createTestIssuer({ issuer, now: clock.seconds })
    const tenants = new Map(
      createNames(10, 'tenant').map((name) => {
        const issuer = `${working.url}/${name}`
        return [issuer, create(issuer)]
      }),
    )
    const server = closing(
      createResourceServer({
        issuers: { match: (iss) => iss.startsWith('http://127.0.0.1:'), resolve: toOptions },
        clock,
      }),
    )
    const send = async (token: string) => server.authorize(requestWith(token))
    const slow = createNames(30, 'slow').map((name) => create(`${hanging.url}/${name}`))
    const waiting = slow.flatMap((tenant) => [send(tenant.token()), send(tenant.token())])
    await until(() => connections === slow.length)
    for (const tenant of tenants.values())
      expect(summarize(await send(tenant.token()))).toBe('granted')
    expect(await Promise.race([...waiting, settled()])).toBeUndefined()
    server.close()
    const outcomes = (await Promise.all(waiting)).map(summarize)
    expect(new Set(outcomes)).toEqual(new Set(['503 keys_unavailable']))
  })

  it('calls of resolve for tenants with a verified token are not delayed by calls for new tenants that never end', async () => {
    const setup = serveTenants()
    const known = createNames(10, 'known')
    for (const name of known) expect(await setup.getOutcomeOfNew(name)).toBe('granted')
    await setup.clock.pass(299)
    setup.takeResolved()
    setup.resolveWith((iss) => (iss.includes('known') ? toOptions(iss) : new Promise(() => {})))
    const outcomes: string[] = []
    for (const name of createNames(50, 'new'))
      void setup.getOutcomeOfNew(name).then((outcome) => outcomes.push(outcome))
    await settled()
    expect(setup.takeResolved()).toEqual(createNames(6, 'new'))
    await setup.clock.pass(1)
    // The options of the known tenants are too old, so their tokens wait for a call.
    for (const name of known) expect(await setup.getOutcomeOfNew(name)).toBe('granted')
    expect(setup.takeResolved()).toEqual(known)
    expect(outcomes).toEqual([])
    setup.clock.advance(2)
    await settled()
    expect(new Set(outcomes)).toEqual(new Set(['503 issuer_unavailable']))
    expect(outcomes).toHaveLength(50)
    const failures = setup
      .takeEvents('issuer_failed')
      .map((event) =>
        event.type === 'issuer_failed' ? `${event.failure}, pause ${event.pause}` : '',
      )
    expect(new Set(failures)).toEqual(
      new Set(['resolve_timeout, pause 1', 'resolve_busy, pause 0']),
    )
  })

  it('calls of resolve for new tenants use at most three quarters of the option concurrency, and the next call starts when one ends', async () => {
    const setup = serveTenants({ issuers: { concurrency: 3 } })
    const finish: (() => void)[] = []
    let [running, most] = [0, 0]
    setup.resolveWith(async (iss) => {
      most = Math.max(most, ++running)
      await new Promise<void>((resolve) => finish.push(resolve))
      running--
      return toOptions(iss)
    })
    const outcomes = createNames(20, 'tenant').map((name) => setup.getOutcomeOfNew(name))
    for (let i = 0; i < 20; i++) {
      await settled()
      expect(running).toBe(Math.min(2, 20 - i))
      finish.shift()!()
    }
    expect(new Set(await Promise.all(outcomes))).toEqual(new Set(['granted']))
    expect(most).toBe(2)
  })

  it('a tenant with a verified token is not delayed by 1500 new tenants whose calls of resolve never end', async () => {
    const setup = serveTenants()
    expect(await setup.getOutcomeOfNew('acme')).toBe('granted')
    setup.resolveWith(() => new Promise(() => {}))
    for (const name of createNames(1500, 'new')) void setup.getOutcomeOfNew(name)
    await settled()
    // A thousand calls wait, so the others fail immediately.
    const busy = setup.takeEvents('issuer_failed')
    expect(busy).toHaveLength(1500 - 6 - 1000)
    expect(busy[0]).toMatchObject({ failure: 'resolve_busy', pause: 0 })
    const token = setup.tenant('acme').token({ claims: { jti: 'b' } })
    expect(setup.server.authorize(requestWith(token))).toMatchObject({ kind: 'granted' })
  })
})

describe('cached tokens of dynamic issuers', () => {
  it('a tenant with thousands of tokens does not evict the cached tokens of another tenant', async () => {
    const setup = serveTenants({ options: { tokenCache: { maxEntries: 1024 } } })
    const others = createNames(20, 'other').map((name) => setup.tenant(name).token())
    const countCached = async () => {
      setup.takeEvents()
      for (const token of others) expect(await setup.getOutcome(token)).toBe('granted')
      const verified = setup.takeEvents('verified')
      return verified.filter((event) => event.type === 'verified' && event.cached).length
    }
    await countCached()
    await countCached()
    expect(await countCached()).toBe(others.length)
    for (let round = 0; round < 30; round++) {
      for (let i = 0; i < 100; i++) {
        const token = setup.tenant('loud').token({ claims: { jti: `${round}-${i}` } })
        for (let time = 0; time < 2; time++) await setup.getOutcome(token)
      }
      expect(await countCached()).toBe(others.length)
    }
  })

  it('a cached token keeps its result if another tenant is removed', async () => {
    const setup = serveTenants()
    const token = setup.tenant('acme').token()
    for (let i = 0; i < 3; i++) await setup.getOutcome(token)
    await setup.getOutcomeOfNew('globex')
    setup.clock.advance(200)
    await setup.getOutcome(token)
    setup.resolveWith((iss) => (iss.endsWith('globex') ? undefined : toOptions(iss)))
    setup.clock.advance(40)
    await setup.getOutcomeOfNew('globex')
    await setup.getOutcome(token)
    await settled()
    expect(await setup.getOutcomeOfNew('globex')).toBe('401 unknown_issuer')
    setup.takeEvents()
    expect(await setup.getOutcome(token)).toBe('granted')
    expect(setup.takeEvents('verified')).toMatchObject([{ cached: true }])
  })
})

describe('issuers that were evicted', () => {
  it('forged tokens of evicted tenants evict no tenant in use, and have the same limit as forged tokens of new tenants', async () => {
    const setup = serveTenants({ issuers: { maxEntries: 20 } })
    const evicted = createNames(60, 'evicted')
    const inUse = createNames(15, 'used')
    for (const name of [...evicted, ...inUse]) {
      setup.clock.advance(1)
      expect(await setup.getOutcomeOfNew(name)).toBe('granted')
    }
    setup.clock.advance(10)
    setup.takeResolved()
    setup.takeFetched()
    const key = generateKey('ES256')
    for (let round = 0; round < 20; round++) {
      for (const name of evicted) await setup.getOutcome(setup.tenant(name).token({ key }))
    }
    const forEvicted = setup.takeFetched().filter((path) => path.startsWith('evicted'))
    // 1200 forged tokens cause fetches for at most 25 tenants, with two fetches for each tenant.
    expect(forEvicted.length).toBeLessThanOrEqual(50)
    setup.takeResolved()
    for (const name of inUse) expect(await setup.getOutcomeOfNew(name)).toBe('granted')
    expect(setup.takeResolved()).toEqual([])
  })
})

describe('a long request', () => {
  it('a later guard of the same request refuses the token of a tenant that was removed', async () => {
    const setup = serveTenants()
    const request = requestWith(
      setup.tenant('acme').token({ claims: { exp: setup.clock.seconds() + 3600 } }),
    )
    expect(await setup.server.authorize(request)).toMatchObject({ kind: 'granted' })
    setup.resolveWith(() => {})
    setup.clock.advance(301)
    expect(await setup.server.authorize(request)).toMatchObject({ reason: 'unknown_issuer' })
  })

  it('forgetIssuer() of one tenant does not cause a repetition of the running checks of another tenant', async () => {
    let calls = 0
    let finish = () => {}
    const slow = new Promise<boolean>((resolve) => (finish = () => resolve(false)))
    const setup = serveTenants({
      options: {
        revoked() {
          calls++
          return slow
        },
      },
    })
    const waiting = setup.server.authorize(requestWith(setup.tenant('acme').token()))
    await settled()
    for (let i = 0; i < 5; i++) setup.server.forgetIssuer(`${BASE}globex`)
    finish()
    expect(await waiting).toMatchObject({ kind: 'granted' })
    expect(calls).toBe(1)
  })
})
