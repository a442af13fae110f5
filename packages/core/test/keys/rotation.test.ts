import { describe, expect, it } from 'vitest'
import { settled } from '../../../../test/support/fake-clock.ts'
import { ISSUER } from '../../../../test/support/issuer.ts'
import { generateKey, type TestKey } from '../../../../test/support/keys.ts'
import { requestWith } from '../../../../test/support/requests.ts'
import { LIMITS } from '../../src/limits.ts'
import {
  type Answer,
  count,
  longest,
  lost,
  NEW,
  newKey,
  OLD,
  oldKey,
  reasonOf,
  serveTraffic,
  statusOf,
} from '../support/traffic.ts'

describe('keys that the set does not list', () => {
  it('cost at most three fetches in ten seconds of a storm, and no valid request', async () => {
    const { clock, endpoint, events, send, server, traffic } = serveTraffic(OLD)
    await server.ready()
    endpoint.asked()
    const storm = await traffic(10, 1000, (i) =>
      i % 20 === 0 ? send() : send(newKey, `random-${i}`),
    )
    expect(endpoint.asked()).toEqual(['/jwks', '/jwks', '/jwks'])
    expect(count(events.map(({ type }) => type))['keys_refresh_triggered']).toBe(3)
    const valid = storm.filter((_, i) => i % 20 === 0)
    expect(lost(valid)).toBe(0)
    expect(longest(valid)).toBe(0)
    await clock.pass(1)
    const bogus = storm.filter((_, i) => i % 20 !== 0)
    // 401 for those that have set off a fetch or waited for one, 503 for all that cannot be told from tokens of a new key.
    const counted = count(bogus.map(reasonOf))
    expect(counted).toEqual({
      '401 unknown_key': expect.any(Number),
      '503 keys_refresh_pending': expect.any(Number),
    })
    expect(counted['401 unknown_key']).toBeLessThanOrEqual(3 * (LIMITS.waitingForKeys.inPause + 1))
    expect(longest(bogus)).toBeLessThanOrEqual(1000)
  })

  it('are found at once where the server has rotated in quiet times, or just after a fetch', async () => {
    for (const pause of [300, 2]) {
      const { clock, endpoint, send, server, traffic } = serveTraffic(OLD)
      await server.ready()
      await clock.pass(pause)
      endpoint.behave({ keys: [newKey.jwk, oldKey.jwk] })
      const answers = await traffic(40, 20, (i) => (i % 2 === 0 ? send(newKey) : send()))
      expect(lost(answers)).toBe(0)
    }
  })

  it('are found within four seconds where they are used before they are published', async () => {
    const { clock, endpoint, send, server, traffic } = serveTraffic(OLD)
    await server.ready()
    await clock.pass(300)
    const early = await traffic(1, 20, () => send(newKey))
    endpoint.behave({ keys: [newKey.jwk, oldKey.jwk] })
    const answers = await traffic(39, 20, () => send(newKey))
    expect(lost(answers)).toBeLessThanOrEqual(80)
    // Published keys make no 401. Nobody could know of that one that it would be published.
    expect(count(answers.map(statusOf))[401]).toBeUndefined()
    expect(count(early.map(statusOf))).toEqual({ 401: 1, 503: 19 })
  })

  it('are found within four seconds in the middle of a storm', async () => {
    const { endpoint, send, server, traffic } = serveTraffic(OLD)
    await server.ready()
    await traffic(10, 100, (i) => send(newKey, `random-${i}`))
    endpoint.behave({ keys: [newKey.jwk, oldKey.jwk] })
    const answers = await traffic(40, 120, (i) =>
      i % 6 === 0 ? send(newKey) : send(newKey, `random-${i}`),
    )
    const valid = answers.filter((_, i) => i % 6 === 0)
    expect(valid).toHaveLength(800)
    expect(lost(valid)).toBeLessThanOrEqual(80)
    expect(count(valid.map(statusOf))[401]).toBeUndefined()
  })

  it('are found as soon as without it, where somebody has asked for them for an hour', async () => {
    const { endpoint, send, server, traffic } = serveTraffic(OLD)
    await server.ready()
    await traffic(3600, 1, () => send(oldKey, 'new'))
    endpoint.behave({ keys: [newKey.jwk, oldKey.jwk] })
    const answers = await traffic(10, 20, () => send(newKey))
    expect(lost(answers)).toBeLessThanOrEqual(80)
    expect(count(answers.map(statusOf))[401]).toBeUndefined()
  })

  it('make nobody drop a good token, through five rotations in a second and a half', async () => {
    const { clock, endpoint, send, server } = serveTraffic(OLD)
    await server.ready()
    const answers: Answer[] = []
    const keys = Array.from({ length: 5 }, (_, i) => generateKey('ES256', `rotated-${i}`))
    for (const key of keys) {
      endpoint.behave({ keys: [key.jwk, oldKey.jwk] })
      for (let i = 0; i < 30; i++) {
        answers.push(send(key), send())
        await clock.pass(0.01)
      }
    }
    for (let i = 0; i < 50; i++) {
      answers.push(send(keys.at(-1)), send())
      await clock.pass(0.1)
    }
    const { granted, ...others } = count(answers.map(reasonOf))
    expect(granted).toBeGreaterThan(250)
    // 401 only for keys that were gone when they were fetched.
    expect(Object.keys(others)).toEqual(
      expect.not.arrayContaining(['undefined', '401 invalid_signature']),
    )
    const last = answers.slice(-20)
    expect(lost(last)).toBe(0)
  })

  it('starve no scheduled refresh, and no valid request at expiry', async () => {
    const { clock, endpoint, send, server, traffic } = serveTraffic(OLD)
    await server.ready()
    await clock.pass(570)
    endpoint.asked()
    const answers = await traffic(55, 70, (i) => (i % 7 < 2 ? send() : send(newKey, `random-${i}`)))
    const valid = answers.filter((_, i) => i % 7 < 2)
    expect(lost(valid)).toBe(0)
    expect(longest(valid)).toBe(0)
    expect(server.status()[0]!.keys.state).toBe('fresh')
  })

  it('make four requests of one kid wait for the next fetch, 256 in all, and nobody for longer than a second', async () => {
    const { clock, send, server } = serveTraffic(OLD)
    await server.ready()
    send(newKey, 'first')
    await clock.pass(2)
    const early = send(newKey, 'early')
    expect(reasonOf(early)).toBe('503 keys_refresh_pending')
    expect(early.outcome).toMatchObject({ headers: { 'Retry-After': '2' } })
    await clock.pass(0.6)
    const same = Array.from({ length: 6 }, () => send(newKey, 'same'))
    const others = Array.from({ length: 300 }, (_, i) => send(newKey, `other-${i}`))
    await settled()
    expect(count(same.map(reasonOf))).toEqual({ undefined: 4, '503 keys_refresh_pending': 2 })
    expect(count(others.map(reasonOf))).toEqual({ undefined: 252, '503 keys_refresh_pending': 48 })
    await clock.pass(0.9)
    expect(count([...same, ...others].map(reasonOf))).toEqual({
      '401 unknown_key': 256,
      '503 keys_refresh_pending': 50,
    })
    expect(longest([...same, ...others])).toBeCloseTo(900, 3)
  })

  it('are fetched when the pause is over, where a request came in it', async () => {
    const { clock, endpoint, send, server } = serveTraffic(OLD)
    await server.ready()
    send(newKey, 'stray')
    await clock.pass(0.1)
    endpoint.behave({ keys: [newKey.jwk] })
    endpoint.asked()
    expect(reasonOf(send(newKey))).toBe('503 keys_refresh_pending')
    await clock.pass(3.4)
    expect(endpoint.asked()).toEqual(['/jwks'])
    expect(send(newKey)).toMatchObject({ waited: 0, outcome: { kind: 'granted' } })
  })

  it('are answered with 401 where they were fetched after the token came, and with 503 where that failed', async () => {
    const { clock, endpoint, send, server } = serveTraffic(OLD)
    await server.ready()
    const known = send(newKey, 'another')
    await settled()
    expect(statusOf(known)).toBe(401)

    endpoint.behave('refuse')
    await clock.pass(20)
    const answers = Array.from({ length: 4 }, (_, i) => send(newKey, `late-${i}`))
    await settled()
    expect(new Set(answers.map(reasonOf))).toEqual(new Set(['503 keys_unavailable']))
    expect(answers[3]!.outcome).toMatchObject({
      headers: { 'Retry-After': expect.stringMatching(/^[1-4]$/) },
    })
  })

  it('let 4096 requests wait for a fetch that is under way, and tell the others to come again', async () => {
    const { clock, endpoint, send, server } = serveTraffic(OLD)
    await server.ready()
    await clock.pass(60)
    endpoint.behave('hang')
    const answers = Array.from({ length: 5000 }, (_, i) => send(newKey, `random-${i}`))
    await settled()
    expect(count(answers.map(reasonOf))).toEqual({
      undefined: 4096,
      '503 keys_refresh_pending': 904,
    })
    expect(send()).toMatchObject({ waited: 0, outcome: { kind: 'granted' } })
    await clock.pass(3)
    expect(count(answers.map(reasonOf))).toEqual({
      '503 keys_unavailable': 4096,
      '503 keys_refresh_pending': 904,
    })
  })

  it('are answered with 503 where a listener closes the resource server when they set off a fetch', async () => {
    const { send, server, events } = serveTraffic(OLD)
    await server.ready()
    const push = events.push.bind(events)
    events.push = (event) => {
      if (event.type === 'keys_refresh_triggered') server.close()
      return push(event)
    }
    const answer = send(newKey)
    await settled()
    expect(reasonOf(answer)).toBe('503 keys_unavailable')
  })

  it('turn those away at once that wait for the next fetch, where the resource server is closed', async () => {
    const { clock, send, server } = serveTraffic(OLD)
    await server.ready()
    send(newKey, 'stray')
    await settled()
    await clock.pass(3)
    const waiting = send(newKey)
    expect(waiting.outcome).toBeUndefined()
    server.close()
    await settled()
    expect(reasonOf(waiting)).toBe('503 keys_unavailable')
  })
})

describe('what a token of an unknown key says of itself', () => {
  /** The default of clockTolerance, and by how much issuers date tokens back. */
  const TOLERANCE = 5 + 300

  /**
   * The answer to it in a pause between two fetches. The first fetch began a minute ago, and the last one only now, with
   * an answer that has spent `age` seconds in caches.
   */
  async function judge(claims: (now: number) => Record<string, unknown>, age: string | undefined) {
    const { clock, endpoint, server, issuer, send } = serveTraffic(OLD)
    await server.ready()
    await clock.pass(60)
    endpoint.behave({ ...OLD, age })
    send(newKey, 'stray')
    await settled()
    const token = issuer.token({ key: newKey, claims: claims(clock.seconds()) })
    return reasonOf({ outcome: await server.authorize(requestWith(token)) })
  }

  it.each<readonly [number, string | undefined, number]>([
    [60 + TOLERANCE, '60', 401],
    [59 + TOLERANCE, '60', 503],
    [30, '60', 503],
    [TOLERANCE + 20, '20', 401],
    [TOLERANCE + 19, '20', 503],
    [TOLERANCE, undefined, 401],
    [TOLERANCE - 1, undefined, 503],
    [TOLERANCE, '0', 401],
    [TOLERANCE, 'soon', 401],
    [TOLERANCE + 20, '10, 20', 401],
    [TOLERANCE + 19, '10, 20', 503],
    [TOLERANCE + 19, '20.0', 503],
    [TOLERANCE, '1', 503],
    [1e6, '9'.repeat(400), 503],
  ])('that it is %s s old, where the keys have Age %s: %s', async (old, age, status) => {
    const exp = 3e9
    const answer = await judge((now) => ({ iat: now - old, exp }), age)
    expect(answer).toBe(status === 401 ? '401 unknown_key' : '503 keys_refresh_pending')
  })

  it.each<readonly [string, unknown]>([
    ['that is missing', undefined],
    ['with a fraction', 1_700_000_000.5],
  ])('an iat %s does not count', async (_, iat) => {
    expect(await judge(() => ({ iat }), '60')).toBe('503 keys_refresh_pending')
  })

  it.each<readonly [string, (now: number) => Record<string, unknown>]>([
    ['that it has expired', (now) => ({ exp: now - 60, iat: now })],
    ['that it is for another API', () => ({ aud: 'https://other.example.com' })],
    ['that it was issued in the future', (now) => ({ iat: now + 60 })],
    ['an iat that is no number', () => ({ iat: '1' })],
    ['no exp', () => ({ exp: undefined })],
  ])('%s: it is refused, and no keys are fetched', async (_, claims) => {
    const { clock, endpoint, server, issuer } = serveTraffic(OLD)
    await server.ready()
    endpoint.asked()
    const token = issuer.token({ key: newKey, claims: claims(clock.seconds()) })
    expect(server.authorize(requestWith(token))).toMatchObject({ reason: 'unknown_key' })
    const forged = issuer.token({
      key: newKey,
      header: { kid: 'old' },
      claims: claims(clock.seconds()),
    })
    expect(server.authorize(requestWith(forged))).toMatchObject({ reason: 'invalid_signature' })
    expect(endpoint.asked()).toEqual([])
  })

  it.each([
    ['an iat that is dated back, as Entra does', 300, 0],
    ['an iat of an issuer whose clock is behind', 30, 0],
    ['keys that are used before they are published', 10, 9],
  ])('makes nobody drop a good token: %s', async (_, old, late) => {
    const { clock, endpoint, server, issuer, send } = serveTraffic(OLD)
    await server.ready()
    await clock.pass(1)
    const ask = async () => {
      const claims = { iat: Math.floor(clock.seconds()) - old, exp: 3e9 }
      const outcome = server.authorize(requestWith(issuer.token({ key: newKey, claims })))
      return reasonOf({ outcome: await outcome })
    }
    // Somebody else has made us look just before it is published.
    send(newKey, 'stray')
    await settled()
    await clock.pass(late)
    endpoint.behave({ keys: [newKey.jwk, oldKey.jwk] })
    const answers: Promise<string | undefined>[] = []
    for (let second = 0; second < 10; second++) {
      answers.push(ask())
      await clock.pass(1)
    }
    const expected = late === 0 ? '503 keys_refresh_pending' : 'granted'
    expect(await Promise.all(answers)).toEqual([
      ...Array<string>(3).fill(expected),
      ...Array<string>(7).fill('granted'),
    ])
  })

  it('does not keep it from being looked for, however old it is', async () => {
    const { clock, endpoint, server, issuer } = serveTraffic(OLD)
    await server.ready()
    await clock.pass(60)
    endpoint.behave({ keys: [newKey.jwk, oldKey.jwk] })
    const token = issuer.token({ key: newKey, claims: { iat: 1, exp: 3e9 } })
    expect(await server.authorize(requestWith(token))).toMatchObject({ kind: 'granted' })
  })

  it('decides where the keys cannot be fetched', async () => {
    const { clock, endpoint, server, issuer } = serveTraffic(OLD)
    await server.ready()
    endpoint.behave('refuse')
    await clock.pass(60)
    const judgeOld = async (old: number) => {
      const claims = { iat: clock.seconds() - old, exp: 3e9 }
      const outcome = server.authorize(requestWith(issuer.token({ key: newKey, claims })))
      return reasonOf({ outcome: await outcome })
    }
    expect(await judgeOld(60 + TOLERANCE)).toBe('401 unknown_key')
    expect(await judgeOld(0)).toBe('503 keys_unavailable')
    server.close()
    expect(await judgeOld(60 + TOLERANCE)).toBe('401 unknown_key')
    expect(await judgeOld(0)).toBe('503 keys_unavailable')
  })

  it('does not count where the wall clock has been set back since', async () => {
    const { clock, server, issuer, send } = serveTraffic(OLD)
    await server.ready()
    send(newKey, 'stray')
    await settled()
    clock.jump(-3600)
    const token = issuer.token({ key: newKey, claims: { iat: clock.seconds() - 1 } })
    const answer = await server.authorize(requestWith(token))
    expect(reasonOf({ outcome: answer })).toBe('503 keys_refresh_pending')
  })
})

describe('keys that change', () => {
  it('stop working at the next good refresh where the server has removed them', async () => {
    const { clock, endpoint, server, send, events } = serveTraffic({
      keys: [oldKey.jwk, newKey.jwk],
    })
    await server.ready()
    endpoint.behave(NEW)
    await clock.pass(600)
    expect(events.filter((event) => event.type === 'keys_refreshed')).toHaveLength(2)
    const removed = send(oldKey)
    await settled()
    expect(statusOf(removed)).toBe(401)
  })

  it('are found where the server has put other material under the same kid', async () => {
    const { clock, endpoint, server, send } = serveTraffic(OLD)
    await server.ready()
    await clock.pass(60)
    const replaced = generateKey('ES256', 'old')
    endpoint.behave({ keys: [replaced.jwk] })
    const answer = send(replaced)
    await settled()
    expect(statusOf(answer)).toBe('granted')
    await clock.pass(3.5)
    const before = send(oldKey)
    await settled()
    expect(statusOf(before)).toBe(401)
  })

  it('are found within four seconds where the server restarts twice, each time with the same kid', async () => {
    const { endpoint, server, send, traffic } = serveTraffic(OLD)
    await server.ready()
    const answers: Answer[] = []
    for (const seconds of [1, 9]) {
      const replaced = generateKey('ES256', 'old')
      endpoint.behave({ keys: [replaced.jwk] })
      answers.push(...(await traffic(seconds, 20, () => send(replaced))))
    }
    expect(count(answers.map(reasonOf))).toEqual({
      granted: expect.any(Number),
      '503 keys_refresh_pending': expect.any(Number),
    })
    expect(lost(answers)).toBeLessThanOrEqual(80)
    expect(lost(answers.slice(100))).toBe(0)
  })

  it('are found where a key for encryption has the same kid', async () => {
    const { endpoint, server, send } = serveTraffic({
      keys: [oldKey.jwk, { ...generateKey('ES256', 'new').jwk, use: 'enc' }],
    })
    await server.ready()
    endpoint.behave(NEW)
    const answer = send(newKey)
    await settled()
    expect(statusOf(answer)).toBe('granted')
  })

  it('are found where another type of key has the same kid', async () => {
    const { endpoint, server, send } = serveTraffic(OLD)
    await server.ready()
    const replaced = generateKey('RS256', 'old')
    endpoint.behave({ keys: [replaced.jwk] })
    const answer = send(replaced)
    await settled()
    expect(statusOf(answer)).toBe('granted')
  })

  it('are not fetched more often because tokens are forged', async () => {
    const { clock, endpoint, server, send, traffic } = serveTraffic(OLD)
    await server.ready()
    await clock.pass(60)
    endpoint.asked()
    const forged = await traffic(29, 20, () => send(newKey, 'old'))
    expect(endpoint.asked()).toHaveLength(9)
    await clock.pass(1)
    expect(new Set(forged.map(reasonOf))).toEqual(
      new Set(['401 invalid_signature', '503 keys_refresh_pending']),
    )
  })

  it('are found under the name of a key that was distrusted, whose own tokens set off no fetch', async () => {
    const { endpoint, server, send } = serveTraffic(OLD)
    await server.ready()
    server.distrustKey({ issuer: ISSUER, thumbprint: await thumbprintOf(oldKey.jwk) })
    endpoint.asked()
    const stolen = send(oldKey)
    expect(stolen.outcome).toMatchObject({
      reason: 'unknown_key',
      explanation: { found: 'a distrusted key' },
    })
    expect(endpoint.asked()).toEqual([])
    const replaced = generateKey('ES256', 'old')
    endpoint.behave({ keys: [replaced.jwk] })
    const answer = send(replaced)
    await settled()
    expect(statusOf(answer)).toBe('granted')
  })

  it('say that they are distrusted also where that was said before they were fetched', async () => {
    const { send, server } = serveTraffic(OLD)
    server.distrustKey({ issuer: ISSUER, thumbprint: await thumbprintOf(oldKey.jwk) })
    const answer = send(oldKey)
    await settled()
    expect(answer.outcome).toMatchObject({
      reason: 'unknown_key',
      explanation: { found: 'a distrusted key' },
    })
  })

  it('never come back once they are distrusted, whatever is published', async () => {
    const { clock, endpoint, server, send, events } = serveTraffic({
      keys: [oldKey.jwk, newKey.jwk],
    })
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

describe('tokens without a kid', () => {
  it('find their key where there were too many to try, and are fewer now', async () => {
    const keys = Array.from({ length: 5 }, () => ({ ...generateKey('ES256').jwk, kid: undefined }))
    const ours = { ...newKey.jwk, kid: undefined }
    const { endpoint, send, server } = serveTraffic({ keys: [...keys.slice(1), ours] })
    await server.ready()
    endpoint.behave({ keys: [...keys.slice(2), ours] })
    const answer = send(newKey, undefined)
    await settled()
    expect(statusOf(answer)).toBe('granted')
  })

  const withoutKid = (key: TestKey) => ({ ...key, jwk: { ...key.jwk, kid: undefined } })
  const [before, after] = [withoutKid(oldKey), withoutKid(newKey)]

  it('find a rotation though forgeries came first, and are answered with 503 where nobody can know', async () => {
    const { clock, endpoint, send, server, traffic } = serveTraffic({ keys: [before.jwk] })
    await server.ready()
    await clock.pass(60)
    const forged = await traffic(1, 10, () => send(generateKey('ES256'), undefined))
    expect(new Set(forged.map(reasonOf))).toEqual(
      new Set(['401 invalid_signature', '503 keys_refresh_pending']),
    )
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
