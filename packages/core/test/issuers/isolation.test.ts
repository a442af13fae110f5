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
  it.each(['the same kid', 'a kid of its own', 'no kid'])(
    '8725-12, 9068-05: a token is granted only if a key of its own issuer signed it, for each pair of 4 tenants, if the keys have %s',
    async (kind) => {
      const scene = serveTenants()
      const keys = new Map(
        NAMES.map((name) => [
          name,
          generateKey('ES256', kind === 'a kid of its own' ? `key of ${name}` : 'key'),
        ]),
      )
      for (const [name, { jwk }] of keys) scene.behave(name, { keys: [jwk] })
      // The second time, all keys are cached.
      for (let time = 0; time < 2; time++) {
        for (const [of, by] of PAIRS) {
          const key = keys.get(by)!
          const header = kind === 'no kid' ? { kid: undefined } : {}
          // An older token cannot belong to a key that was published after the fetch.
          const claims = { jti: `${by}${time}`, iat: scene.clock.seconds() - 600 }
          const token = scene.tenant(of).token({ key, header, claims })
          const outcome = await scene.judge(token)
          if (of === by) expect(outcome).toBe('granted')
          else expect(outcome, `${of} by ${by}`).toMatch(/^401 (?:invalid_signature|unknown_key)$/)
        }
      }
    },
  )

  it('8725-12: a token is refused if its key belongs to another tenant, with keys from resolve', async () => {
    const scene = serveTenants()
    scene.resolveWith((iss) => ({
      ...toOptions(iss),
      jwks: scene.tenant(iss.slice(BASE.length)).jwks,
    }))
    for (const [of, by] of PAIRS) {
      const token = scene.tenant(of).token({ key: scene.tenant(by).keys[0]! })
      expect(await scene.judge(token)).toBe(of === by ? 'granted' : '401 invalid_signature')
    }
  })

  it('8725-12: a cached token of one tenant does not grant the token of another tenant with the same claims', async () => {
    const scene = serveTenants()
    const claims = { sub: 'a', jti: 'b', iat: scene.clock.seconds() - 600 }
    for (let i = 0; i < 3; i++)
      expect(await scene.judge(scene.tenant('acme').token({ claims }))).toBe('granted')
    const forged = scene.tenant('globex').token({ key: scene.tenant('acme').keys[0]!, claims })
    for (let i = 0; i < 3; i++) expect(await scene.judge(forged)).toBe('401 invalid_signature')
  })

  it('9068-05: a tenant whose metadata names another tenant gets 503, and its keys are not fetched', async () => {
    const fetched: string[] = []
    const scene: ReturnType<typeof serveTenants> = serveTenants({
      options: {
        fetch: async (url: string) => {
          fetched.push(url)
          return url.endsWith('/jwks')
            ? Response.json(scene.tenant('globex').jwks)
            : Response.json({ issuer: `${BASE}globex`, jwks_uri: `${BASE}globex/jwks` })
        },
      },
    })
    expect(await scene.judgeNew('globex')).toBe('granted')
    fetched.length = 0
    for (const key of [scene.tenant('acme').keys[0]!, scene.tenant('globex').keys[0]!])
      expect(await scene.judge(scene.tenant('acme').token({ key }))).toBe('503 keys_unavailable')
    expect(fetched.filter((url) => url.endsWith('/jwks'))).toEqual([])
    expect(scene.takeEvents('keys_failed')).toContainEqual(
      expect.objectContaining({ issuer: `${BASE}acme`, failure: 'issuer_mismatch' }),
    )
  })

  it('8725-12: keys that are marked for another issuer are not used, even if resolve names the same address for two tenants', async () => {
    const scene = serveTenants()
    const [own, other] = [generateKey('ES256', 'own'), generateKey('ES256', 'other')]
    scene.behave('shared', {
      keys: [
        { ...own.jwk, issuer: `${BASE}acme` },
        { ...other.jwk, issuer: `${BASE}globex` },
      ],
    })
    scene.resolveWith((iss) => ({ ...toOptions(iss), jwksUri: `${BASE}shared/jwks` }))
    expect(await scene.judge(scene.tenant('acme').token({ key: own }))).toBe('granted')
    expect(await scene.judge(scene.tenant('globex').token({ key: other }))).toBe('granted')
    expect(await scene.judge(scene.tenant('acme').token({ key: other }))).toBe('401 unknown_key')
    expect(await scene.judge(scene.tenant('globex').token({ key: own }))).toBe('401 unknown_key')
  })
})

describe('forged tokens with the issuers of other tenants', () => {
  const attacker = generateKey('ES256')

  it('forged tokens of 5000 tenants evict and delay no proved tenant, and cause calls for at most 1250 tenants in ten seconds', async () => {
    const scene = serveTenants()
    const proved = createNames(100, 'proved')
    for (const name of proved) expect(await scene.judgeNew(name)).toBe('granted')
    scene.takeResolved()
    scene.takeFetched()
    const checkProved = (moment: string) => {
      for (const name of proved) {
        const token = scene.tenant(name).token({ claims: { jti: moment } })
        const outcome = scene.server.authorize(requestWith(token))
        // An outcome without a promise has waited for no call.
        expect(outcome, moment).toMatchObject({ kind: 'granted' })
      }
    }
    const forged = createNames(5000, 'victim')
    // Keys take long to generate, so that all victims have the same one.
    const { keys } = scene.tenant('victim').jwks
    for (const name of forged) scene.behave(name, { keys })
    const outcomes = new Map<string, number>()
    for (const [i, name] of forged.entries()) {
      const claims = { iss: BASE + name }
      const outcome = await scene.judge(scene.tenant('victim').token({ key: attacker, claims }))
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      scene.clock.advance(10 / forged.length)
      if (i % 1000 === 0) checkProved(`after ${i}`)
    }
    checkProved('at the end')
    const fetched = new Set(scene.takeFetched().map((path) => path.split('/')[0]))
    const names = [...fetched].filter((name) => name!.startsWith('victim'))
    expect(names.length).toBeGreaterThan(1000)
    expect(names.length).toBeLessThanOrEqual(1250)
    expect(outcomes).toEqual(
      new Map([
        ['401 invalid_signature', names.length],
        ['503 issuer_unavailable', forged.length - names.length],
      ]),
    )
    const resolved = scene.takeResolved()
    expect(resolved).toHaveLength(forged.length)
    expect(resolved.filter((name) => name.startsWith('proved'))).toEqual([])
    expect(scene.takeEvents('issuer_failed')).toMatchObject(
      Array.from({ length: forged.length - names.length }, () => ({
        failure: 'too_many_new',
        pause: 1,
      })),
    )
  })

  it('forged tokens do not prove an issuer, so that many of them evict it', async () => {
    const scene = serveTenants({ issuers: { maxEntries: 8 } })
    for (let i = 0; i < 10; i++)
      expect(await scene.judge(scene.tenant('acme').token({ key: attacker }))).not.toBe('granted')
    for (const name of ['a', 'b']) await scene.judge(scene.tenant(name).token({ key: attacker }))
    scene.takeResolved()
    await scene.judgeNew('acme')
    expect(scene.takeResolved()).toEqual(['acme'])
  })

  it('a valid token of a new tenant is granted again when forged tokens have stopped', async () => {
    const scene = serveTenants({ issuers: { maxEntries: 8 } })
    for (const name of createNames(20, 'victim'))
      await scene.judge(scene.tenant(name).token({ key: attacker }))
    expect(await scene.judgeNew('acme')).toBe('503 issuer_unavailable')
    scene.clock.advance(5)
    expect(await scene.judgeNew('acme')).toBe('granted')
  })

  it('new tenants with valid tokens are added without a limit', async () => {
    const scene = serveTenants({ issuers: { maxEntries: 8 } })
    for (const name of createNames(200, 'tenant'))
      expect(await scene.judgeNew(name)).toBe('granted')
  })

  it('tenants whose options contain unusable keys do not prevent that a new tenant is added', async () => {
    const scene = serveTenants({ issuers: { maxEntries: 8 } })
    const jwks = { keys: [{ kty: 'EC', crv: 'P-256', x: 'a', y: 'b' }] }
    scene.resolveWith((iss) =>
      iss.includes('wrong') ? { ...toOptions(iss), jwks } : toOptions(iss),
    )
    for (const name of createNames(8, 'wrong'))
      expect(await scene.judgeNew(name)).toBe('503 issuer_unavailable')
    expect(await scene.judgeNew('acme')).toBe('granted')
  })

  it('names that match accepts and resolve does not know evict no tenant, and have no limit', async () => {
    const scene = serveTenants({ issuers: { maxEntries: 8 } })
    expect(await scene.judgeNew('acme')).toBe('granted')
    scene.resolveWith(() => {})
    for (const name of createNames(2000, 'invented'))
      expect(await scene.judge(scene.tenant('acme').token({ claims: { iss: BASE + name } }))).toBe(
        '401 unknown_issuer',
      )
    scene.takeResolved()
    expect(await scene.judgeNew('acme')).toBe('granted')
    expect(scene.takeResolved()).toEqual([])
    expect(scene.takeFetched()).toHaveLength(2)
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

  it('calls of resolve that hang for new tenants leave a quarter of the calls to tenants that were verified before', async () => {
    const scene = serveTenants()
    const known = createNames(10, 'known')
    for (const name of known) expect(await scene.judgeNew(name)).toBe('granted')
    await scene.clock.pass(299)
    scene.takeResolved()
    scene.resolveWith((iss) => (iss.includes('known') ? toOptions(iss) : new Promise(() => {})))
    const outcomes: string[] = []
    for (const name of createNames(50, 'new'))
      void scene.judgeNew(name).then((outcome) => outcomes.push(outcome))
    await settled()
    expect(scene.takeResolved()).toEqual(createNames(6, 'new'))
    await scene.clock.pass(1)
    // The options of the known tenants are too old, so that their tokens wait for a call.
    for (const name of known) expect(await scene.judgeNew(name)).toBe('granted')
    expect(scene.takeResolved()).toEqual(known)
    expect(outcomes).toEqual([])
    scene.clock.advance(2)
    await settled()
    expect(new Set(outcomes)).toEqual(new Set(['503 issuer_unavailable']))
    expect(outcomes).toHaveLength(50)
    const failures = scene
      .takeEvents('issuer_failed')
      .map((event) =>
        event.type === 'issuer_failed' ? `${event.failure}, pause ${event.pause}` : '',
      )
    expect(new Set(failures)).toEqual(
      new Set(['resolve_timeout, pause 1', 'resolve_busy, pause 0']),
    )
  })

  it('at most concurrency calls of resolve run at the same time, and the next one starts when one ends', async () => {
    const scene = serveTenants({ issuers: { concurrency: 3 } })
    const finish: (() => void)[] = []
    let [running, most] = [0, 0]
    scene.resolveWith(async (iss) => {
      most = Math.max(most, ++running)
      await new Promise<void>((resolve) => finish.push(resolve))
      running--
      return toOptions(iss)
    })
    const outcomes = createNames(20, 'tenant').map((name) => scene.judgeNew(name))
    for (let i = 0; i < 20; i++) {
      await settled()
      expect(running).toBe(Math.min(2, 20 - i))
      finish.shift()!()
    }
    expect(new Set(await Promise.all(outcomes))).toEqual(new Set(['granted']))
    expect(most).toBe(2)
  })

  it('a tenant that is unknown to resolve again and again does not delay known tenants', async () => {
    const scene = serveTenants()
    expect(await scene.judgeNew('acme')).toBe('granted')
    scene.resolveWith(() => new Promise(() => {}))
    for (const name of createNames(1500, 'new')) void scene.judgeNew(name)
    await settled()
    // A thousand calls wait, so that the others fail at once.
    const busy = scene.takeEvents('issuer_failed')
    expect(busy).toHaveLength(1500 - 6 - 1000)
    expect(busy[0]).toMatchObject({ failure: 'resolve_busy', pause: 0 })
    const token = scene.tenant('acme').token({ claims: { jti: 'b' } })
    expect(scene.server.authorize(requestWith(token))).toMatchObject({ kind: 'granted' })
  })
})

describe('cached tokens of dynamic issuers', () => {
  it('a tenant with thousands of tokens does not evict the cached tokens of another tenant', async () => {
    const scene = serveTenants({ options: { tokenCache: { maxEntries: 1024 } } })
    const others = createNames(20, 'other').map((name) => scene.tenant(name).token())
    const countCached = async () => {
      scene.takeEvents()
      for (const token of others) expect(await scene.judge(token)).toBe('granted')
      const verified = scene.takeEvents('verified')
      return verified.filter((event) => event.type === 'verified' && event.cached).length
    }
    await countCached()
    await countCached()
    expect(await countCached()).toBe(others.length)
    for (let round = 0; round < 30; round++) {
      for (let i = 0; i < 100; i++) {
        const token = scene.tenant('loud').token({ claims: { jti: `${round}-${i}` } })
        for (let time = 0; time < 2; time++) await scene.judge(token)
      }
      expect(await countCached()).toBe(others.length)
    }
  })

  it('a cached token keeps its result if another tenant is removed, or gets other options', async () => {
    const scene = serveTenants()
    const token = scene.tenant('acme').token()
    for (let i = 0; i < 3; i++) await scene.judge(token)
    await scene.judgeNew('globex')
    scene.clock.advance(200)
    await scene.judge(token)
    scene.resolveWith((iss) => (iss.endsWith('globex') ? undefined : toOptions(iss)))
    scene.clock.advance(40)
    await scene.judgeNew('globex')
    await scene.judge(token)
    await settled()
    expect(await scene.judgeNew('globex')).toBe('401 unknown_issuer')
    scene.takeEvents()
    expect(await scene.judge(token)).toBe('granted')
    expect(scene.takeEvents('verified')).toMatchObject([{ cached: true }])
  })
})

describe('issuers that were evicted', () => {
  it('forged tokens of evicted tenants evict no tenant in use, and are limited as those of new tenants', async () => {
    const scene = serveTenants({ issuers: { maxEntries: 20 } })
    const evicted = createNames(60, 'evicted')
    const inUse = createNames(15, 'used')
    for (const name of [...evicted, ...inUse]) {
      scene.clock.advance(1)
      expect(await scene.judgeNew(name)).toBe('granted')
    }
    scene.clock.advance(10)
    scene.takeResolved()
    scene.takeFetched()
    const key = generateKey('ES256')
    for (let round = 0; round < 20; round++) {
      for (const name of evicted) await scene.judge(scene.tenant(name).token({ key }))
    }
    const forEvicted = scene.takeFetched().filter((path) => path.startsWith('evicted'))
    // 1200 forged tokens cause calls for at most 25 tenants, with two calls for each.
    expect(forEvicted.length).toBeLessThanOrEqual(50)
    scene.takeResolved()
    for (const name of inUse) expect(await scene.judgeNew(name)).toBe('granted')
    expect(scene.takeResolved()).toEqual([])
  })
})

describe('a long request', () => {
  it('a later guard of the same request refuses the token of a tenant that was removed', async () => {
    const scene = serveTenants()
    const request = requestWith(
      scene.tenant('acme').token({ claims: { exp: scene.clock.seconds() + 3600 } }),
    )
    expect(await scene.server.authorize(request)).toMatchObject({ kind: 'granted' })
    scene.resolveWith(() => {})
    scene.clock.advance(301)
    expect(await scene.server.authorize(request)).toMatchObject({ reason: 'unknown_issuer' })
  })

  it('forgetIssuer() of one tenant does not repeat the running checks of another tenant', async () => {
    let calls = 0
    let finish = () => {}
    const slow = new Promise<boolean>((resolve) => (finish = () => resolve(false)))
    const scene = serveTenants({
      options: {
        revoked() {
          calls++
          return slow
        },
      },
    })
    const waiting = scene.server.authorize(requestWith(scene.tenant('acme').token()))
    await settled()
    for (let i = 0; i < 5; i++) scene.server.forgetIssuer(`${BASE}globex`)
    finish()
    expect(await waiting).toMatchObject({ kind: 'granted' })
    expect(calls).toBe(1)
  })
})
