import { describe, expect, it } from 'vitest'
import { settled } from '../support/fake-clock.ts'
import type { Exchange, Fault } from '../support/faulty-server.ts'
import { createSetup, KEYS, oldKey, OPENID } from './setup.ts'

/** Answers that are in the hands of the test. */
function held() {
  const exchanges: Exchange[] = []
  const fault: Fault = { answer: (exchange) => void exchanges.push(exchange) }
  return { exchanges, fault }
}

const STALL: Fault = { answer: ({ stall }) => stall() }
const JSON_TYPE = { 'Content-Type': 'application/json' }

describe('the time that an attempt may take', { timeout: 30_000 }, () => {
  it('does not grow with the bytes that arrive', async () => {
    const setup = await createSetup()
    const { exchanges, fault } = held()
    await setup.spoil('everywhere', fault)
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

  it('is for the metadata and the keys together', async () => {
    const setup = await createSetup()
    const { exchanges, fault } = held()
    await setup.spoil('metadata', fault)
    await setup.spoil('keys', STALL)
    const answer = setup.send(oldKey)
    await setup.until(() => exchanges.length === 1)
    await setup.clock.pass(2)
    const [{ response, document }] = exchanges as [Exchange]
    response.writeHead(200, JSON_TYPE).end(document)
    await setup.until(() => setup.asked.includes(KEYS))
    await setup.attemptEnds()
    expect(answer).toMatchObject({ status: 503, waited: 3 })
  })

  it('is over for the whole attempt: no further call is begun', async () => {
    const setup = await createSetup()
    await setup.spoil('metadata', STALL)
    const answer = setup.send(oldKey)
    await setup.attemptEnds()
    expect(answer).toMatchObject({ status: 503, waited: 3 })
    expect(setup.asked).toEqual([OPENID])
    expect(setup.belatedCalls()).toBe(0)
  })

  it('is not spent on metadata that hang where the address is known', async () => {
    const setup = await createSetup()
    await setup.server.ready()
    setup.clock.suspend(601)
    setup.asked.length = 0
    setup.events.length = 0
    await setup.spoil('metadata', STALL)
    const answer = setup.send(oldKey)
    await setup.until(() => setup.events.length > 0)
    await settled()
    expect(answer).toMatchObject({ status: 'granted', waited: 0 })
    expect(setup.server.status()[0]!.keys.state).toBe('fresh')
    await setup.attemptEnds()
    expect([...setup.asked].sort()).toEqual([OPENID, KEYS].sort())
    expect(setup.events.at(-1)).toMatchObject({ type: 'discovery_failed', failure: 'timeout' })
    expect(setup.belatedCalls()).toBe(0)
  })

  it('ends when the resource server is closed: no further call is begun', async () => {
    const setup = await createSetup()
    await setup.server.ready()
    setup.clock.suspend(601)
    await setup.spoil('everywhere', STALL)
    const answer = setup.send(oldKey)
    await setup.until(() => setup.asked.length === 4)
    setup.server.close()
    await setup.attemptEnds()
    expect(answer).toMatchObject({ status: 'granted', waited: 0 })
    expect(setup.clock.pending()).toBe(0)
    expect(setup.events.filter(({ type }) => type === 'discovery_failed')).toEqual([])
    expect(setup.belatedCalls()).toBe(0)
  })

  it('is not waited for where a set passes its maximum age meanwhile', async () => {
    const setup = await createSetup({ times: { jwksMaxAge: 30, fetchTimeout: 20 } })
    await setup.server.ready()
    await setup.spoil('everywhere', STALL)
    await setup.clock.pass(35)
    expect(setup.server.status()[0]!.keys.state).toBe('stale')
    expect(setup.attempts()).toBe(2)
    expect(setup.send(oldKey)).toMatchObject({ status: 'granted', waited: 0 })
  })
})
