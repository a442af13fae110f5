import { createResourceServer } from '@bearward/core'
import { describe, expect, it } from 'vitest'
import { fakeClock } from '../support/fake-clock.ts'
import type { Fault } from '../support/faulty-server.ts'
import { AUDIENCE, createTestIssuer } from '../support/issuer.ts'
import { requestWith } from '../support/requests.ts'
import { createSetup, KEYS, oldKey, OPENID, type Setup } from './setup.ts'
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
async function impatiently<T>(clock: Setup['clock'], work: Promise<T>): Promise<T> {
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
    const outcome = server.authorize(requestWith(token))
    expect(await impatiently(clock, Promise.resolve(outcome))).toMatchObject({
      kind: 'refused',
      status: 503,
      headers: { 'Retry-After': '1' },
    })
    expect(failures).toEqual([UNRESOLVED])
    server.close()
  })

  it('of the keys, is no fault of the caller, and forgotten when the metadata is mended', async () => {
    const setup = await createSetup()
    await setup.spoil('metadata', ASTRAY)
    const answer = setup.send(oldKey)
    await impatiently(setup.clock, setup.attemptEnds())
    expect(answer).toMatchObject({ status: 503, retryAfter: '1' })
    expect(setup.asked).toEqual([OPENID])
    expect(setup.events).toMatchObject([{ type: 'keys_failed', failure: UNRESOLVED }])

    await setup.mend()
    // Metadata is asked for again after five minutes; a pause between attempts is 72 seconds at most.
    await impatiently(setup.clock, setup.pass(375, setup.isGood))
    expect(setup.send(oldKey)).toMatchObject({ status: 'granted', waited: 0 })
  })

  it('of the keys, leaves those that are known in use', async () => {
    const setup = await createSetup()
    await setup.server.ready()
    await setup.clock.pass(449)
    await setup.spoil('metadata', ASTRAY)
    setup.events.length = 0
    const nextAttempt = async () => {
      const before = setup.attempts()
      while (setup.attempts() === before) await setup.clock.pass(1)
      await impatiently(setup.clock, setup.attemptEnds())
    }
    // The first one asks where the keys were, and learns beside it where they shall be now.
    await nextAttempt()
    expect(setup.events.map(({ type }) => type).sort()).toEqual(['keys_moved', 'keys_refreshed'])
    expect(setup.events).toContainEqual(expect.objectContaining({ to: NOWHERE }))
    setup.events.length = 0
    await nextAttempt()
    expect(setup.send(oldKey)).toMatchObject({ status: 'granted', waited: 0 })
    expect(setup.events[0]).toMatchObject({ type: 'keys_failed', failure: UNRESOLVED })
    expect(setup.asked.filter((path) => path === KEYS)).toHaveLength(2)

    await setup.mend()
    // The metadata is asked for again after five minutes, beside an attempt. The next one goes there.
    await impatiently(setup.clock, setup.pass(450, setup.isGood))
    expect(setup.isGood()).toBe(true)
  })
})

describe('a certificate that nobody vouches for', { timeout: 30_000 }, () => {
  it('is refused by the global fetch, before a request is sent', async () => {
    const { fetch } = globalThis
    const setup = await createSetup({ tls: { certificate: certificates.good, fetch } })
    const answer = setup.send(oldKey)
    await setup.attemptEnds()
    expect(answer).toMatchObject({ status: 503, retryAfter: '1' })
    expect(setup.asked).toEqual([])
    expect(setup.events).toMatchObject([{ type: 'keys_failed', failure: 'unreachable' }])
  })
})
