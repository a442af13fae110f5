import { describe, expect, it } from 'vitest'
import { fakeClock, settled } from '../../../../test/support/fake-clock.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../../test/support/issuer.ts'
import { generateKey, type TestKey } from '../../../../test/support/keys.ts'
import { requestWith } from '../../../../test/support/requests.ts'
import { type Behavior, scriptedEndpoint } from '../../../../test/support/scripted-endpoint.ts'
import { type BearwardEvent, createResourceServer, type Outcome } from '../../src/index.ts'

const [oldKey, newKey] = [generateKey('ES256', 'old'), generateKey('ES256', 'new')]
const OLD = { keys: [oldKey.jwk] }
const NEW = { keys: [newKey.jwk, oldKey.jwk] }

/** Creates a resource server with one dynamic issuer, whose keys are fetched only when its tokens arrive. */
function serveOnRequest(first: Behavior = OLD, options: Record<string, unknown> = {}) {
  const clock = fakeClock()
  const endpoint = scriptedEndpoint(first)
  const events: BearwardEvent[] = []
  const issuer = createTestIssuer({ now: clock.seconds })
  const server = createResourceServer({
    issuers: {
      match: (iss) => iss === ISSUER,
      resolve: (iss) => ({ issuer: iss, audience: AUDIENCE, jwksUri: `${ISSUER}/jwks` }),
      ttl: 86_400,
    },
    fetch: endpoint.fetch,
    clock,
    onEvent: (event) => events.push(event),
    tokenCache: false,
    ...options,
  })
  let sent = 0
  /** Sends a token, and returns a list. The list contains the outcome, or is empty while the request waits. */
  function send(key: TestKey = oldKey): string[] {
    const result: string[] = []
    const finish = (outcome: Outcome) =>
      void result.push(
        outcome.kind === 'refused' ? `${outcome.status} ${outcome.reason}` : outcome.kind,
      )
    const outcome = server.authorize(
      requestWith(issuer.token({ key, claims: { jti: `t${sent++}` } })),
    )
    if (outcome instanceof Promise) void outcome.then(finish)
    else finish(outcome)
    return result
  }
  /** Sends a token, and waits until all promises have settled. */
  async function getOutcome(key?: TestKey): Promise<string | undefined> {
    const result = send(key)
    await settled()
    return result[0]
  }
  const takeTypes = () => events.splice(0).map(({ type }) => type)
  return { clock, endpoint, events, send, getOutcome, takeTypes }
}

describe('keys that are fetched only when tokens arrive', () => {
  it('the first token waits for the keys, and no timer is set afterwards', async () => {
    const { clock, endpoint, getOutcome } = serveOnRequest()
    expect(endpoint.takeRequests()).toEqual([])
    expect(await getOutcome()).toBe('granted')
    expect(endpoint.takeRequests()).toEqual(['/jwks'])
    expect(clock.pending()).toBe(0)
  })

  it('an issuer that is not used causes no call and no event', async () => {
    const { clock, endpoint, getOutcome, events } = serveOnRequest()
    await getOutcome()
    endpoint.takeRequests()
    events.length = 0
    await clock.pass(86_000)
    expect([endpoint.takeRequests(), events, clock.pending()]).toEqual([[], [], 0])
  })

  it('the next token after 85 percent of jwksMaxAge starts a fetch, and no token waits for it', async () => {
    const { clock, endpoint, send, getOutcome } = serveOnRequest()
    await getOutcome()
    endpoint.takeRequests()
    // The time has a jitter: from 75 to 85 percent of the maximum age.
    await clock.pass(449)
    expect(await getOutcome()).toBe('granted')
    expect(endpoint.takeRequests()).toEqual([])
    await clock.pass(62)
    endpoint.behave('hang')
    for (let i = 0; i < 5; i++) expect(send()).toEqual(['granted'])
    await settled()
    expect(endpoint.takeRequests()).toEqual(['/jwks'])
    await clock.pass(60)
    expect(clock.pending()).toBe(0)
  })

  it('new keys are used after a fetch that a token started', async () => {
    const { clock, endpoint, getOutcome } = serveOnRequest()
    await getOutcome()
    endpoint.behave({ keys: [newKey.jwk] })
    await clock.pass(590)
    expect(await getOutcome()).toBe('granted')
    expect(await getOutcome(newKey)).toBe('granted')
    expect(await getOutcome()).not.toBe('granted')
  })

  it('a token waits until the fetch of new keys has ended, and is verified with the stale keys if the fetch fails', async () => {
    const { clock, endpoint, send, getOutcome } = serveOnRequest()
    await getOutcome()
    endpoint.behave('hang')
    await clock.pass(601)
    const first = send()
    await clock.pass(0.2)
    const second = send()
    expect([first, second]).toEqual([[], []])
    await clock.pass(2.7)
    expect([first, second]).toEqual([[], []])
    await clock.pass(0.1)
    expect([first, second]).toEqual([['granted'], ['granted']])
    expect(send()).toEqual(['granted'])
    await clock.pass(60)
    expect(clock.pending()).toBe(0)
  })

  it('a token that arrives when the keys are stale is verified with new keys if the fetch succeeds in time', async () => {
    const { clock, endpoint, getOutcome } = serveOnRequest()
    await getOutcome()
    endpoint.behave({ keys: [newKey.jwk] })
    await clock.pass(3600)
    expect(await getOutcome(newKey)).toBe('granted')
    expect(await getOutcome()).not.toBe('granted')
    expect(endpoint.takeRequests().length).toBeLessThanOrEqual(3)
  })

  it('keys_stale is published once when stale keys are used, and once more if newly fetched keys become stale', async () => {
    const { clock, endpoint, getOutcome, takeTypes, events } = serveOnRequest()
    await getOutcome()
    endpoint.behave('refuse')
    await clock.pass(700)
    expect(takeTypes()).not.toContain('keys_stale')
    for (let i = 0; i < 5; i++) {
      expect(await getOutcome()).toBe('granted')
      await clock.pass(1)
    }
    expect(events.filter(({ type }) => type === 'keys_stale')).toEqual([
      { type: 'keys_stale', issuer: ISSUER, usableFor: 86_400 - 700 },
    ])
    expect(events.filter(({ type }) => type === 'verified').at(-1)).toMatchObject({ keys: 'stale' })
    takeTypes()
    endpoint.behave(OLD)
    await clock.pass(60)
    await getOutcome()
    await getOutcome()
    expect(takeTypes()).toContain('keys_recovered')
    endpoint.behave('refuse')
    await clock.pass(700)
    await getOutcome()
    expect(takeTypes()).toContain('keys_stale')
  })

  it('keys are not used after jwksStaleIfError', async () => {
    const { clock, endpoint, getOutcome } = serveOnRequest(OLD, {
      jwksMaxAge: 60,
      jwksStaleIfError: 120,
    })
    await getOutcome()
    endpoint.behave('refuse')
    await clock.pass(119.9)
    expect(await getOutcome()).toBe('granted')
    await clock.pass(0.1)
    expect(await getOutcome()).toBe('503 keys_unavailable')
  })

  it('a token with an unknown kid waits for one fetch, and tokens with unknown kids immediately afterwards cause no fetch', async () => {
    const { clock, endpoint, getOutcome, send, takeTypes } = serveOnRequest()
    await getOutcome()
    await clock.pass(60)
    endpoint.takeRequests()
    takeTypes()
    endpoint.behave(NEW)
    expect(await getOutcome(newKey)).toBe('granted')
    expect(endpoint.takeRequests()).toEqual(['/jwks'])
    expect(takeTypes()).toEqual(['keys_refresh_triggered', 'keys_refreshed', 'verified'])
    const unknown = generateKey('ES256', 'unknown')
    for (let i = 0; i < 20; i++) {
      send(unknown)
      await settled()
    }
    expect(endpoint.takeRequests()).toEqual([])
  })

  it('a token with an unknown kid that arrives in the pause after a fetch waits until the pause ends, and is then verified', async () => {
    const { clock, endpoint, getOutcome, send } = serveOnRequest()
    await getOutcome()
    const unknown = generateKey('ES256', 'unknown')
    await clock.pass(60)
    await getOutcome(unknown)
    endpoint.takeRequests()
    await clock.pass(3)
    endpoint.behave(NEW)
    const waiting = send(newKey)
    await settled()
    expect(waiting).toEqual([])
    await clock.pass(0.5)
    expect(waiting).toEqual(['granted'])
    expect(endpoint.takeRequests()).toEqual(['/jwks'])
  })

  it('a token that has waited for the end of a pause leaves no timer, and causes no fetch later', async () => {
    const { clock, endpoint, getOutcome, send } = serveOnRequest()
    await getOutcome()
    await clock.pass(60)
    await getOutcome(generateKey('ES256', 'unknown'))
    await clock.pass(3)
    endpoint.behave(NEW)
    const waiting = send(newKey)
    await clock.pass(1)
    expect(waiting).toEqual(['granted'])
    endpoint.takeRequests()
    await clock.pass(3600)
    expect([clock.pending(), endpoint.takeRequests()]).toEqual([0, []])
  })

  it('a fetch that failed is repeated only when tokens arrive, after pauses of 2, 4 and 8 seconds with a jitter', async () => {
    const { clock, endpoint, getOutcome } = serveOnRequest()
    await getOutcome()
    endpoint.behave('refuse')
    await clock.pass(590)
    endpoint.takeRequests()
    await getOutcome()
    expect(endpoint.takeRequests()).toHaveLength(1)
    for (const pause of [2, 4, 8]) {
      await clock.pass(pause * 0.79)
      await getOutcome()
      expect(endpoint.takeRequests(), `pause ${pause}`).toEqual([])
      await clock.pass(pause * 0.42)
      expect(endpoint.takeRequests(), `pause ${pause}`).toEqual([])
      expect(await getOutcome()).toBe('granted')
      expect(endpoint.takeRequests(), `pause ${pause}`).toHaveLength(1)
    }
    expect(clock.pending()).toBe(0)
  })

  it('tokens get 503 while the first keys cannot be fetched, and cause at most one call in 0.8 seconds', async () => {
    const { clock, endpoint, getOutcome } = serveOnRequest('refuse')
    expect(await getOutcome()).toBe('503 keys_unavailable')
    endpoint.takeRequests()
    for (let i = 0; i < 40; i++) {
      expect(await getOutcome()).toBe('503 keys_unavailable')
      await clock.pass(0.1)
    }
    expect(endpoint.takeRequests().length).toBeLessThanOrEqual(5)
    expect(clock.pending()).toBe(0)
    endpoint.behave(OLD)
    await clock.pass(1)
    // This token starts a fetch, and does not wait for the result.
    await getOutcome()
    expect(await getOutcome()).toBe('granted')
  })

  // A weakness: this token waits for a fetch. With timers, the keys would already be cached.
  it('the first token after an outage that ended long ago waits for a fetch of the keys, and is granted', async () => {
    const { clock, endpoint, getOutcome } = serveOnRequest('refuse')
    expect(await getOutcome()).toBe('503 keys_unavailable')
    endpoint.behave(OLD)
    await clock.pass(3600)
    expect(await getOutcome()).toBe('granted')
  })

  it('tokens start no fetch during the pause of Retry-After, which lasts at most 10 seconds', async () => {
    const { clock, endpoint, getOutcome } = serveOnRequest({ retryAfter: '60' })
    await getOutcome()
    endpoint.takeRequests()
    for (let i = 0; i < 9; i++) {
      await getOutcome()
      await clock.pass(1)
    }
    expect(endpoint.takeRequests()).toEqual([])
    endpoint.behave(OLD)
    await clock.pass(2)
    await getOutcome()
    expect(endpoint.takeRequests()).toEqual(['/jwks'])
    expect(await getOutcome()).toBe('granted')
  })

  it('a cached token starts the fetch that is due, even if another key was distrusted', async () => {
    const clock = fakeClock()
    const endpoint = scriptedEndpoint(OLD)
    const issuer = createTestIssuer({ now: clock.seconds, lifetime: 9999 })
    const server = createResourceServer({
      issuers: {
        match: (iss) => iss === ISSUER,
        resolve: (iss) => ({ issuer: iss, audience: AUDIENCE, jwksUri: `${ISSUER}/jwks` }),
        ttl: 86_400,
      },
      fetch: endpoint.fetch,
      clock,
    })
    const token = issuer.token({ key: oldKey })
    server.distrustKey({
      issuer: ISSUER,
      thumbprint: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
    })
    for (let i = 0; i < 3; i++)
      expect(await server.authorize(requestWith(token))).toMatchObject({ kind: 'granted' })
    endpoint.takeRequests()
    await clock.pass(590)
    expect(await server.authorize(requestWith(token))).toMatchObject({ kind: 'granted' })
    await settled()
    expect(endpoint.takeRequests()).toEqual(['/jwks'])
  })

  it('the next token after a short max-age of Cache-Control starts a refresh of the keys', async () => {
    const { clock, endpoint, getOutcome } = serveOnRequest({ ...OLD, cacheControl: 'max-age=60' })
    await getOutcome()
    endpoint.takeRequests()
    await clock.pass(44)
    await getOutcome()
    expect(endpoint.takeRequests()).toEqual([])
    await clock.pass(8)
    await getOutcome()
    expect(endpoint.takeRequests()).toEqual(['/jwks'])
  })
})
