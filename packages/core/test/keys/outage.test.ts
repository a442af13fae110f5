import { describe, expect, it } from 'vitest'
import { fakeClock, settled } from '../../../../test/support/fake-clock.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../../test/support/issuer.ts'
import { requestWith } from '../../../../test/support/requests.ts'
import { scriptedEndpoint } from '../../../../test/support/scripted-endpoint.ts'
import { createResourceServer } from '../../src/index.ts'
import {
  getLongestWait,
  countLost,
  NEW,
  newKey,
  OLD,
  oldKey,
  serveTraffic,
  getStatus,
} from '../support/traffic.ts'

const OUTAGES = ['refuse', 'hang', 'error', 'garbage', 'empty'] as const

describe('an outage of the authorization server', () => {
  it.each(OUTAGES)(
    'authorize() grants all valid requests without a wait during an outage, and keys are fetched again after the outage: %s',
    async (outage) => {
      const { clock, endpoint, server, send, sendMany, events } = serveTraffic(OLD)
      await server.ready()
      await clock.pass(600 * 0.74)
      endpoint.behave(outage)
      await clock.pass(600 * 0.26)
      endpoint.takeRequests()

      const during = await sendMany(30, 20, () => send())
      expect(during).toHaveLength(600)
      expect(countLost(during)).toBe(0)
      expect(getLongestWait(during)).toBe(0)
      expect(endpoint.takeRequests().length).toBeLessThanOrEqual(6)
      expect(server.status().issuers[0]!.keys.state).toBe('stale')
      expect(events.filter((event) => event.type === 'keys_stale')).toHaveLength(1)

      endpoint.behave(OLD)
      expect(countLost(await sendMany(15, 20, () => send()))).toBe(0)
      await clock.pass(60)
      expect(server.status().issuers[0]!.keys.state).toBe('fresh')
      expect(events.filter((event) => event.type === 'keys_recovered')).toHaveLength(1)
    },
  )

  it('a resource server fetches keys at most six times in 30 seconds of an outage, counted from the first failed fetch', async () => {
    for (const outage of OUTAGES) {
      const { clock, endpoint, server } = serveTraffic(OLD)
      await server.ready()
      endpoint.behave(outage)
      endpoint.takeRequests()
      while (endpoint.takeRequests().length === 0) await clock.pass(1)
      const first = 1
      await clock.pass(29)
      expect(first + endpoint.takeRequests().length, outage).toBeLessThanOrEqual(6)
    }
  })

  it('authorize() uses cached keys for one day of an outage, then returns 503, and grants requests after the outage', async () => {
    const { clock, endpoint, server, send } = serveTraffic(OLD)
    await server.ready()
    endpoint.behave('refuse')
    await clock.pass(86_399)
    const before = send()
    await settled()
    expect(getStatus(before)).toBe('granted')
    await clock.pass(2)
    const after = send()
    await settled()
    expect(getStatus(after)).toBe(503)
    expect(server.status().issuers[0]!.keys).toEqual({ state: 'unavailable' })
    endpoint.behave(OLD)
    await clock.pass(1)
    send()
    await settled()
    const recovered = send()
    await settled()
    expect(getStatus(recovered)).toBe('granted')
  })

  it('authorize() without cached keys returns 503: within 3 s to requests in the first 3 s of an outage, and immediately to later requests', async () => {
    const { endpoint, send, sendMany } = serveTraffic('hang')
    const early = await sendMany(10, 20, () => send())
    expect(early.every((result) => result.outcome === undefined || getStatus(result) === 503)).toBe(
      true,
    )
    const first = early.slice(0, 60)
    expect(getLongestWait(first)).toBeLessThanOrEqual(3000)
    const later = early.slice(61)
    expect(later.map(getStatus)).toEqual(later.map(() => 503))
    expect(getLongestWait(later)).toBe(0)

    endpoint.behave(OLD)
    await sendMany(1, 20, () => send())
    expect(countLost(await sendMany(10, 20, () => send()))).toBe(0)
  })

  it.each(OUTAGES)(
    'authorize() grants requests after an outage without a restart, even if the application started during the outage: %s',
    async (outage) => {
      const { endpoint, send, sendMany, server } = serveTraffic(outage)
      await Promise.allSettled([server.ready().catch(() => {}), sendMany(20, 20, () => send())])
      endpoint.behave(OLD)
      await sendMany(1, 20, () => send())
      expect(countLost(await sendMany(5, 20, () => send()))).toBe(0)
    },
  )

  it('a resource server fetches keys after an outage even if no request arrives', async () => {
    const { clock, endpoint, server, send } = serveTraffic('refuse')
    await expect(server.ready()).rejects.toThrow('are unavailable')
    await clock.pass(300)
    endpoint.behave(OLD)
    await clock.pass(75)
    expect(server.status().issuers[0]!.keys.state).toBe('fresh')
    const result = send()
    await settled()
    expect(result).toMatchObject({ waited: 0, outcome: { kind: 'granted' } })
  })
})

describe('a suspended process', () => {
  it('authorize() returns 401 for a token of a removed key after a suspension of one hour, because stale keys are refreshed first', async () => {
    const { clock, endpoint, server, send } = serveTraffic(OLD)
    await server.ready()
    endpoint.behave(NEW)
    clock.suspend(3600)
    const old = send()
    await settled()
    expect(getStatus(old)).toBe(401)
  })

  // On some systems, the monotonic clock stops while the process is suspended.
  it.each([
    ['only the wall clock', 'jump'],
    ['both clocks', 'suspend'],
  ] as const)(
    'authorize() returns 401 for a token whose key was removed during a suspension of three days that advanced %s',
    async (_clocks, sleep) => {
      const { clock, endpoint, server, send } = serveTraffic(OLD)
      await server.ready()
      endpoint.behave(NEW)
      clock[sleep](3 * 86_400)
      expect(server.status().issuers[0]!.keys.state).toBe('unavailable')
      const old = send()
      await settled()
      expect(getStatus(old)).toBe(401)
      expect(server.status().issuers[0]!.keys.state).toBe('fresh')
    },
  )

  it('authorize() returns 503 after a suspension of three days if keys cannot be fetched, because the cached keys are too old', async () => {
    const { clock, endpoint, server, send } = serveTraffic(OLD)
    await server.ready()
    endpoint.behave('refuse')
    clock.jump(3 * 86_400)
    const old = send()
    await settled()
    expect(getStatus(old)).toBe(503)
  })

  it('authorize() uses stale keys after a wait of 300 ms if the refresh after a suspension hangs', async () => {
    const { clock, endpoint, server, send } = serveTraffic(OLD)
    await server.ready()
    endpoint.behave('hang')
    clock.jump(3600)
    const [known, unknown] = [send(oldKey), send(newKey)]
    await clock.pass(0.29)
    expect([getStatus(known), getStatus(unknown)]).toEqual([undefined, undefined])
    await clock.pass(0.02)
    expect(known).toMatchObject({ waited: 300, outcome: { kind: 'granted' } })
    expect(getStatus(unknown)).toBeUndefined()
    const next = send(oldKey)
    expect(next).toMatchObject({ waited: 0, outcome: { kind: 'granted' } })
    await clock.pass(3)
    expect(getStatus(unknown)).toBe(503)
  })
})

describe('concurrent requests', () => {
  it('authorize() grants 100 concurrent requests with one fetch of keys if no keys are cached', async () => {
    const { endpoint, send } = serveTraffic(OLD)
    const results = Array.from({ length: 100 }, () => send())
    await settled()
    expect(countLost(results)).toBe(0)
    expect(endpoint.takeRequests()).toEqual(['/.well-known/openid-configuration', '/jwks'])
  })
})

describe('close()', () => {
  it('close() cancels all timers and prevents further fetches, and cached keys stay in use', async () => {
    const { clock, endpoint, server, send } = serveTraffic(OLD)
    await server.ready()
    expect(clock.pending()).toBeGreaterThan(0)
    server.close()
    expect(clock.pending()).toBe(0)
    endpoint.takeRequests()
    const result = send()
    await settled()
    expect(getStatus(result)).toBe('granted')
    await clock.pass(7200)
    expect(endpoint.takeRequests()).toEqual([])
  })

  it('close() gives 503 to a request that waits for keys, and a later ready() rejects', async () => {
    const { server, send } = serveTraffic('hang')
    const waiting = send()
    server.close()
    await settled()
    expect(getStatus(waiting)).toBe(503)
    await expect(server.ready()).rejects.toThrow('are unavailable')
  })
})

describe('an attempt that hangs', () => {
  it('authorize() grants requests without a wait while a fetch of keys hangs, if this fetch started before the keys became stale', async () => {
    const clock = fakeClock()
    const endpoint = scriptedEndpoint({ ...OLD, cacheControl: 'no-cache' })
    const server = createResourceServer({
      issuer: ISSUER,
      audience: AUDIENCE,
      fetch: endpoint.fetch,
      fetchTimeout: 20,
      clock,
    })
    await server.ready()
    endpoint.behave('hang')
    const { token } = createTestIssuer({ now: clock.seconds })
    for (let second = 0; second < 60; second++) {
      await clock.pass(1)
      const outcome = server.authorize(requestWith(token({ key: oldKey })))
      expect(outcome).toMatchObject({ kind: 'granted' })
    }
  })
})
