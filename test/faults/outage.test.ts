import { describe, expect, it } from 'vitest'
import type { Fault } from '../support/faulty-server.ts'
import { startOtherOrigin } from './other-origin.ts'
import { createFaults } from './faults.ts'
import { type Result, createSetup, newKey, oldKey, type Setup } from './setup.ts'

const otherOrigin = await startOtherOrigin()
const EVERY_FAULT = createFaults(otherOrigin).filter(
  ({ failure }) => failure.metadata && failure.keys,
)

const AT_ONCE = { status: 'granted', waited: 0 }

const count = ({ events }: Setup, type: string) =>
  events.filter((event) => event.type === type).length

/** Sends a request, and waits until all attempts that it caused have ended. */
async function sendAndWait({ send, attemptsEnd }: Setup, key = oldKey): Promise<Result> {
  const answer = send(key)
  await attemptsEnd()
  return answer
}

/**
 * Ends an outage with a rotation: the server publishes the old and the new key, and later only the new key. Checks that tokens of
 * published keys are granted, and that a token of the removed key gets 401.
 */
async function recover(setup: Setup): Promise<void> {
  const { server, events } = setup
  setup.publish(oldKey, newKey)
  await setup.repair()
  await setup.pass(75, setup.hasFreshKeys)
  expect(server.status().issuers[0]!.keys.state).toBe('fresh')
  expect(setup.send(oldKey)).toMatchObject(AT_ONCE)
  expect(setup.send(newKey)).toMatchObject(AT_ONCE)
  expect(count(setup, 'keys_recovered')).toBe(1)
  expect(events).toContainEqual({
    type: 'keys_recovered',
    issuer: server.status().issuers[0]!.issuer,
    failures: count(setup, 'keys_failed'),
  })

  setup.publish(newKey)
  await setup.pass(600)
  expect(setup.send(newKey)).toMatchObject(AT_ONCE)
  expect((await sendAndWait(setup)).status).toBe(401)
}

/** A long timeout for a busy machine. The tests use a fake clock and do not wait. */
const LENIENT = { timeout: 60_000 }

describe('an outage of the authorization server', LENIENT, () => {
  it('a resource server grants every valid request during an outage of half an hour, responds with 503 to unknown kids, and recovers', async () => {
    const setup = await createSetup()
    const { server, attempts, send } = setup
    await server.ready()
    await setup.pass(60)
    await setup.breakServer('everywhere', { refuses: true })
    const before = attempts()

    for (let second = 0; second < 1800; second++) {
      expect([send(oldKey), send(oldKey)]).toMatchObject([AT_ONCE, AT_ONCE])
      const unknown = send(newKey)
      await setup.pass(1)
      expect(unknown).toMatchObject({ status: 503, retryAfter: expect.stringMatching(/^[1-5]$/) })
    }
    // Tokens with an unknown kid start at most one attempt in 3.5 s. Each of these attempts postpones the next scheduled attempt.
    expect(attempts() - before).toBeLessThanOrEqual(1800 / 3.5 + 6)
    expect(server.status().issuers[0]!.keys.state).toBe('stale')
    expect(count(setup, 'keys_stale')).toBe(1)
    expect(count(setup, 'keys_refreshed')).toBe(1)

    await recover(setup)
  })

  it('a resource server grants every valid request while the authorization server has one fault after another, and recovers', async () => {
    const setup = await createSetup()
    const { server, attempts, send } = setup
    await server.ready()
    await setup.pass(60)
    const before = attempts()

    for (const { title, fault } of EVERY_FAULT) {
      await setup.breakServer('everywhere', fault)
      for (let second = 0; second < 30; second++) {
        expect(send(oldKey), title).toMatchObject(AT_ONCE)
        await setup.pass(1)
      }
      expect(await sendAndWait(setup, newKey), title).toMatchObject({ status: 503 })
    }
    // Each token with an unknown kid starts one attempt, which postpones the next scheduled attempt. Scheduled attempts start
    // only while the pauses between them are shorter than 30 s.
    expect(attempts() - before).toBeLessThanOrEqual(EVERY_FAULT.length + 10)
    expect(count(setup, 'keys_stale')).toBe(1)
    expect(count(setup, 'keys_refreshed')).toBe(1)

    await recover(setup)
    expect(otherOrigin.connections()).toBe(0)
  })

  it('a resource server that starts during an outage responds with 503, and recovers without a restart', async () => {
    const setup = await createSetup()
    for (const { title, fault } of EVERY_FAULT) {
      await setup.breakServer('everywhere', fault)
      for (let second = 0; second < 5; second++) {
        const answer = await sendAndWait(setup)
        expect(answer, title).toMatchObject({ status: 503, retryAfter: '1' })
        expect(answer.waited, title).toBeLessThanOrEqual(3)
        await setup.pass(1)
      }
    }
    expect(setup.server.status().issuers[0]!.keys).toEqual({ state: 'unavailable' })
    await recover(setup)
  })
})

describe('an authorization server that resets connections', LENIENT, () => {
  it('a resource server grants every valid request and reports no failure if every reused connection is reset', async () => {
    const used = new WeakSet()
    const once: Fault = {
      answer({ response, socket, document }) {
        if (used.has(socket)) socket.resetAndDestroy()
        else response.writeHead(200, { 'Content-Type': 'application/json' }).end(document)
        used.add(socket)
      },
    }
    const setup = await createSetup()
    const { send } = setup
    await setup.breakServer('everywhere', once)
    await setup.pass(10, () => (send(oldKey), setup.hasFreshKeys()))
    for (let second = 0; second < 3600; second++) {
      expect(send(oldKey)).toMatchObject(AT_ONCE)
      await setup.pass(1)
    }
    setup.publish(oldKey, newKey)
    expect(await sendAndWait(setup, newKey)).toMatchObject({ status: 'granted' })
    expect([count(setup, 'keys_failed'), count(setup, 'discovery_failed')]).toEqual([0, 0])
  })
})
