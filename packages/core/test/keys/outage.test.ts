import { describe, expect, it } from 'vitest'
import { fakeClock, settled } from '../../../../test/support/fake-clock.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../../test/support/issuer.ts'
import { requestWith } from '../../../../test/support/requests.ts'
import { scriptedEndpoint } from '../../../../test/support/scripted-endpoint.ts'
import { createResourceServer } from '../../src/index.ts'
import {
  longest,
  lost,
  NEW,
  newKey,
  OLD,
  oldKey,
  serveTraffic,
  statusOf,
} from '../support/traffic.ts'

const OUTAGES = ['refuse', 'hang', 'error', 'garbage', 'empty'] as const

describe('an outage of the authorization server', () => {
  it.each(OUTAGES)(
    'loses no valid request where the server is known and then: %s',
    async (outage) => {
      const { clock, endpoint, server, send, traffic, events } = serveTraffic(OLD)
      await server.ready()
      await clock.pass(600 * 0.74)
      endpoint.behave(outage)
      await clock.pass(600 * 0.26)
      endpoint.asked()

      const during = await traffic(30, 20, () => send())
      expect(during).toHaveLength(600)
      expect(lost(during)).toBe(0)
      expect(longest(during)).toBe(0)
      expect(endpoint.asked().length).toBeLessThanOrEqual(6)
      expect(server.status()[0]!.keys.state).toBe('stale')
      expect(events.filter((event) => event.type === 'keys_stale')).toHaveLength(1)

      endpoint.behave(OLD)
      expect(lost(await traffic(15, 20, () => send()))).toBe(0)
      await clock.pass(60)
      expect(server.status()[0]!.keys.state).toBe('fresh')
      expect(events.filter((event) => event.type === 'keys_recovered')).toHaveLength(1)
    },
  )

  it('asks at most six times in its first half minute, from the first failure on', async () => {
    for (const outage of OUTAGES) {
      const { clock, endpoint, server } = serveTraffic(OLD)
      await server.ready()
      endpoint.behave(outage)
      endpoint.asked()
      while (endpoint.asked().length === 0) await clock.pass(1)
      const first = 1
      await clock.pass(29)
      expect(first + endpoint.asked().length, outage).toBeLessThanOrEqual(6)
    }
  })

  it('keeps known keys for a day, and no longer', async () => {
    const { clock, endpoint, server, send } = serveTraffic(OLD)
    await server.ready()
    endpoint.behave('refuse')
    await clock.pass(86_399)
    const before = send()
    await settled()
    expect(statusOf(before)).toBe('granted')
    await clock.pass(2)
    const after = send()
    await settled()
    expect(statusOf(after)).toBe(503)
    expect(server.status()[0]!.keys).toEqual({ state: 'unavailable' })
    endpoint.behave(OLD)
    await clock.pass(1)
    send()
    await settled()
    const recovered = send()
    await settled()
    expect(statusOf(recovered)).toBe('granted')
  })

  it('answers 503 within the timeout where there are no keys yet, and then at once', async () => {
    const { endpoint, send, traffic } = serveTraffic('hang')
    const cold = await traffic(10, 20, () => send())
    expect(cold.every((answer) => answer.outcome === undefined || statusOf(answer) === 503)).toBe(
      true,
    )
    const first = cold.slice(0, 60)
    expect(longest(first)).toBeLessThanOrEqual(3000)
    const later = cold.slice(61)
    expect(later.map(statusOf)).toEqual(later.map(() => 503))
    expect(longest(later)).toBe(0)

    endpoint.behave(OLD)
    await traffic(1, 20, () => send())
    expect(lost(await traffic(10, 20, () => send()))).toBe(0)
  })

  it.each(OUTAGES)('needs no restart where the application starts during: %s', async (outage) => {
    const { endpoint, send, traffic, server } = serveTraffic(outage)
    await Promise.allSettled([server.ready().catch(() => {}), traffic(20, 20, () => send())])
    endpoint.behave(OLD)
    await traffic(1, 20, () => send())
    expect(lost(await traffic(5, 20, () => send()))).toBe(0)
  })

  it('recovers by itself where no request asks', async () => {
    const { clock, endpoint, server, send } = serveTraffic('refuse')
    await expect(server.ready()).rejects.toThrow('cannot be had')
    await clock.pass(300)
    endpoint.behave(OLD)
    await clock.pass(75)
    expect(server.status()[0]!.keys.state).toBe('fresh')
    const answer = send()
    await settled()
    expect(answer).toMatchObject({ waited: 0, outcome: { kind: 'granted' } })
  })

  it('refreshes at once after a long suspension of the process, before an old key is used', async () => {
    const { clock, endpoint, server, send } = serveTraffic(OLD)
    await server.ready()
    endpoint.behave(NEW)
    clock.suspend(3600)
    const old = send()
    await settled()
    expect(statusOf(old)).toBe(401)
  })

  /** A suspension that the monotonic clock does not see, and one that it sees. */
  it.each(['jump', 'suspend'] as const)(
    'refuses a key that was withdrawn while the machine slept for three days (%s)',
    async (sleep) => {
      const { clock, endpoint, server, send } = serveTraffic(OLD)
      await server.ready()
      endpoint.behave(NEW)
      clock[sleep](3 * 86_400)
      expect(server.status()[0]!.keys.state).toBe('unavailable')
      const old = send()
      await settled()
      expect(statusOf(old)).toBe(401)
      expect(server.status()[0]!.keys.state).toBe('fresh')
    },
  )

  it('after three days of sleep accepts no key from before, as long as there is no answer', async () => {
    const { clock, endpoint, server, send } = serveTraffic(OLD)
    await server.ready()
    endpoint.behave('refuse')
    clock.jump(3 * 86_400)
    const old = send()
    await settled()
    expect(statusOf(old)).toBe(503)
  })

  it('serves old keys after 300 ms, where the server does not answer at once on waking', async () => {
    const { clock, endpoint, server, send } = serveTraffic(OLD)
    await server.ready()
    endpoint.behave('hang')
    clock.jump(3600)
    const [known, unknown] = [send(oldKey), send(newKey)]
    await clock.pass(0.29)
    expect([statusOf(known), statusOf(unknown)]).toEqual([undefined, undefined])
    await clock.pass(0.02)
    expect(known).toMatchObject({ waited: 300, outcome: { kind: 'granted' } })
    expect(statusOf(unknown)).toBeUndefined()
    const next = send(oldKey)
    expect(next).toMatchObject({ waited: 0, outcome: { kind: 'granted' } })
    await clock.pass(3)
    expect(statusOf(unknown)).toBe(503)
  })

  it('asks once for a hundred cold requests', async () => {
    const { endpoint, send } = serveTraffic(OLD)
    const answers = Array.from({ length: 100 }, () => send())
    await settled()
    expect(lost(answers)).toBe(0)
    expect(endpoint.asked()).toEqual(['/.well-known/openid-configuration', '/jwks'])
  })
})

describe('close()', () => {
  it('ends outgoing calls and timers, and leaves known keys working', async () => {
    const { clock, endpoint, server, send } = serveTraffic(OLD)
    await server.ready()
    expect(clock.pending()).toBeGreaterThan(0)
    server.close()
    expect(clock.pending()).toBe(0)
    endpoint.asked()
    const answer = send()
    await settled()
    expect(statusOf(answer)).toBe('granted')
    await clock.pass(7200)
    expect(endpoint.asked()).toEqual([])
  })

  it('turns requests that wait for keys away', async () => {
    const { server, send } = serveTraffic('hang')
    const waiting = send()
    server.close()
    await settled()
    expect(statusOf(waiting)).toBe(503)
    await expect(server.ready()).rejects.toThrow('cannot be had')
  })
})

describe('where an attempt hangs', () => {
  it('keeps no request waiting for one that began while the keys were fresh', async () => {
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
