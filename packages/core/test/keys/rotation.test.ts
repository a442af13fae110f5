import { describe, expect, it } from 'vitest'
import { settled } from '../../../../test/support/fake-clock.ts'
import { ISSUER } from '../../../../test/support/issuer.ts'
import { generateKey, type TestKey } from '../../../../test/support/keys.ts'
import { requestWith } from '../../../../test/support/requests.ts'
import { LIMITS } from '../../src/limits.ts'
import {
  type Result,
  countValues,
  getLongestWait,
  countLost,
  NEW,
  newKey,
  OLD,
  oldKey,
  getReason,
  serveTraffic,
  getStatus,
} from '../support/traffic.ts'

describe('tokens with unknown keys', () => {
  it('tokens with random kids cause only three fetches in ten seconds, and valid requests do not wait', async () => {
    const { clock, endpoint, events, send, server, sendMany } = serveTraffic(OLD)
    await server.ready()
    endpoint.takeRequests()
    const results = await sendMany(10, 1000, (i) =>
      i % 20 === 0 ? send() : send(newKey, `random-${i}`),
    )
    expect(endpoint.takeRequests()).toEqual(['/jwks', '/jwks', '/jwks'])
    expect(countValues(events.map(({ type }) => type))['keys_refresh_triggered']).toBe(3)
    const valid = results.filter((_, i) => i % 20 === 0)
    expect(countLost(valid)).toBe(0)
    expect(getLongestWait(valid)).toBe(0)
    await clock.pass(1)
    const forged = results.filter((_, i) => i % 20 !== 0)
    // A request that started a fetch or waited for a fetch gets 401. All others get 503, because their keys may be new.
    const counted = countValues(forged.map(getReason))
    expect(counted).toEqual({
      '401 unknown_key': expect.any(Number),
      '503 keys_refresh_pending': expect.any(Number),
    })
    expect(counted['401 unknown_key']).toBeLessThanOrEqual(3 * (LIMITS.waitingForKeys.inPause + 1))
    expect(getLongestWait(forged)).toBeLessThanOrEqual(1000)
  })

  it('authorize() grants every request after a rotation, even if the rotation is two seconds after the first fetch', async () => {
    for (const pause of [300, 2]) {
      const { clock, endpoint, send, server, sendMany } = serveTraffic(OLD)
      await server.ready()
      await clock.pass(pause)
      endpoint.behave({ keys: [newKey.jwk, oldKey.jwk] })
      const results = await sendMany(40, 20, (i) => (i % 2 === 0 ? send(newKey) : send()))
      expect(countLost(results)).toBe(0)
    }
  })

  it('authorize() grants tokens of a new key at most four seconds after the key is published, even if some tokens were sent earlier', async () => {
    const { clock, endpoint, send, server, sendMany } = serveTraffic(OLD)
    await server.ready()
    await clock.pass(300)
    const early = await sendMany(1, 20, () => send(newKey))
    endpoint.behave({ keys: [newKey.jwk, oldKey.jwk] })
    const results = await sendMany(39, 20, () => send(newKey))
    expect(countLost(results)).toBeLessThanOrEqual(80)
    // A token of a published key never gets 401. The single 401 is the outcome of a token that was sent before the publication.
    expect(countValues(results.map(getStatus))[401]).toBeUndefined()
    expect(countValues(early.map(getStatus))).toEqual({ 401: 1, 503: 19 })
  })

  it('authorize() grants tokens of a new key within four seconds while tokens with random kids are sent', async () => {
    const { endpoint, send, server, sendMany } = serveTraffic(OLD)
    await server.ready()
    await sendMany(10, 100, (i) => send(newKey, `random-${i}`))
    endpoint.behave({ keys: [newKey.jwk, oldKey.jwk] })
    const results = await sendMany(40, 120, (i) =>
      i % 6 === 0 ? send(newKey) : send(newKey, `random-${i}`),
    )
    const valid = results.filter((_, i) => i % 6 === 0)
    expect(valid).toHaveLength(800)
    expect(countLost(valid)).toBeLessThanOrEqual(80)
    expect(countValues(valid.map(getStatus))[401]).toBeUndefined()
  })

  it('authorize() grants tokens of a new key within four seconds, even after one hour of forged tokens with the kid of this key', async () => {
    const { endpoint, send, server, sendMany } = serveTraffic(OLD)
    await server.ready()
    await sendMany(3600, 1, () => send(oldKey, 'new'))
    endpoint.behave({ keys: [newKey.jwk, oldKey.jwk] })
    const results = await sendMany(10, 20, () => send(newKey))
    expect(countLost(results)).toBeLessThanOrEqual(80)
    expect(countValues(results.map(getStatus))[401]).toBeUndefined()
  })

  it('valid tokens never get invalid_signature during five rotations in 1.5 seconds, and are granted after the rotations', async () => {
    const { clock, endpoint, send, server } = serveTraffic(OLD)
    await server.ready()
    const results: Result[] = []
    const keys = Array.from({ length: 5 }, (_, i) => generateKey('ES256', `rotated-${i}`))
    for (const key of keys) {
      endpoint.behave({ keys: [key.jwk, oldKey.jwk] })
      for (let i = 0; i < 30; i++) {
        results.push(send(key), send())
        await clock.pass(0.01)
      }
    }
    for (let i = 0; i < 50; i++) {
      results.push(send(keys.at(-1)), send())
      await clock.pass(0.1)
    }
    const { granted, ...others } = countValues(results.map(getReason))
    expect(granted).toBeGreaterThan(250)
    // A token can get 401 unknown_key, because its key can be removed before the keys are fetched.
    expect(others).not.toHaveProperty('undefined')
    expect(others).not.toHaveProperty(['401 invalid_signature'])
    const last = results.slice(-20)
    expect(countLost(last)).toBe(0)
  })

  it('keys stay fresh beyond jwksMaxAge while tokens with random kids are sent, and valid requests do not wait', async () => {
    const { clock, send, server, sendMany } = serveTraffic(OLD)
    await server.ready()
    await clock.pass(440)
    const results = await sendMany(170, 21, (i) =>
      i % 7 < 2 ? send() : send(newKey, `random-${i}`),
    )
    const valid = results.filter((_, i) => i % 7 < 2)
    expect(countLost(valid)).toBe(0)
    expect(getLongestWait(valid)).toBe(0)
    expect(server.status().issuers[0]!.keys.state).toBe('fresh')
  })

  it('at most 4 requests with one kid and 256 in total wait for the next fetch, for at most one second', async () => {
    const { clock, send, server } = serveTraffic(OLD)
    await server.ready()
    send(newKey, 'first')
    await clock.pass(2)
    const early = send(newKey, 'early')
    expect(getReason(early)).toBe('503 keys_refresh_pending')
    expect(early.outcome).toMatchObject({ headers: { 'Retry-After': '2' } })
    await clock.pass(0.6)
    const same = Array.from({ length: 6 }, () => send(newKey, 'same'))
    const others = Array.from({ length: 300 }, (_, i) => send(newKey, `other-${i}`))
    await settled()
    expect(countValues(same.map(getReason))).toEqual({
      undefined: 4,
      '503 keys_refresh_pending': 2,
    })
    expect(countValues(others.map(getReason))).toEqual({
      undefined: 252,
      '503 keys_refresh_pending': 48,
    })
    await clock.pass(0.9)
    expect(countValues([...same, ...others].map(getReason))).toEqual({
      '401 unknown_key': 256,
      '503 keys_refresh_pending': 50,
    })
    expect(getLongestWait([...same, ...others])).toBeCloseTo(900, 3)
  })

  it('a request with an unknown key in the pause between fetches starts a fetch at the end of the pause', async () => {
    const { clock, endpoint, send, server } = serveTraffic(OLD)
    await server.ready()
    send(newKey, 'unknown')
    await clock.pass(0.1)
    endpoint.behave({ keys: [newKey.jwk] })
    endpoint.takeRequests()
    expect(getReason(send(newKey))).toBe('503 keys_refresh_pending')
    await clock.pass(3.4)
    expect(endpoint.takeRequests()).toEqual(['/jwks'])
    expect(send(newKey)).toMatchObject({ waited: 0, outcome: { kind: 'granted' } })
  })

  it('authorize() returns 401 for an unknown key after a fetch that the request started, and 503 if this fetch failed', async () => {
    const { clock, endpoint, send, server } = serveTraffic(OLD)
    await server.ready()
    const known = send(newKey, 'another')
    await settled()
    expect(getStatus(known)).toBe(401)

    endpoint.behave('refuse')
    await clock.pass(20)
    const results = Array.from({ length: 4 }, (_, i) => send(newKey, `late-${i}`))
    await settled()
    expect(new Set(results.map(getReason))).toEqual(new Set(['503 keys_unavailable']))
    expect(results[3]!.outcome).toMatchObject({
      headers: { 'Retry-After': expect.stringMatching(/^[1-4]$/) },
    })
  })

  it('at most 4096 requests with unknown keys wait for a running fetch, and further requests get 503', async () => {
    const { clock, endpoint, send, server } = serveTraffic(OLD)
    await server.ready()
    await clock.pass(60)
    endpoint.behave('hang')
    const results = Array.from({ length: 5000 }, (_, i) => send(newKey, `random-${i}`))
    await settled()
    expect(countValues(results.map(getReason))).toEqual({
      undefined: 4096,
      '503 keys_refresh_pending': 904,
    })
    expect(send()).toMatchObject({ waited: 0, outcome: { kind: 'granted' } })
    await clock.pass(3)
    expect(countValues(results.map(getReason))).toEqual({
      '503 keys_unavailable': 4096,
      '503 keys_refresh_pending': 904,
    })
  })

  it('authorize() returns 503 if onEvent closes the resource server when an unknown key triggers a fetch', async () => {
    const { send, server, events } = serveTraffic(OLD)
    await server.ready()
    const push = events.push.bind(events)
    events.push = (event) => {
      if (event.type === 'keys_refresh_triggered') server.close()
      return push(event)
    }
    const result = send(newKey)
    await settled()
    expect(getReason(result)).toBe('503 keys_unavailable')
  })

  it('authorize() returns 503 to a request that waits for the next fetch of keys when the resource server is closed', async () => {
    const { clock, send, server } = serveTraffic(OLD)
    await server.ready()
    send(newKey, 'unknown')
    await settled()
    await clock.pass(3)
    const waiting = send(newKey)
    expect(waiting.outcome).toBeUndefined()
    server.close()
    await settled()
    expect(getReason(waiting)).toBe('503 keys_unavailable')
  })
})

describe('the unverified claims of a token with an unknown key', () => {
  /** Seconds: the sum of the default `clockTolerance` and the time by which an issuer may backdate tokens. */
  const TOLERANCE = 5 + 300

  /**
   * Sends a token in the pause after a second fetch, and returns the status and the reason. The first fetch is 60 seconds
   * earlier. The response of the second fetch has this `Age`.
   */
  async function getResult(
    claims: (now: number) => Record<string, unknown>,
    age: string | undefined,
  ) {
    const { clock, endpoint, server, issuer, send } = serveTraffic(OLD)
    await server.ready()
    await clock.pass(60)
    endpoint.behave({ ...OLD, age })
    send(newKey, 'unknown')
    await settled()
    const token = issuer.token({ key: newKey, claims: claims(clock.seconds()) })
    return getReason({ outcome: await server.authorize(requestWith(token)) })
  }

  it.each<readonly [401 | 503, number, string | undefined]>([
    [401, 60 + TOLERANCE, '60'],
    [503, 59 + TOLERANCE, '60'],
    [503, 30, '60'],
    [401, TOLERANCE + 20, '20'],
    [503, TOLERANCE + 19, '20'],
    [401, TOLERANCE, undefined],
    [503, TOLERANCE - 1, undefined],
    [401, TOLERANCE, '0'],
    [401, TOLERANCE, 'soon'],
    [401, TOLERANCE + 20, '10, 20'],
    [503, TOLERANCE + 19, '10, 20'],
    [503, TOLERANCE + 19, '20.0'],
    [503, TOLERANCE, '1'],
    [503, 1e6, '9'.repeat(400)],
  ])(
    'authorize() returns %s for an unknown key if the token is %s s old and the JWKS response had Age %s',
    async (status, old, age) => {
      const exp = 3e9
      const result = await getResult((now) => ({ iat: now - old, exp }), age)
      expect(result).toBe(status === 401 ? '401 unknown_key' : '503 keys_refresh_pending')
    },
  )

  it.each<readonly [string, unknown]>([
    ['is missing', undefined],
    ['has a fraction', 1_700_000_000.5],
  ])('authorize() returns 503 for an unknown key if the iat of the token %s', async (_, iat) => {
    expect(await getResult(() => ({ iat }), '60')).toBe('503 keys_refresh_pending')
  })

  it.each<readonly [string, (now: number) => Record<string, unknown>]>([
    ['if it is expired', (now) => ({ exp: now - 60, iat: now })],
    ['if it is for another API', () => ({ aud: 'https://other.example.com' })],
    ['if iat is in the future', (now) => ({ iat: now + 60 })],
    ['if iat is a string', () => ({ iat: '1' })],
    ['if exp is missing', () => ({ exp: undefined })],
  ])(
    'a token with an unknown key or a wrong signature causes no fetch of keys %s',
    async (_, claims) => {
      const { clock, endpoint, server, issuer } = serveTraffic(OLD)
      await server.ready()
      endpoint.takeRequests()
      const token = issuer.token({ key: newKey, claims: claims(clock.seconds()) })
      expect(server.authorize(requestWith(token))).toMatchObject({ reason: 'unknown_key' })
      const forged = issuer.token({
        key: newKey,
        header: { kid: 'old' },
        claims: claims(clock.seconds()),
      })
      expect(server.authorize(requestWith(forged))).toMatchObject({ reason: 'invalid_signature' })
      expect(endpoint.takeRequests()).toEqual([])
    },
  )

  it.each([
    ['that are backdated by 300 seconds, like tokens of Entra,', 300, 0],
    ['of an issuer with a slow clock', 30, 0],
    ['whose key is published late', 10, 9],
  ])(
    'valid tokens %s never get 401, and are granted if they are sent at least three seconds after their key is published',
    async (_, old, late) => {
      const { clock, endpoint, server, issuer, send } = serveTraffic(OLD)
      await server.ready()
      await clock.pass(1)
      const sendBackdated = async () => {
        const claims = { iat: Math.floor(clock.seconds()) - old, exp: 3e9 }
        const outcome = server.authorize(requestWith(issuer.token({ key: newKey, claims })))
        return getReason({ outcome: await outcome })
      }
      // Another token triggers a fetch before the key is published.
      send(newKey, 'unknown')
      await settled()
      await clock.pass(late)
      endpoint.behave({ keys: [newKey.jwk, oldKey.jwk] })
      const results: Promise<string | undefined>[] = []
      for (let second = 0; second < 10; second++) {
        results.push(sendBackdated())
        await clock.pass(1)
      }
      const expected = late === 0 ? '503 keys_refresh_pending' : 'granted'
      expect(await Promise.all(results)).toEqual([
        ...Array<string>(3).fill(expected),
        ...Array<string>(7).fill('granted'),
      ])
    },
  )

  it('authorize() grants a token that was issued long ago if its key is not cached but can be fetched', async () => {
    const { clock, endpoint, server, issuer } = serveTraffic(OLD)
    await server.ready()
    await clock.pass(60)
    endpoint.behave({ keys: [newKey.jwk, oldKey.jwk] })
    const token = issuer.token({ key: newKey, claims: { iat: 1, exp: 3e9 } })
    expect(await server.authorize(requestWith(token))).toMatchObject({ kind: 'granted' })
  })

  it('authorize() returns 401 for an old token with an unknown key, and 503 for a new token, if keys cannot be fetched', async () => {
    const { clock, endpoint, server, issuer } = serveTraffic(OLD)
    await server.ready()
    endpoint.behave('refuse')
    await clock.pass(60)
    const sendWithAge = async (age: number) => {
      const claims = { iat: clock.seconds() - age, exp: 3e9 }
      const outcome = server.authorize(requestWith(issuer.token({ key: newKey, claims })))
      return getReason({ outcome: await outcome })
    }
    expect(await sendWithAge(60 + TOLERANCE)).toBe('401 unknown_key')
    expect(await sendWithAge(0)).toBe('503 keys_unavailable')
    server.close()
    expect(await sendWithAge(60 + TOLERANCE)).toBe('401 unknown_key')
    expect(await sendWithAge(0)).toBe('503 keys_unavailable')
  })

  it('authorize() returns 503 for a new token with an unknown key if the wall clock was set back after the fetch of keys', async () => {
    const { clock, server, issuer, send } = serveTraffic(OLD)
    await server.ready()
    send(newKey, 'unknown')
    await settled()
    clock.jump(-3600)
    const token = issuer.token({ key: newKey, claims: { iat: clock.seconds() - 1 } })
    const result = await server.authorize(requestWith(token))
    expect(getReason({ outcome: result })).toBe('503 keys_refresh_pending')
  })
})

describe('changed keys', () => {
  it('authorize() refuses a token of a removed key after the next successful refresh of keys', async () => {
    const { clock, endpoint, server, send, events } = serveTraffic({
      keys: [oldKey.jwk, newKey.jwk],
    })
    await server.ready()
    endpoint.behave(NEW)
    await clock.pass(600)
    expect(events.filter((event) => event.type === 'keys_refreshed')).toHaveLength(2)
    const removed = send(oldKey)
    await settled()
    expect(getStatus(removed)).toBe(401)
  })

  it('authorize() grants a token of a new key with the kid of a removed key, and returns 401 for a token of the removed key', async () => {
    const { clock, endpoint, server, send } = serveTraffic(OLD)
    await server.ready()
    await clock.pass(60)
    const replaced = generateKey('ES256', 'old')
    endpoint.behave({ keys: [replaced.jwk] })
    const result = send(replaced)
    await settled()
    expect(getStatus(result)).toBe('granted')
    await clock.pass(3.5)
    const before = send(oldKey)
    await settled()
    expect(getStatus(before)).toBe(401)
  })

  it('authorize() grants tokens of new keys within four seconds if the authorization server restarts twice and reuses the kid', async () => {
    const { endpoint, server, send, sendMany } = serveTraffic(OLD)
    await server.ready()
    const results: Result[] = []
    for (const seconds of [1, 9]) {
      const replaced = generateKey('ES256', 'old')
      endpoint.behave({ keys: [replaced.jwk] })
      results.push(...(await sendMany(seconds, 20, () => send(replaced))))
    }
    expect(countValues(results.map(getReason))).toEqual({
      granted: expect.any(Number),
      '503 keys_refresh_pending': expect.any(Number),
    })
    expect(countLost(results)).toBeLessThanOrEqual(80)
    expect(countLost(results.slice(100))).toBe(0)
  })

  it('authorize() grants a token of a new key if a key for encryption has the same kid', async () => {
    const { endpoint, server, send } = serveTraffic({
      keys: [oldKey.jwk, { ...generateKey('ES256', 'new').jwk, use: 'enc' }],
    })
    await server.ready()
    endpoint.behave(NEW)
    const result = send(newKey)
    await settled()
    expect(getStatus(result)).toBe('granted')
  })

  it('authorize() grants a token of a new key if the removed key had the same kid and another type', async () => {
    const { endpoint, server, send } = serveTraffic(OLD)
    await server.ready()
    const replaced = generateKey('RS256', 'old')
    endpoint.behave({ keys: [replaced.jwk] })
    const result = send(replaced)
    await settled()
    expect(getStatus(result)).toBe('granted')
  })

  it('forged tokens with a known kid cause a fetch of keys at most every 3.5 seconds', async () => {
    const { clock, endpoint, server, send, sendMany } = serveTraffic(OLD)
    await server.ready()
    await clock.pass(60)
    endpoint.takeRequests()
    const forged = await sendMany(29, 20, () => send(newKey, 'old'))
    expect(endpoint.takeRequests()).toHaveLength(9)
    await clock.pass(1)
    expect(new Set(forged.map(getReason))).toEqual(
      new Set(['401 invalid_signature', '503 keys_refresh_pending']),
    )
  })

  it('a token of a distrusted key triggers no fetch, and a token of a new key with the same kid is granted', async () => {
    const { endpoint, server, send } = serveTraffic(OLD)
    await server.ready()
    server.distrustKey({ issuer: ISSUER, thumbprint: await toThumbprint(oldKey.jwk) })
    endpoint.takeRequests()
    const stolen = send(oldKey)
    expect(stolen.outcome).toMatchObject({
      reason: 'unknown_key',
      explanation: { found: 'a distrusted key' },
    })
    expect(endpoint.takeRequests()).toEqual([])
    const replaced = generateKey('ES256', 'old')
    endpoint.behave({ keys: [replaced.jwk] })
    const result = send(replaced)
    await settled()
    expect(getStatus(result)).toBe('granted')
  })

  it("authorize() refuses a token whose key was distrusted before the first fetch: the reason is unknown_key, and found is 'a distrusted key'", async () => {
    const { send, server } = serveTraffic(OLD)
    server.distrustKey({ issuer: ISSUER, thumbprint: await toThumbprint(oldKey.jwk) })
    const result = send(oldKey)
    await settled()
    expect(result.outcome).toMatchObject({
      reason: 'unknown_key',
      explanation: { found: 'a distrusted key' },
    })
  })

  it('authorize() refuses tokens of a distrusted key immediately and after failed refreshes, and key_distrusted is published', async () => {
    const { clock, endpoint, server, send, events } = serveTraffic({
      keys: [oldKey.jwk, newKey.jwk],
    })
    await server.ready()
    const thumbprint = await toThumbprint(oldKey.jwk)
    server.distrustKey({ issuer: ISSUER, thumbprint })
    const results = [send(oldKey), send(newKey)]
    endpoint.behave('refuse')
    await clock.pass(700)
    results.push(send(oldKey))
    expect(results.map(getStatus)).toEqual([401, 'granted', 401])
    expect(events).toContainEqual({ type: 'key_distrusted', issuer: ISSUER, thumbprint })
  })

  it('distrustKey() throws for an issuer that is not configured and for a malformed thumbprint', async () => {
    const { server } = serveTraffic(OLD)
    const thumbprint = await toThumbprint(oldKey.jwk)
    expect(() => server.distrustKey({ issuer: 'https://other.example.com', thumbprint })).toThrow(
      'configured issuer',
    )
    expect(() => server.distrustKey({ issuer: ISSUER, thumbprint: 'old' })).toThrow('thumbprint')
  })
})

async function toThumbprint(jwk: Record<string, unknown>): Promise<string> {
  const { calculateJwkThumbprint } = await import('jose')
  return calculateJwkThumbprint(jwk)
}

describe('tokens without a kid', () => {
  it('authorize() grants a token without kid after a refresh has reduced the matching keys from five to four', async () => {
    const keys = Array.from({ length: 5 }, () => ({ ...generateKey('ES256').jwk, kid: undefined }))
    const ours = { ...newKey.jwk, kid: undefined }
    const { endpoint, send, server } = serveTraffic({ keys: [...keys.slice(1), ours] })
    await server.ready()
    endpoint.behave({ keys: [...keys.slice(2), ours] })
    const result = send(newKey, undefined)
    await settled()
    expect(getStatus(result)).toBe('granted')
  })

  const withoutKid = (key: TestKey) => ({ ...key, jwk: { ...key.jwk, kid: undefined } })
  const [before, after] = [withoutKid(oldKey), withoutKid(newKey)]

  it('authorize() grants a token without kid that a new key has signed, after forged tokens, and returns 503 if keys cannot be fetched', async () => {
    const { clock, endpoint, send, server, sendMany } = serveTraffic({ keys: [before.jwk] })
    await server.ready()
    await clock.pass(60)
    const forged = await sendMany(1, 10, () => send(generateKey('ES256'), undefined))
    expect(new Set(forged.map(getReason))).toEqual(
      new Set(['401 invalid_signature', '503 keys_refresh_pending']),
    )
    endpoint.behave({ keys: [after.jwk] })
    await clock.pass(5)
    const rotated = send(after, undefined)
    await settled()
    expect(getStatus(rotated)).toBe('granted')
    endpoint.behave('refuse')
    await clock.pass(20)
    const unknown = send(before, undefined)
    await settled()
    expect(getStatus(unknown)).toBe(503)
  })
})
