import { describe, expect, it } from 'vitest'
import { settled } from '../support/fake-clock.ts'
import type { Exchange, Fault } from '../support/faulty-server.ts'
import { createScene, KEYS, oldKey, OPENID } from './scene.ts'

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
    const scene = await createScene()
    const { exchanges, fault } = held()
    await scene.spoil('everywhere', fault)
    const answer = scene.send(oldKey)
    await scene.until(() => exchanges.length === 1)
    const [{ response, stall }] = exchanges as [Exchange]
    response.writeHead(200, JSON_TYPE)
    for (const seconds of [1.4, 1.4]) {
      response.write(' ')
      await settled()
      await scene.clock.pass(seconds)
      expect(answer).toEqual({})
    }
    response.write(' ')
    stall()
    await scene.attemptEnds()
    expect(answer).toMatchObject({ status: 503, waited: 3 })
  })

  it('is for the metadata and the keys together', async () => {
    const scene = await createScene()
    const { exchanges, fault } = held()
    await scene.spoil('metadata', fault)
    await scene.spoil('keys', STALL)
    const answer = scene.send(oldKey)
    await scene.until(() => exchanges.length === 1)
    await scene.clock.pass(2)
    const [{ response, document }] = exchanges as [Exchange]
    response.writeHead(200, JSON_TYPE).end(document)
    await scene.until(() => scene.asked.includes(KEYS))
    await scene.attemptEnds()
    expect(answer).toMatchObject({ status: 503, waited: 3 })
  })

  it('is over for the whole attempt: no further call is begun', async () => {
    const scene = await createScene()
    await scene.spoil('metadata', STALL)
    const answer = scene.send(oldKey)
    await scene.attemptEnds()
    expect(answer).toMatchObject({ status: 503, waited: 3 })
    expect(scene.asked).toEqual([OPENID])
    expect(scene.belatedCalls()).toBe(0)
  })

  it('is not spent on metadata that hang where the address is known', async () => {
    const scene = await createScene()
    await scene.server.ready()
    scene.clock.suspend(601)
    scene.asked.length = 0
    scene.events.length = 0
    await scene.spoil('metadata', STALL)
    const answer = scene.send(oldKey)
    await scene.until(() => scene.events.length > 0)
    await settled()
    expect(answer).toMatchObject({ status: 'granted', waited: 0 })
    expect(scene.server.status()[0]!.keys.state).toBe('fresh')
    await scene.attemptEnds()
    expect([...scene.asked].sort()).toEqual([OPENID, KEYS].sort())
    expect(scene.events.at(-1)).toMatchObject({ type: 'discovery_failed', failure: 'timeout' })
    expect(scene.belatedCalls()).toBe(0)
  })

  it('ends when the resource server is closed: no further call is begun', async () => {
    const scene = await createScene()
    await scene.server.ready()
    scene.clock.suspend(601)
    await scene.spoil('everywhere', STALL)
    const answer = scene.send(oldKey)
    await scene.until(() => scene.asked.length === 4)
    scene.server.close()
    await scene.attemptEnds()
    expect(answer).toMatchObject({ status: 'granted', waited: 0 })
    expect(scene.clock.pending()).toBe(0)
    expect(scene.events.filter(({ type }) => type === 'discovery_failed')).toEqual([])
    expect(scene.belatedCalls()).toBe(0)
  })

  it('is not waited for where a set passes its maximum age meanwhile', async () => {
    const scene = await createScene({ times: { jwksMaxAge: 30, fetchTimeout: 20 } })
    await scene.server.ready()
    await scene.spoil('everywhere', STALL)
    await scene.clock.pass(35)
    expect(scene.server.status()[0]!.keys.state).toBe('stale')
    expect(scene.attempts()).toBe(2)
    expect(scene.send(oldKey)).toMatchObject({ status: 'granted', waited: 0 })
  })
})
