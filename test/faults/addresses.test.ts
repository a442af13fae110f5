import { createResourceServer } from '@bearward/core'
import { describe, expect, it } from 'vitest'
import { fakeClock } from '../support/fake-clock.ts'
import type { Fault } from '../support/faulty-server.ts'
import { AUDIENCE, createTestIssuer } from '../support/issuer.ts'
import { requestWith } from '../support/requests.ts'
import { createScene, KEYS, oldKey, OPENID, type Scene } from './scene.ts'
import { certificates } from './tls.ts'

/** A name that no resolver knows (RFC 6761 section 6.4). */
const NOWHERE = 'https://keys.invalid/jwks'

/** Metadata that is good, but for the keys sends one to nowhere. */
const ASTRAY: Fault = {
  answer({ response, document }) {
    const metadata = { ...(JSON.parse(document) as object), jwks_uri: NOWHERE }
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(metadata))
  },
}

/** Does not wait for a resolver that takes its time: then the time for the attempt is up. */
async function impatiently<T>(clock: Scene['clock'], work: Promise<T>): Promise<T> {
  const patience = setTimeout(() => void clock.pass(3), 2000)
  return work.finally(() => clearTimeout(patience))
}

const UNRESOLVED = expect.stringMatching(/^(?:unreachable|timeout)$/)

describe('a name that cannot be resolved', { timeout: 30_000 }, () => {
  it('of the issuer, is no fault of the caller', async () => {
    const clock = fakeClock()
    const failures: string[] = []
    const issuer = 'https://as.invalid'
    const server = createResourceServer({
      issuer,
      audience: AUDIENCE,
      clock,
      onEvent: (event) => event.type === 'keys_failed' && failures.push(event.failure),
    })
    const token = createTestIssuer({ issuer, now: clock.seconds }).token()
    const outcome = server.authenticate(requestWith(token))
    expect(await impatiently(clock, Promise.resolve(outcome))).toMatchObject({
      kind: 'refused',
      status: 503,
      headers: { 'Retry-After': '1' },
    })
    expect(failures).toEqual([UNRESOLVED])
    server.close()
  })

  it('of the keys, is no fault of the caller, and forgotten when the metadata is mended', async () => {
    const scene = await createScene()
    await scene.spoil('metadata', ASTRAY)
    const answer = scene.send(oldKey)
    await impatiently(scene.clock, scene.attemptEnds())
    expect(answer).toMatchObject({ status: 503, retryAfter: '1' })
    expect(scene.asked).toEqual([OPENID])
    expect(scene.events).toMatchObject([{ type: 'keys_failed', failure: UNRESOLVED }])

    await scene.mend()
    // Metadata is asked for again after five minutes; a pause between attempts is 72 seconds at most.
    await impatiently(scene.clock, scene.pass(375, scene.isGood))
    expect(scene.send(oldKey)).toMatchObject({ status: 'granted', waited: 0 })
  })

  it('of the keys, leaves those that are known in use', async () => {
    const scene = await createScene()
    await scene.server.ready()
    await scene.clock.pass(449)
    await scene.spoil('metadata', ASTRAY)
    scene.events.length = 0
    const nextAttempt = async () => {
      const before = scene.attempts()
      while (scene.attempts() === before) await scene.clock.pass(1)
      await impatiently(scene.clock, scene.attemptEnds())
    }
    // The first one asks where the keys were, and learns beside it where they shall be now.
    await nextAttempt()
    expect(scene.events.map(({ type }) => type).sort()).toEqual(['keys_moved', 'keys_refreshed'])
    expect(scene.events).toContainEqual(expect.objectContaining({ to: NOWHERE }))
    scene.events.length = 0
    await nextAttempt()
    expect(scene.send(oldKey)).toMatchObject({ status: 'granted', waited: 0 })
    expect(scene.events[0]).toMatchObject({ type: 'keys_failed', failure: UNRESOLVED })
    expect(scene.asked.filter((path) => path === KEYS)).toHaveLength(2)

    await scene.mend()
    // The metadata is asked for again after five minutes, beside an attempt. The next one goes there.
    await impatiently(scene.clock, scene.pass(450, scene.isGood))
    expect(scene.isGood()).toBe(true)
  })
})

describe('a certificate that nobody vouches for', { timeout: 30_000 }, () => {
  it('is refused by the global fetch, before a request is sent', async () => {
    const { fetch } = globalThis
    const scene = await createScene({ tls: { certificate: certificates.good, fetch } })
    const answer = scene.send(oldKey)
    await scene.attemptEnds()
    expect(answer).toMatchObject({ status: 503, retryAfter: '1' })
    expect(scene.asked).toEqual([])
    expect(scene.events).toMatchObject([{ type: 'keys_failed', failure: 'unreachable' }])
  })
})
