import { describe, expect, it } from 'vitest'
import type { Fault } from '../support/faulty-server.ts'
import { startCanary } from './canary.ts'
import { faultsOf } from './faults.ts'
import { type Answer, createSetup, newKey, oldKey, type Setup } from './setup.ts'

const canary = await startCanary()
const EVERY_FAULT = faultsOf(canary).filter(({ failure }) => failure.metadata && failure.keys)

const AT_ONCE = { status: 'granted', waited: 0 }

const count = ({ events }: Setup, type: string) =>
  events.filter((event) => event.type === type).length

/** A request, and its answer when all that it has set off is over. */
async function ask({ send, attemptsEnd }: Setup, key = oldKey): Promise<Answer> {
  const answer = send(key)
  await attemptsEnd()
  return answer
}

/** The end of an outage: the server is back with a new key, and later without the old one. */
async function comesBack(setup: Setup): Promise<void> {
  const { server, events } = setup
  setup.publish(oldKey, newKey)
  await setup.mend()
  await setup.pass(75, setup.isGood)
  expect(server.status()[0]!.keys.state).toBe('fresh')
  expect(setup.send(oldKey)).toMatchObject(AT_ONCE)
  expect(setup.send(newKey)).toMatchObject(AT_ONCE)
  expect(count(setup, 'keys_recovered')).toBe(1)
  expect(events).toContainEqual({
    type: 'keys_recovered',
    issuer: server.status()[0]!.issuer,
    failures: count(setup, 'keys_failed'),
  })

  setup.publish(newKey)
  await setup.pass(600)
  expect(setup.send(newKey)).toMatchObject(AT_ONCE)
  expect((await ask(setup)).status).toBe(401)
}

/** For a loaded machine: nothing here waits for time to pass. */
const LENIENT = { timeout: 60_000 }

describe('an authorization server that is down for half an hour', LENIENT, () => {
  it('costs no valid request, and answers unknown keys with 503', async () => {
    const setup = await createSetup()
    const { server, attempts, send } = setup
    await server.ready()
    await setup.pass(60)
    await setup.spoil('everywhere', { refuses: true })
    const before = attempts()

    for (let second = 0; second < 1800; second++) {
      expect([send(oldKey), send(oldKey)]).toMatchObject([AT_ONCE, AT_ONCE])
      const unknown = send(newKey)
      await setup.pass(1)
      expect(unknown).toMatchObject({ status: 503, retryAfter: expect.stringMatching(/^[1-5]$/) })
    }
    // One in three and a half seconds for unknown keys; what is scheduled hides behind them.
    expect(attempts() - before).toBeLessThanOrEqual(1800 / 3.5 + 6)
    expect(server.status()[0]!.keys.state).toBe('stale')
    expect(count(setup, 'keys_stale')).toBe(1)
    expect(count(setup, 'keys_refreshed')).toBe(1)

    await comesBack(setup)
  })

  it('costs no valid request where it goes through every fault', async () => {
    const setup = await createSetup()
    const { server, attempts, send } = setup
    await server.ready()
    await setup.pass(60)
    const before = attempts()

    for (const { title, fault } of EVERY_FAULT) {
      await setup.spoil('everywhere', fault)
      for (let second = 0; second < 30; second++) {
        expect(send(oldKey), title).toMatchObject(AT_ONCE)
        await setup.pass(1)
      }
      expect(await ask(setup, newKey), title).toMatchObject({ status: 503 })
    }
    // One for each unknown key, and those of the first minute or so, while the pauses grow.
    expect(attempts() - before).toBeLessThanOrEqual(EVERY_FAULT.length + 10)
    expect(count(setup, 'keys_stale')).toBe(1)
    expect(count(setup, 'keys_refreshed')).toBe(1)

    await comesBack(setup)
    expect(canary.connections()).toBe(0)
  })

  it('needs no restart of an application that was started meanwhile', async () => {
    const setup = await createSetup()
    for (const { title, fault } of EVERY_FAULT) {
      await setup.spoil('everywhere', fault)
      for (let second = 0; second < 5; second++) {
        const answer = await ask(setup)
        expect(answer, title).toMatchObject({ status: 503, retryAfter: '1' })
        expect(answer.waited, title).toBeLessThanOrEqual(3)
        await setup.pass(1)
      }
    }
    expect(setup.server.status()[0]!.keys).toEqual({ state: 'unavailable' })
    await comesBack(setup)
  })
})

describe('an authorization server that is up', LENIENT, () => {
  it('may reset every connection that is used for a second time', async () => {
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
    await setup.spoil('everywhere', once)
    await setup.pass(10, () => (send(oldKey), setup.isGood()))
    for (let second = 0; second < 3600; second++) {
      expect(send(oldKey)).toMatchObject(AT_ONCE)
      await setup.pass(1)
    }
    setup.publish(oldKey, newKey)
    expect(await ask(setup, newKey)).toMatchObject({ status: 'granted' })
    expect([count(setup, 'keys_failed'), count(setup, 'discovery_failed')]).toEqual([0, 0])
  })
})
