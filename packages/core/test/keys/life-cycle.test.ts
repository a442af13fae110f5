import { describe, expect, it } from 'vitest'
import { fakeClock, settled } from '../../../../test/support/fake-clock.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../../test/support/issuer.ts'
import { requestWith } from '../../../../test/support/requests.ts'
import { type Behaviour, scriptedEndpoint } from '../../../../test/support/scripted-endpoint.ts'
import { type BearwardEvent, createResourceServer } from '../../src/index.ts'
import type { KeySet } from '../../src/keys/key-set.ts'
import { KEY_TIMES, KeyLifeCycle } from '../../src/keys/life-cycle.ts'
import { LONGEST_RETRY_AFTER } from '../../src/authorization-server/retry-after.ts'
import { METADATA_AGE } from '../../src/authorization-server/discovered-endpoint.ts'

const issuer = createTestIssuer()
const KEYS = { keys: issuer.jwks.keys }
const fetched = (size: number) => ({ set: { size } as KeySet, maxAge: undefined, age: 0 })

function setup(first: Behaviour, options: Record<string, unknown> = {}) {
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
  return { clock, endpoint, server, events, state: () => server.status()[0]!.keys }
}

describe('the numbers of the life-cycle', () => {
  it('are these, and are documented', () => {
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

describe('a key set', () => {
  it('is refreshed in the background at about four fifths of its age, spread by chance', () => {
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

  it('is fetched again after pauses that double up to a minute, with jitter', () => {
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

  it('is never replaced by the answer to an older attempt', () => {
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

  it('is kept for as long as Cache-Control says, between 30 seconds and the configured maximum', async () => {
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

  it('is not fetched for each request, whatever Cache-Control says', async () => {
    const { clock, endpoint, server } = setup({ ...KEYS, cacheControl: 'no-store' })
    await server.ready()
    endpoint.asked()
    const minted = createTestIssuer({ now: clock.seconds })
    for (let i = 0; i < 100; i++) {
      const token = minted.token({ key: issuer.keys[0]! })
      expect(await server.authorize(requestWith(token))).toMatchObject({ kind: 'granted' })
      await clock.pass(0.2)
    }
    expect(endpoint.asked().length).toBeLessThanOrEqual(1)
  })

  it('takes its ages from the options', async () => {
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

  it('keeps its age where the wall clock is set back, and ages where it goes on alone', async () => {
    const { clock, server, state } = setup(KEYS)
    await server.ready()
    clock.jump(-86_400 * 4)
    expect(state().state).toBe('fresh')
    // Suspended: a laptop that sleeps, a function that is frozen, a snapshot.
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
    ['empty', { keys: [] }],
    ['of weak keys', { keys: [{ kty: 'RSA', n: 'AQAB', e: 'AQAB' }] }],
    ['of private keys', { keys: [{ ...issuer.keys[0]!.privateKey.export({ format: 'jwk' }) }] }],
    ['too long', { keys: Array.from({ length: 101 }, () => KEYS.keys[0]!) }],
  ])('is not replaced by one that is %s, which is reported', async (_what, bad) => {
    const { clock, endpoint, server, events, state } = setup(KEYS)
    await server.ready()
    endpoint.behave(bad)
    await clock.pass(599)
    expect(state().state).toBe('fresh')
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'keys_failed', failure: 'unusable_key_set', failures: 1 }),
    )
    expect(events.filter((event) => event.type === 'keys_refreshed')).toHaveLength(1)
  })

  it('tells of its life in events', async () => {
    const { clock, endpoint, server, events } = setup(KEYS)
    await server.ready()
    endpoint.behave('refuse')
    await clock.pass(700)
    endpoint.behave(KEYS)
    await clock.pass(120)
    const told = events.map((event) => event.type).filter((type, i, all) => type !== all[i - 1])
    expect(told).toEqual([
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

describe('the address of the keys', () => {
  /** Metadata and keys as this function says, counted by address. */
  function served(pages: (path: string) => unknown) {
    const clock = fakeClock()
    const events: BearwardEvent[] = []
    const asked: string[] = []
    const server = createResourceServer({
      issuer: ISSUER,
      audience: AUDIENCE,
      clock,
      onEvent: (event) => events.push(event),
      fetch: async (url) => {
        asked.push(url.slice(ISSUER.length))
        const page = pages(url.slice(ISSUER.length))
        return page === undefined ? new Response('', { status: 404 }) : Response.json(page)
      },
    })
    return { clock, events, asked, server }
  }

  it('8414-28: is followed where the metadata names another one, which is reported', async () => {
    let place = '/jwks'
    const { clock, events, server, asked } = served((path) =>
      path === place
        ? KEYS
        : path.endsWith('openid-configuration')
          ? { issuer: ISSUER, jwks_uri: ISSUER + place }
          : undefined,
    )
    await server.ready()
    place = '/moved'
    await clock.pass(600)
    expect(asked.at(-1)).toBe('/moved')
    expect(events).toContainEqual({
      type: 'keys_moved',
      issuer: ISSUER,
      from: `${ISSUER}/jwks`,
      to: `${ISSUER}/moved`,
    })
    expect(server.status()[0]!.keys.state).toBe('fresh')
  })

  it('is looked for at once where it is gone', async () => {
    let place = '/jwks'
    const { clock, server } = served((path) =>
      path === place
        ? KEYS
        : path.endsWith('openid-configuration')
          ? { issuer: ISSUER, jwks_uri: ISSUER + place }
          : undefined,
    )
    await server.ready()
    const key = createTestIssuer({ now: clock.seconds })
    const ask = () => server.authorize(requestWith(key.token({ header: { kid: 'new' } })))
    place = '/moved'
    expect(await ask()).toMatchObject({ status: 503 })
    await clock.pass(3.5)
    expect(await ask()).toMatchObject({ status: 401, reason: 'unknown_key' })
  })

  it('is discovered again where it has never served any keys', async () => {
    let place = 'https://mistaken.example.com/jwks'
    const { clock, server } = served((path) =>
      path === '/jwks'
        ? KEYS
        : path.endsWith('openid-configuration')
          ? { issuer: ISSUER, jwks_uri: place }
          : undefined,
    )
    await expect(server.ready()).rejects.toThrow('cannot be had')
    place = `${ISSUER}/jwks`
    await clock.pass(3)
    expect(server.status()[0]!.keys.state).toBe('fresh')
  })

  it('stays in use while the metadata is unavailable, or is for another issuer', async () => {
    for (const metadata of [
      undefined,
      { issuer: 'https://evil.example.com', jwks_uri: 'https://evil.example.com/' },
    ]) {
      let broken = false
      const { clock, events, server, asked } = served((path) =>
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
      expect(server.status()[0]!.keys.state).toBe('fresh')
      expect(asked.every((path) => !path.includes('evil'))).toBe(true)
      const failure = metadata === undefined ? 'status' : 'issuer_mismatch'
      expect(events).toContainEqual(expect.objectContaining({ type: 'discovery_failed', failure }))
    }
  })

  it('is that of the options where they name one, and no metadata is asked for', async () => {
    const { clock, endpoint, server } = setup(KEYS, { jwksUri: `${ISSUER}/jwks` })
    await server.ready()
    await clock.pass(3600)
    expect(new Set(endpoint.asked())).toEqual(new Set(['/jwks']))
    await settled()
  })
})
