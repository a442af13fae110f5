import { describe, expect, it } from 'vitest'
import { fakeClock, settled } from '../../../../test/support/fake-clock.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../../test/support/issuer.ts'
import { generateKey, type TestKey } from '../../../../test/support/keys.ts'
import { fc } from '../../../../test/support/property.ts'
import { type Behavior, scriptedEndpoint } from '../../../../test/support/scripted-endpoint.ts'
import { LONGEST_RETRY_AFTER } from '../../src/authorization-server/retry-after.ts'
import { createResourceServer } from '../../src/index.ts'
import type { KeySet } from '../../src/keys/key-set.ts'
import { KEY_TIMES, KeyLifeCycle, type Need } from '../../src/keys/life-cycle.ts'

const oldKey = generateKey('ES256', 'old')
const newKey = generateKey('ES256', 'new')
const OLD = { keys: [oldKey.jwk] }
const BOTH = { keys: [oldKey.jwk, newKey.jwk] }

/** Options of an issuer whose introspection endpoint is discovered. */
const INTROSPECTING = {
  tokenFormat: 'any',
  introspection: {
    clientId: 'the-api',
    clientAuthentication: { method: 'client_secret_basic', secret: 'of-the-api' },
  },
} as const

function setup(first: Behavior, more: Partial<typeof INTROSPECTING> = {}) {
  const clock = fakeClock()
  const endpoint = scriptedEndpoint(first)
  const issuer = createTestIssuer({ now: clock.seconds })
  const server = createResourceServer({
    issuer: ISSUER,
    audience: AUDIENCE,
    fetch: endpoint.fetch,
    clock,
    ...more,
  })
  /**
   * Sends a request with a token that this key signed. Returns the status and `Retry-After` of a refusal, or the kind of
   * another outcome.
   */
  async function send(key: TestKey, kid: string | undefined = key.kid) {
    const headers = { authorization: `Bearer ${issuer.token({ key, header: { kid } })}` }
    const outcome = await server.authorize({ method: 'GET', url: '/', headers })
    if (outcome.kind !== 'refused') return outcome.kind
    return [outcome.status, outcome.headers['Retry-After']].filter(Boolean).join(' after ')
  }
  return { clock, endpoint, server, send }
}

/** Returns the HTTP date that is this number of seconds after the start of the clock. */
const createDate = (seconds: number) =>
  new Date((fakeClock().seconds() + seconds) * 1000).toUTCString()

describe('Retry-After of an issuer without cached keys', () => {
  it.each([
    ['5', 5],
    ['10', 10],
    ['11', 10],
    ['86400', 10],
    ['9'.repeat(400), 10],
    [createDate(7), 7],
    [createDate(86_400), 10],
    [createDate(-86_400), 0],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['0', 0],
    ['-5', 0],
    ['1.5', 0],
    ['1e9', 0],
    ['5, 7', 0],
    ['soon', 0],
    ['', 0],
  ])(
    'Retry-After %j prevents fetches for %i seconds if no keys are cached',
    async (retryAfter, pause) => {
      for (const behavior of [{ retryAfter }, { retryAfter, of: 'keys' }] as const) {
        const { clock, endpoint, server, send } = setup(behavior)
        await expect(server.ready()).rejects.toThrow('are unavailable')
        endpoint.behave(OLD)
        endpoint.takeRequests()
        for (let passed = 0; passed < pause; passed += 0.5) {
          expect(await send(oldKey)).toBe(`503 after ${Math.max(1, Math.ceil(pause - passed))}`)
          expect(server.status().issuers[0]!.keys.state).toBe('unavailable')
          await expect(server.ready()).rejects.toThrow('status 429')
          await clock.pass(0.4999)
          expect(endpoint.takeRequests()).toEqual([])
          await clock.pass(0.0001)
        }
        // If Retry-After causes no pause, there is still a minimum time between two fetches.
        if (pause === 0) await clock.pass(KEY_TIMES.withoutKeys)
        await send(oldKey)
        await settled()
        expect(await send(oldKey)).toBe('granted')
      }
    },
  )

  it('keys are fetched after the pause of Retry-After even if no request arrives', async () => {
    const { clock, endpoint, server } = setup({ retryAfter: '86400' })
    await expect(server.ready()).rejects.toThrow('are unavailable')
    endpoint.behave(OLD)
    await clock.pass(10.5)
    expect(server.status().issuers[0]!.keys.state).toBe('fresh')
  })
})

describe('Retry-After of an issuer with introspection', () => {
  const metadata = '/.well-known/openid-configuration'
  const opaque = { method: 'GET', url: '/', headers: { authorization: 'Bearer opaque' } }

  it('ready() fetches the metadata once for the keys and once for introspection, and not again during the pause of Retry-After', async () => {
    const { clock, endpoint, server } = setup({ retryAfter: '10' }, INTROSPECTING)
    for (let i = 0; i < 10; i++) {
      await expect(server.ready()).rejects.toThrow('status 429')
      await clock.pass(0.02)
    }
    expect(endpoint.takeRequests()).toEqual([metadata, metadata])
  })

  it('ready() and requests share one pause of Retry-After', async () => {
    const { clock, endpoint, server } = setup({ retryAfter: '10' }, INTROSPECTING)
    await expect(server.ready()).rejects.toThrow('status 429')
    endpoint.takeRequests()
    await clock.pass(6)
    expect(await server.authorize(opaque)).toMatchObject({
      reason: 'introspection_unavailable',
      headers: { 'Retry-After': '4' },
    })
    await clock.pass(3.9)
    await server.authorize(opaque)
    expect(endpoint.takeRequests()).toEqual([])
    await clock.pass(0.1)
    await server.authorize(opaque)
    expect(endpoint.takeRequests()).toContain(metadata)
  })
})

describe('Retry-After of an issuer with cached keys', () => {
  it('tokens with an unknown key, a random kid or a changed key start no fetch during the pause of Retry-After', async () => {
    const { clock, endpoint, server, send } = setup(OLD)
    await server.ready()
    await clock.pass(60)
    endpoint.behave({ retryAfter: '20' })
    endpoint.takeRequests()
    expect(await send(newKey)).toBe('503 after 10')
    expect(endpoint.takeRequests()).toEqual(['/jwks'])
    endpoint.behave(BOTH)
    for (let second = 0; second < 10; second++) {
      const wait = `503 after ${10 - second}`
      const unknown = [await send(newKey), await send(newKey, 'random'), await send(newKey, 'old')]
      expect(unknown).toEqual([wait, wait, wait])
      expect(await send(oldKey)).toBe('granted')
      await server.ready()
      await clock.pass(0.999)
      expect(endpoint.takeRequests()).toEqual([])
      await clock.pass(0.001)
    }
    // Because of the requests during the pause, the next fetch starts as soon as the pause ends.
    expect(await send(newKey)).toBe('granted')
  })

  it('Retry-After of a failed refresh delays the next refresh by about ten seconds, and the cached keys stay in use', async () => {
    const { clock, endpoint, server, send } = setup(OLD)
    await server.ready()
    endpoint.behave({ retryAfter: '60' })
    endpoint.takeRequests()
    while (endpoint.takeRequests().length === 0) await clock.pass(1)
    endpoint.behave(BOTH)
    await clock.pass(9)
    expect([endpoint.takeRequests(), await send(oldKey)]).toEqual([[], 'granted'])
    await clock.pass(3)
    expect(endpoint.takeRequests()).toEqual(['/jwks'])
    expect(await send(newKey)).toBe('granted')
  })

  it('KeyLifeCycle ends the pause of Retry-After when another attempt succeeds', () => {
    const lifeCycle = new KeyLifeCycle({ maxAge: 600, staleLimit: 86_400 }, () => 0.5)
    const [first, second] = [lifeCycle.begin(0), lifeCycle.begin(1)]
    lifeCycle.fail(first, 10, 60)
    expect([lifeCycle.mayFetch(20), lifeCycle.dueAt]).toEqual([false, 10_010])
    lifeCycle.succeed(second, EMPTY, 20)
    expect([lifeCycle.mayFetch(20), lifeCycle.dueAt]).toEqual([true, 480_020])
  })
})

const EMPTY = { set: { size: 0 } as KeySet, maxAge: undefined, age: 0 }
const NEEDS: readonly Need[] = ['keys', 'fresh_keys', 'signing_key']

describe('any value of Retry-After', () => {
  const moment = fc.record({
    /** Milliseconds since the previous moment. */
    passed: fc.oneof(fc.nat(1000), fc.nat(100_000), fc.nat(1_000_000)),
    ends: fc.constantFrom('failure', 'success', 'nothing'),
    retryAfter: fc.oneof(
      fc.nat(20),
      fc.constantFrom(0, -0, -1, -1e300, 0.5, 11, 1e300, Infinity, Number.MAX_SAFE_INTEGER),
    ),
    maxAge: fc.oneof(fc.constant(undefined), fc.nat(1000)),
    spread: fc.double({ min: 0, max: 1, noNaN: true }),
  })

  it('any Retry-After prevents fetches during its pause, delays the next fetch by at most 72 seconds, and does not change the age of keys', () => {
    const ages = { maxAge: 600, staleLimit: 3600 }
    fc.assert(
      fc.property(fc.array(moment, { maxLength: 40 }), (moments) => {
        let spread = 0.5
        const lifeCycle = new KeyLifeCycle(ages, () => spread)
        /** The same life-cycle, but the issuer sends no `Retry-After`. */
        const other = new KeyLifeCycle(ages, () => spread)
        let now = 0
        let pauseEnds = -Infinity
        for (const { passed, ends, retryAfter, maxAge, spread: next } of moments) {
          now += passed
          spread = next
          for (const need of NEEDS) {
            const { start, wait } = lifeCycle.plan(need, now)
            other.plan(need, now)
            expect(start && now < pauseEnds).toBe(false)
            // No fetch runs during the pause, so a request must not wait.
            expect(wait && now < pauseEnds).toBe(false)
          }
          if (ends !== 'nothing') {
            const [attempt, same] = [lifeCycle.begin(now), other.begin(now)]
            if (ends === 'success') {
              lifeCycle.succeed(attempt, { ...EMPTY, maxAge }, now)
              other.succeed(same, { ...EMPTY, maxAge }, now)
              pauseEnds = -Infinity
              expect(lifeCycle.dueAt).toBe(other.dueAt)
            } else {
              lifeCycle.fail(attempt, now, retryAfter)
              other.fail(same, now, 0)
              const requested =
                Math.max(0, Math.min(LONGEST_RETRY_AFTER.documents, retryAfter)) * 1000
              pauseEnds = Math.max(pauseEnds, now + requested)
              expect(lifeCycle.dueAt).toBeGreaterThanOrEqual(Math.max(pauseEnds, other.dueAt))
              expect(lifeCycle.dueAt).toBeLessThanOrEqual(now + 72_000)
              expect(lifeCycle.retryAfter(now)).toBeLessThanOrEqual(LONGEST_RETRY_AFTER.documents)
            }
          }
          expect(lifeCycle.held(now)).toEqual(other.held(now))
          expect(lifeCycle.staleAt).toBe(other.staleAt)
          expect(lifeCycle.failures).toBe(other.failures)
        }
      }),
      { numRuns: 300 },
    )
  })
})
