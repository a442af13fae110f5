import { createResourceServer } from '@bearward/core'
import { describe, expect, it } from 'vitest'
import { fakeClock } from '../support/fake-clock.ts'
import type { Fault } from '../support/faulty-server.ts'
import { AUDIENCE, createTestIssuer } from '../support/issuer.ts'
import { requestWith } from '../support/requests.ts'
import { createSetup, KEYS, oldKey, OPENID, type Setup } from './setup.ts'
import { certificates } from './tls.ts'

/** A URL with a name that no resolver knows (RFC 6761 section 6.4). */
const UNKNOWN_HOST = 'https://keys.invalid/jwks'

/** Valid metadata with a `jwks_uri` on an unknown host. */
const WRONG_JWKS_URI: Fault = {
  answer({ response, document }) {
    const metadata = { ...(JSON.parse(document) as object), jwks_uri: UNKNOWN_HOST }
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(metadata))
  },
}

/** Waits for `work`. After two real seconds, advances the fake clock by 3 s, so that the attempt times out. */
async function withTimeLimit<T>(clock: Setup['clock'], work: Promise<T>): Promise<T> {
  const timer = setTimeout(() => void clock.pass(3), 2000)
  return work.finally(() => clearTimeout(timer))
}

const UNRESOLVED = expect.stringMatching(/^(?:unreachable|timeout)$/)

describe('host names that cannot be resolved', { timeout: 30_000 }, () => {
  it('authorize responds with 503 if the host name of the issuer cannot be resolved', async () => {
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
    expect(await withTimeLimit(clock, Promise.resolve(outcome))).toMatchObject({
      kind: 'refused',
      status: 503,
      headers: { 'Retry-After': '1' },
    })
    expect(failures).toEqual([UNRESOLVED])
    server.close()
  })

  it('a resource server responds with 503 if the host name of jwks_uri cannot be resolved, and grants requests after the metadata is repaired', async () => {
    const setup = await createSetup()
    await setup.breakServer('metadata', WRONG_JWKS_URI)
    const answer = setup.send(oldKey)
    await withTimeLimit(setup.clock, setup.attemptEnds())
    expect(answer).toMatchObject({ status: 503, retryAfter: '1' })
    expect(setup.requests).toEqual([OPENID])
    expect(setup.events).toMatchObject([{ type: 'keys_failed', failure: UNRESOLVED }])

    await setup.repair()
    // Metadata is fetched again after five minutes. A pause between attempts is at most 72 seconds.
    await withTimeLimit(setup.clock, setup.pass(375, setup.hasFreshKeys))
    expect(setup.send(oldKey)).toMatchObject({ status: 'granted', waited: 0 })
  })

  it('a resource server uses cached keys if the host name of a new jwks_uri cannot be resolved, and fetches keys after the metadata is repaired', async () => {
    const setup = await createSetup()
    await setup.server.ready()
    await setup.clock.pass(449)
    await setup.breakServer('metadata', WRONG_JWKS_URI)
    setup.events.length = 0
    const nextAttempt = async () => {
      const before = setup.attempts()
      while (setup.attempts() === before) await setup.clock.pass(1)
      await withTimeLimit(setup.clock, setup.attemptEnds())
    }
    // The first attempt uses the old URL. Discovery returns the new URL at the same time.
    await nextAttempt()
    expect(setup.events.map(({ type }) => type).sort()).toEqual(['keys_moved', 'keys_refreshed'])
    expect(setup.events).toContainEqual(expect.objectContaining({ to: UNKNOWN_HOST }))
    setup.events.length = 0
    await nextAttempt()
    expect(setup.send(oldKey)).toMatchObject({ status: 'granted', waited: 0 })
    expect(setup.events[0]).toMatchObject({ type: 'keys_failed', failure: UNRESOLVED })
    expect(setup.requests.filter((path) => path === KEYS)).toHaveLength(2)

    await setup.repair()
    // Metadata is fetched again after five minutes, during an attempt. The next attempt uses the `jwks_uri` of the new metadata.
    await withTimeLimit(setup.clock, setup.pass(450, setup.hasFreshKeys))
    expect(setup.hasFreshKeys()).toBe(true)
  })
})

describe('an untrusted certificate', { timeout: 30_000 }, () => {
  it('8414-26: a resource server responds with 503 and sends no request if the certificate of the authorization server is untrusted', async () => {
    const { fetch } = globalThis
    const setup = await createSetup({ tls: { certificate: certificates.good, fetch } })
    const answer = setup.send(oldKey)
    await setup.attemptEnds()
    expect(answer).toMatchObject({ status: 503, retryAfter: '1' })
    expect(setup.requests).toEqual([])
    expect(setup.events).toMatchObject([{ type: 'keys_failed', failure: 'unreachable' }])
  })
})
