import { describe, expect, it } from 'vitest'
import { settled } from '../support/fake-clock.ts'
import type { Exchange, Fault } from '../support/faulty-server.ts'
import { createSetup, KEYS, oldKey, OPENID } from './setup.ts'

/** Returns a fault that sends no response, and the list of its exchanges. The test responds instead. */
function createHeldFault() {
  const exchanges: Exchange[] = []
  const fault: Fault = { answer: (exchange) => void exchanges.push(exchange) }
  return { exchanges, fault }
}

const STALL: Fault = { answer: ({ stall }) => stall() }
const JSON_TYPE = { 'Content-Type': 'application/json' }

describe('the deadline of an attempt', { timeout: 30_000 }, () => {
  it('a resource server responds with 503 after the deadline of an attempt, even if bytes still arrive', async () => {
    const setup = await createSetup()
    const { exchanges, fault } = createHeldFault()
    await setup.breakServer('everywhere', fault)
    const answer = setup.send(oldKey)
    await setup.until(() => exchanges.length === 1)
    const [{ response, stall }] = exchanges as [Exchange]
    response.writeHead(200, JSON_TYPE)
    for (const seconds of [1.4, 1.4]) {
      response.write(' ')
      await settled()
      await setup.clock.pass(seconds)
      expect(answer).toEqual({})
    }
    response.write(' ')
    stall()
    await setup.attemptEnds()
    expect(answer).toMatchObject({ status: 503, waited: 3 })
  })

  it('a resource server uses one deadline of 3 s for the metadata and the keys together', async () => {
    const setup = await createSetup()
    const { exchanges, fault } = createHeldFault()
    await setup.breakServer('metadata', fault)
    await setup.breakServer('keys', STALL)
    const answer = setup.send(oldKey)
    await setup.until(() => exchanges.length === 1)
    await setup.clock.pass(2)
    const [{ response, document }] = exchanges as [Exchange]
    response.writeHead(200, JSON_TYPE).end(document)
    await setup.until(() => setup.requests.includes(KEYS))
    await setup.attemptEnds()
    expect(answer).toMatchObject({ status: 503, waited: 3 })
  })

  it('a resource server starts no further call after the deadline of an attempt', async () => {
    const setup = await createSetup()
    await setup.breakServer('metadata', STALL)
    const answer = setup.send(oldKey)
    await setup.attemptEnds()
    expect(answer).toMatchObject({ status: 503, waited: 3 })
    expect(setup.requests).toEqual([OPENID])
    expect(setup.lateCalls()).toBe(0)
  })

  it('a resource server fetches keys from the known URL while the request for metadata has no response', async () => {
    const setup = await createSetup()
    await setup.server.ready()
    setup.clock.suspend(601)
    setup.requests.length = 0
    setup.events.length = 0
    await setup.breakServer('metadata', STALL)
    const answer = setup.send(oldKey)
    await setup.until(() => setup.events.length > 0)
    await settled()
    expect(answer).toMatchObject({ status: 'granted', waited: 0 })
    expect(setup.server.status().issuers[0]!.keys.state).toBe('fresh')
    await setup.attemptEnds()
    expect([...setup.requests].sort()).toEqual([OPENID, KEYS].sort())
    expect(setup.events.at(-1)).toMatchObject({ type: 'discovery_failed', failure: 'timeout' })
    expect(setup.lateCalls()).toBe(0)
  })

  it('a resource server that is closed aborts the running attempt, and starts no further call', async () => {
    const setup = await createSetup()
    await setup.server.ready()
    setup.clock.suspend(601)
    await setup.breakServer('everywhere', STALL)
    const answer = setup.send(oldKey)
    await setup.until(() => setup.requests.length === 4)
    setup.server.close()
    await setup.attemptEnds()
    expect(answer).toMatchObject({ status: 'granted', waited: 0 })
    expect(setup.clock.pending()).toBe(0)
    expect(setup.events.filter(({ type }) => type === 'discovery_failed')).toEqual([])
    expect(setup.lateCalls()).toBe(0)
  })

  it('a resource server grants requests without waiting if the keys become stale during an attempt', async () => {
    const setup = await createSetup({ times: { jwksMaxAge: 30, fetchTimeout: 20 } })
    await setup.server.ready()
    await setup.breakServer('everywhere', STALL)
    await setup.clock.pass(35)
    expect(setup.server.status().issuers[0]!.keys.state).toBe('stale')
    expect(setup.attempts()).toBe(2)
    expect(setup.send(oldKey)).toMatchObject({ status: 'granted', waited: 0 })
  })
})
