import { describe, expect, it } from 'vitest'
import { fakeClock, settled } from '../../../../test/support/fake-clock.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../../test/support/issuer.ts'
import { generateKey, type TestKey } from '../../../../test/support/keys.ts'
import { requestWith } from '../../../../test/support/requests.ts'
import { type Behaviour, scriptedEndpoint } from '../../../../test/support/scripted-endpoint.ts'
import { type BearwardEvent, createResourceServer, type Outcome } from '../../src/index.ts'

const oldKey = generateKey('ES256', 'old')
const newKey = generateKey('ES256', 'new')
const OLD = { keys: [oldKey.jwk] }
const NEW = { keys: [newKey.jwk] }
const OUTAGES = ['refuse', 'hang', 'error', 'garbage', 'empty'] as const

/** A resource server, an endpoint and a clock that a test holds in its hands. */
function setup(first: Behaviour, options: { jwksUri?: string } = {}) {
  const clock = fakeClock()
  const endpoint = scriptedEndpoint(first)
  const events: BearwardEvent[] = []
  const issuer = createTestIssuer({ now: clock.seconds })
  const server = createResourceServer({
    issuer: ISSUER,
    audience: AUDIENCE,
    fetch: endpoint.fetch,
    clock,
    onEvent: (event) => events.push(event),
    ...options,
  })
  let sent = 0
  /** A request with a token of this key. Its answer, and after how many milliseconds it came. */
  function send(key: TestKey = oldKey, ...given: [kid?: string | undefined]) {
    const kid = given.length === 0 ? key.kid : given[0]
    const answer: { outcome?: Outcome; waited?: number } = {}
    const begun = clock.monotonic()
    const token = issuer.token({ key, header: { kid }, claims: { jti: `t${sent++}` } })
    const answered = (outcome: Outcome) => {
      answer.outcome = outcome
      answer.waited = clock.monotonic() - begun
    }
    const outcome = server.authorize(requestWith(token))
    if (outcome instanceof Promise) void outcome.then(answered)
    else answered(outcome)
    return answer
  }
  /** `perSecond` requests for so many seconds, evenly spread. */
  async function traffic(
    seconds: number,
    perSecond: number,
    request: (i: number) => ReturnType<typeof send>,
  ) {
    const answers: ReturnType<typeof send>[] = []
    for (let i = 0; i < seconds * perSecond; i++) {
      answers.push(request(i))
      await clock.pass(1 / perSecond)
    }
    return answers
  }
  return { clock, endpoint, events, server, send, traffic, issuer }
}

const statusOf = ({ outcome }: { outcome?: Outcome }) =>
  outcome?.kind === 'refused' ? outcome.status : outcome?.kind
const lost = (answers: readonly { outcome?: Outcome }[]) =>
  answers.filter((answer) => answer.outcome?.kind !== 'granted').length
const longest = (answers: readonly { waited?: number }[]) =>
  Math.max(...answers.map(({ waited }) => waited ?? Infinity))

describe('an outage of the authorization server', () => {
  it.each(OUTAGES)(
    'loses no valid request where the server is known and then: %s',
    async (outage) => {
      const { clock, endpoint, server, send, traffic, events } = setup(OLD)
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
      const { clock, endpoint, server } = setup(OLD)
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
    const { clock, endpoint, server, send } = setup(OLD)
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
    const { endpoint, send, traffic } = setup('hang')
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
    const { endpoint, send, traffic, server } = setup(outage)
    await Promise.allSettled([server.ready().catch(() => {}), traffic(20, 20, () => send())])
    endpoint.behave(OLD)
    await traffic(1, 20, () => send())
    expect(lost(await traffic(5, 20, () => send()))).toBe(0)
  })

  it('recovers by itself where no request asks', async () => {
    const { clock, endpoint, server, send } = setup('refuse')
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
    const { clock, endpoint, server, send } = setup(OLD)
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
      const { clock, endpoint, server, send } = setup(OLD)
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
    const { clock, endpoint, server, send } = setup(OLD)
    await server.ready()
    endpoint.behave('refuse')
    clock.jump(3 * 86_400)
    const old = send()
    await settled()
    expect(statusOf(old)).toBe(503)
  })

  it('serves old keys after 300 ms, where the server does not answer at once on waking', async () => {
    const { clock, endpoint, server, send } = setup(OLD)
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
    const { endpoint, send } = setup(OLD)
    const answers = Array.from({ length: 100 }, () => send())
    await settled()
    expect(lost(answers)).toBe(0)
    expect(endpoint.asked()).toEqual(['/.well-known/openid-configuration', '/jwks'])
  })
})

describe('keys that the set does not list', () => {
  it('cost at most three fetches in ten seconds of a storm, and no valid request', async () => {
    const { endpoint, send, server, traffic } = setup(OLD)
    await server.ready()
    endpoint.asked()
    const storm = await traffic(10, 1000, (i) =>
      i % 20 === 0 ? send() : send(newKey, `random-${i}`),
    )
    expect(endpoint.asked().length).toBeLessThanOrEqual(3)
    const valid = storm.filter((_, i) => i % 20 === 0)
    expect(lost(valid)).toBe(0)
    expect(longest(valid)).toBe(0)
    const bogus = storm.filter((_, i) => i % 20 !== 0)
    expect(new Set(bogus.map(statusOf))).toEqual(new Set([401]))
  })

  it('are found at once where the server has rotated in quiet times, or just after a fetch', async () => {
    for (const pause of [300, 2]) {
      const { clock, endpoint, send, server, traffic } = setup(OLD)
      await server.ready()
      await clock.pass(pause)
      endpoint.behave({ keys: [newKey.jwk, oldKey.jwk] })
      const answers = await traffic(40, 20, (i) => (i % 2 === 0 ? send(newKey) : send()))
      expect(lost(answers)).toBe(0)
    }
  })

  it('are found within one window of five seconds where they are used before they are published', async () => {
    const { clock, endpoint, send, server, traffic } = setup(OLD)
    await server.ready()
    await clock.pass(300)
    const early = await traffic(1, 20, () => send(newKey))
    endpoint.behave({ keys: [newKey.jwk, oldKey.jwk] })
    const answers = [...early, ...(await traffic(39, 20, () => send(newKey)))]
    expect(answers).toHaveLength(800)
    expect(lost(answers)).toBeLessThanOrEqual(100)
  })

  it('are found within one window of five seconds in the middle of a storm', async () => {
    const { clock, endpoint, send, server, traffic } = setup(OLD)
    await server.ready()
    await traffic(10, 100, (i) => send(newKey, `random-${i}`))
    endpoint.behave({ keys: [newKey.jwk, oldKey.jwk] })
    const answers = await traffic(40, 120, (i) =>
      i % 6 === 0 ? send(newKey) : send(newKey, `random-${i}`),
    )
    const valid = answers.filter((_, i) => i % 6 === 0)
    expect(valid).toHaveLength(800)
    expect(lost(valid)).toBeLessThanOrEqual(100)
    expect(clock.pending()).toBeGreaterThan(0)
  })

  it('starve no scheduled refresh, and no valid request at expiry', async () => {
    const { clock, endpoint, send, server, traffic } = setup(OLD)
    await server.ready()
    await clock.pass(570)
    endpoint.asked()
    const answers = await traffic(55, 70, (i) => (i % 7 < 2 ? send() : send(newKey, `random-${i}`)))
    const valid = answers.filter((_, i) => i % 7 < 2)
    expect(lost(valid)).toBe(0)
    expect(longest(valid)).toBe(0)
    expect(server.status()[0]!.keys.state).toBe('fresh')
  })

  it('are answered with 401 where the last fetch succeeded, and with 503 where it failed', async () => {
    const { clock, endpoint, send, server } = setup(OLD)
    await server.ready()
    for (let i = 0; i < 3; i++) send(newKey, `random-${i}`)
    await settled()
    const known = send(newKey, 'another')
    await settled()
    expect(statusOf(known)).toBe(401)

    endpoint.behave('refuse')
    await clock.pass(20)
    const answers = Array.from({ length: 4 }, (_, i) => send(newKey, `late-${i}`))
    await settled()
    expect(answers.map(statusOf)).toEqual([503, 503, 503, 503])
    expect(answers[3]!.outcome).toMatchObject({
      headers: { 'Retry-After': expect.stringMatching(/^[1-5]$/) },
    })
  })
})

describe('keys that change', () => {
  it('stop working at the next good refresh where the server has removed them', async () => {
    const { clock, endpoint, server, send, events } = setup({ keys: [oldKey.jwk, newKey.jwk] })
    await server.ready()
    endpoint.behave(NEW)
    await clock.pass(600)
    expect(events.filter((event) => event.type === 'keys_refreshed')).toHaveLength(2)
    const removed = send(oldKey)
    await settled()
    expect(statusOf(removed)).toBe(401)
  })

  it('are found where the server has put other material under the same kid', async () => {
    const { clock, endpoint, server, send } = setup(OLD)
    await server.ready()
    await clock.pass(60)
    const replaced = generateKey('ES256', 'old')
    endpoint.behave({ keys: [replaced.jwk] })
    const answer = send(replaced)
    await settled()
    expect(statusOf(answer)).toBe('granted')
    const before = send(oldKey)
    await settled()
    expect(statusOf(before)).toBe(401)
  })

  it('are not fetched more often because tokens are forged, and forged tokens use no other budget', async () => {
    const { clock, endpoint, server, send, traffic } = setup(OLD)
    await server.ready()
    await clock.pass(60)
    endpoint.asked()
    const forged = await traffic(29, 20, () => send(newKey, 'old'))
    expect(endpoint.asked()).toHaveLength(1)
    expect(new Set(forged.map(statusOf))).toEqual(new Set([401]))
    endpoint.behave({ keys: [oldKey.jwk, newKey.jwk] })
    const rotated = send(newKey)
    await settled()
    expect(statusOf(rotated)).toBe('granted')
  })

  it('never come back once they are distrusted, whatever is published', async () => {
    const { clock, endpoint, server, send, events } = setup({ keys: [oldKey.jwk, newKey.jwk] })
    await server.ready()
    const thumbprint = await thumbprintOf(oldKey.jwk)
    server.distrustKey({ issuer: ISSUER, thumbprint })
    const answers = [send(oldKey), send(newKey)]
    endpoint.behave('refuse')
    await clock.pass(700)
    answers.push(send(oldKey))
    expect(answers.map(statusOf)).toEqual([401, 'granted', 401])
    expect(events).toContainEqual({ type: 'key_distrusted', issuer: ISSUER, thumbprint })
    expect(() => server.distrustKey({ issuer: 'https://other.example.com', thumbprint })).toThrow(
      'configured issuer',
    )
    expect(() => server.distrustKey({ issuer: ISSUER, thumbprint: 'old' })).toThrow('thumbprint')
  })
})

async function thumbprintOf(jwk: Record<string, unknown>): Promise<string> {
  const { calculateJwkThumbprint } = await import('jose')
  return calculateJwkThumbprint(jwk)
}

describe('close()', () => {
  it('ends outgoing calls and timers, and leaves known keys working', async () => {
    const { clock, endpoint, server, send } = setup(OLD)
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
    const { server, send } = setup('hang')
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

describe('tokens without a kid', () => {
  const withoutKid = (key: TestKey) => ({ ...key, jwk: { ...key.jwk, kid: undefined } })
  const [before, after] = [withoutKid(oldKey), withoutKid(newKey)]

  it('find a rotation though forgeries came first, and are answered with 503 where nobody can know', async () => {
    const { clock, endpoint, send, server, traffic } = setup({ keys: [before.jwk] })
    await server.ready()
    await clock.pass(60)
    const forged = await traffic(1, 10, () => send(generateKey('ES256'), undefined))
    expect(new Set(forged.map(statusOf))).toEqual(new Set([401]))
    endpoint.behave({ keys: [after.jwk] })
    await clock.pass(5)
    const rotated = send(after, undefined)
    await settled()
    expect(statusOf(rotated)).toBe('granted')
    endpoint.behave('refuse')
    await clock.pass(20)
    const unknowable = send(before, undefined)
    await settled()
    expect(statusOf(unknowable)).toBe(503)
  })
})
