import { describe, expect, it } from 'vitest'
import { fakeClock, settled } from '../../../../test/support/fake-clock.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../../test/support/issuer.ts'
import { requestWith } from '../../../../test/support/requests.ts'
import { type Behavior, scriptedEndpoint } from '../../../../test/support/scripted-endpoint.ts'
import { type BearwardEvent, createResourceServer } from '../../src/index.ts'
import type { KeySet } from '../../src/keys/key-set.ts'
import { KEY_TIMES, KeyLifeCycle } from '../../src/keys/life-cycle.ts'
import { LONGEST_RETRY_AFTER } from '../../src/authorization-server/retry-after.ts'
import { METADATA_AGE } from '../../src/authorization-server/discovered-endpoint.ts'

const issuer = createTestIssuer()
const KEYS = { keys: issuer.jwks.keys }
const fetched = (size: number) => ({ set: { size } as KeySet, maxAge: undefined, age: 0 })

function setup(first: Behavior, options: Record<string, unknown> = {}) {
  const clock = fakeClock()
  const endpoint = scriptedEndpoint(first)
  const events: BearwardEvent[] = []
  const server = createResourceServer({
    issuer: ISSUER,
    audience: AUDIENCE,
    fetch: endpoint.fetch,
    clock,
    onEvent: (event) => events.push(event),
    ...options,
  })
  return { clock, endpoint, server, events, state: () => server.status().issuers[0]!.keys }
}

describe('KEY_TIMES', () => {
  it('KEY_TIMES, METADATA_AGE and LONGEST_RETRY_AFTER.documents have the values in docs/keys-and-outages.md', () => {
    expect(KEY_TIMES).toEqual({
      maxAge: 600,
      staleLimit: 86_400,
      minAge: 30,
      refreshAt: { part: 0.8, jitter: 0.05 },
      backOff: { first: 2, last: 60, jitter: 0.2 },
      withoutKeys: 0.8,
      waitForFresh: 0.3,
      betweenDemands: 3.5,
      longestWait: 1,
      issuedEarlier: 300,
    })
    expect([METADATA_AGE, LONGEST_RETRY_AFTER.documents]).toEqual([300_000, 10])
  })
})

describe('the life-cycle of a key set', () => {
  it('KeyLifeCycle schedules the refresh of a key set at a random time, after 75 to 85 percent of its maximum age', () => {
    const ages = { maxAge: 600, staleLimit: 86_400 }
    for (const [random, dueAt] of [
      [0, 450_000],
      [0.5, 480_000],
      [1, 510_000],
    ] as const) {
      const lifeCycle = new KeyLifeCycle(ages, () => random)
      lifeCycle.succeed(lifeCycle.begin(0), fetched(1), 0)
      expect(lifeCycle.dueAt).toBeCloseTo(dueAt, 3)
    }
  })

  it('KeyLifeCycle begins with a pause of 2 seconds, and doubles it after each failed attempt up to 60 seconds, with a jitter of 20 percent', () => {
    const lifeCycle = new KeyLifeCycle({ maxAge: 600, staleLimit: 86_400 }, () => 0.5)
    const pauses = Array.from({ length: 8 }, () => {
      lifeCycle.fail(lifeCycle.begin(0), 0, 0)
      return lifeCycle.dueAt / 1000
    })
    expect(pauses).toEqual([2, 4, 8, 16, 32, 60, 60, 60])
    for (const random of [0, 1]) {
      const spread = new KeyLifeCycle({ maxAge: 600, staleLimit: 86_400 }, () => random)
      spread.fail(spread.begin(0), 0, 0)
      expect(spread.dueAt).toBeCloseTo(random === 0 ? 1600 : 2400, 3)
    }
  })

  it('KeyLifeCycle keeps the pause that the issuer has requested if another attempt is dropped during the pause', () => {
    const lifeCycle = new KeyLifeCycle({ maxAge: 600, staleLimit: 86_400 }, () => 0.5)
    const [first, second] = [lifeCycle.begin(0), lifeCycle.begin(1000)]
    lifeCycle.fail(first, 2000, 8)
    lifeCycle.drop(second, 3000)
    expect(lifeCycle.dueAt).toBe(10_000)
    const third = lifeCycle.begin(10_000)
    lifeCycle.drop(third, 20_000)
    expect(lifeCycle.dueAt).toBe(20_000)
  })

  it('KeyLifeCycle ignores the result of an attempt that began before the last successful attempt', () => {
    const lifeCycle = new KeyLifeCycle({ maxAge: 600, staleLimit: 86_400 }, Math.random)
    const [first, second] = [lifeCycle.begin(0), lifeCycle.begin(1)]
    expect(lifeCycle.succeed(second, fetched(2), 2)).toBe(true)
    expect(lifeCycle.succeed(first, fetched(1), 3)).toBe(false)
    expect(lifeCycle.held(4)?.set.size).toBe(2)
    const [third, fourth] = [lifeCycle.begin(5), lifeCycle.begin(6)]
    lifeCycle.succeed(fourth, fetched(4), 7)
    lifeCycle.fail(third, 8, 0)
    expect(lifeCycle.failures).toBe(0)
  })

  it('keys become stale after max-age of Cache-Control, but not before 30 seconds have passed, and not later than jwksMaxAge', async () => {
    for (const [cacheControl, expected] of [
      ['no-store', 30],
      ['max-age=0', 30],
      ['max-age=29', 30],
      ['max-age=90', 90],
      ['max-age=600', 600],
      ['max-age=86400', 600],
      ['max-age=-1', 30],
      ['public', 600],
    ] as const) {
      const { clock, endpoint, server, state } = setup({ ...KEYS, cacheControl })
      await server.ready()
      endpoint.behave('refuse')
      await clock.pass(expected - 0.1)
      expect(state().state, cacheControl).toBe('fresh')
      await clock.pass(0.2)
      expect(state().state, cacheControl).toBe('stale')
    }
  })

  it('authorize() grants requests for 20 seconds with at most one fetch of keys if the keys have Cache-Control: no-store', async () => {
    const { clock, endpoint, server } = setup({ ...KEYS, cacheControl: 'no-store' })
    await server.ready()
    endpoint.takeRequests()
    const tokens = createTestIssuer({ now: clock.seconds })
    for (let i = 0; i < 100; i++) {
      const token = tokens.token({ key: issuer.keys[0]! })
      expect(await server.authorize(requestWith(token))).toMatchObject({ kind: 'granted' })
      await clock.pass(0.2)
    }
    expect(endpoint.takeRequests().length).toBeLessThanOrEqual(1)
  })

  it('keys become stale after jwksMaxAge and unavailable after jwksStaleIfError if they cannot be fetched', async () => {
    const { clock, endpoint, server, state } = setup(KEYS, {
      jwksMaxAge: 60,
      jwksStaleIfError: 120,
    })
    await server.ready()
    endpoint.behave('refuse')
    await clock.pass(59)
    expect(state().state).toBe('fresh')
    await clock.pass(2)
    expect(state()).toEqual({ state: 'stale', since: Math.round(clock.seconds() - 1) })
    await clock.pass(60)
    expect(state()).toEqual({ state: 'unavailable' })
  })

  it('the age of keys does not decrease if the wall clock is set back, and increases if only the wall clock advances', async () => {
    const { clock, server, state } = setup(KEYS)
    await server.ready()
    clock.jump(-86_400 * 4)
    expect(state().state).toBe('fresh')
    // On some systems, only the wall clock advances while the machine is suspended.
    clock.jump(599)
    expect(state().state).toBe('fresh')
    clock.jump(2)
    expect(state().state).toBe('stale')
    clock.jump(-3600)
    expect(state().state).toBe('stale')
    clock.jump(86_400)
    expect(state().state).toBe('unavailable')
  })

  it.each([
    ['is empty', { keys: [] }],
    ['contains only weak keys', { keys: [{ kty: 'RSA', n: 'AQAB', e: 'AQAB' }] }],
    [
      'contains only private keys',
      { keys: [{ ...issuer.keys[0]!.privateKey.export({ format: 'jwk' }) }] },
    ],
    ['contains 101 keys', { keys: Array.from({ length: 101 }, () => KEYS.keys[0]!) }],
  ])(
    'a resource server keeps the current keys and publishes keys_failed if the fetched key set %s',
    async (_what, bad) => {
      const { clock, endpoint, server, events, state } = setup(KEYS)
      await server.ready()
      endpoint.behave(bad)
      await clock.pass(599)
      expect(state().state).toBe('fresh')
      expect(events).toContainEqual(
        expect.objectContaining({ type: 'keys_failed', failure: 'unusable_key_set', failures: 1 }),
      )
      expect(events.filter((event) => event.type === 'keys_refreshed')).toHaveLength(1)
    },
  )

  it('a resource server publishes discovery_failed, keys_failed and keys_stale during an outage, then keys_refreshed and keys_recovered', async () => {
    const { clock, endpoint, server, events } = setup(KEYS)
    await server.ready()
    endpoint.behave('refuse')
    await clock.pass(700)
    endpoint.behave(KEYS)
    await clock.pass(120)
    const types = events.map((event) => event.type).filter((type, i, all) => type !== all[i - 1])
    expect(types).toEqual([
      'keys_refreshed',
      'discovery_failed',
      'keys_failed',
      'keys_stale',
      'keys_failed',
      'keys_refreshed',
      'keys_recovered',
    ])
    expect(events.at(-1)).toEqual({
      type: 'keys_recovered',
      issuer: ISSUER,
      failures: expect.any(Number),
    })
  })
})

describe('the URL of the keys', () => {
  /**
   * Creates a resource server that gets metadata and keys from `pages`. `paths` contains the fetched addresses. For addresses
   * of the issuer, it contains only the path.
   */
  function setupPages(pages: (path: string) => unknown) {
    const clock = fakeClock()
    const events: BearwardEvent[] = []
    const paths: string[] = []
    const server = createResourceServer({
      issuer: ISSUER,
      audience: AUDIENCE,
      clock,
      onEvent: (event) => events.push(event),
      fetch: async (url) => {
        const path = url.replace(ISSUER, '')
        paths.push(path)
        const page = pages(path)
        return page === undefined ? new Response('', { status: 404 }) : Response.json(page)
      },
    })
    return { clock, events, paths, server }
  }

  it('8414-28: a resource server fetches keys from a new jwks_uri in the metadata, and publishes keys_moved', async () => {
    let location = '/jwks'
    const { clock, events, server, paths } = setupPages((path) =>
      path === location
        ? KEYS
        : path.endsWith('openid-configuration')
          ? { issuer: ISSUER, jwks_uri: ISSUER + location }
          : undefined,
    )
    await server.ready()
    location = '/moved'
    await clock.pass(600)
    expect(paths.at(-1)).toBe('/moved')
    expect(events).toContainEqual({
      type: 'keys_moved',
      issuer: ISSUER,
      from: `${ISSUER}/jwks`,
      to: `${ISSUER}/moved`,
    })
    expect(server.status().issuers[0]!.keys.state).toBe('fresh')
  })

  it('authorize() returns 503 for an unknown key if the jwks_uri responds with 404, and 401 after a new jwks_uri has responded 3.5 seconds later', async () => {
    let location = '/jwks'
    const { clock, server } = setupPages((path) =>
      path === location
        ? KEYS
        : path.endsWith('openid-configuration')
          ? { issuer: ISSUER, jwks_uri: ISSUER + location }
          : undefined,
    )
    await server.ready()
    const { token } = createTestIssuer({ now: clock.seconds })
    const authorize = () => server.authorize(requestWith(token({ header: { kid: 'new' } })))
    location = '/moved'
    expect(await authorize()).toMatchObject({ status: 503 })
    await clock.pass(3.5)
    expect(await authorize()).toMatchObject({ status: 401, reason: 'unknown_key' })
  })

  it('a resource server whose jwks_uri has never returned keys fetches the metadata again after any failure, not only after a 404', async () => {
    let location = 'https://mistaken.example.com/jwks'
    const { clock, server } = setupPages((path) =>
      path === '/jwks'
        ? KEYS
        : path.endsWith('openid-configuration')
          ? { issuer: ISSUER, jwks_uri: location }
          : // Not a 404: after a 404, discovery is repeated even if keys were fetched before.
            { error: 'This is not a JWK Set.' },
    )
    await expect(server.ready()).rejects.toThrow('are unavailable')
    location = `${ISSUER}/jwks`
    await clock.pass(3)
    expect(server.status().issuers[0]!.keys.state).toBe('fresh')
  })

  it('keys are refreshed from the known jwks_uri while the metadata is unavailable or has another issuer', async () => {
    for (const metadata of [
      undefined,
      { issuer: 'https://evil.example.com', jwks_uri: 'https://evil.example.com/' },
    ]) {
      let broken = false
      const { clock, events, server, paths } = setupPages((path) =>
        path === '/jwks'
          ? KEYS
          : broken
            ? metadata
            : path.endsWith('openid-configuration')
              ? { issuer: ISSUER, jwks_uri: `${ISSUER}/jwks` }
              : undefined,
      )
      await server.ready()
      broken = true
      await clock.pass(3600)
      expect(server.status().issuers[0]!.keys.state).toBe('fresh')
      expect(paths.every((path) => !path.includes('evil'))).toBe(true)
      const failure = metadata === undefined ? 'status' : 'issuer_mismatch'
      expect(events).toContainEqual(expect.objectContaining({ type: 'discovery_failed', failure }))
    }
  })

  it('8414-28: a resource server fetches keys from the option jwksUri, and fetches no metadata', async () => {
    const { clock, endpoint, server } = setup(KEYS, { jwksUri: `${ISSUER}/jwks` })
    await server.ready()
    await clock.pass(3600)
    expect(new Set(endpoint.takeRequests())).toEqual(new Set(['/jwks']))
    await settled()
  })
})
