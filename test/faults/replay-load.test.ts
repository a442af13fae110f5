import { expect, it } from 'vitest'
import { REPLAY_BREAKER } from '../../packages/core/src/binding/dpop/replay-check.ts'
import { createStoreSetup, STACKS } from './store-setup.ts'

const REQUESTS = 2000
const BATCH = 50
const BATCHES = REQUESTS / BATCH
/** Every tenth request is a replay of an earlier request. */
const REPLAYED = 10
/** The server stops during the batch `STOP`, and starts again after the batch `START`. */
const STOP = 14
const START = 26

/** One use of a proof. */
interface Use {
  readonly batch: number
  readonly status: number
  readonly reason: string | undefined
}

it.each(STACKS)(
  `an API grants a proof twice only if a restart of $server has lost the entry of the proof, and never refuses a new proof with 401 ($client, ${REQUESTS} requests)`,
  async (stack) => {
    const { clock, server, connection, prove, request, events } = await createStoreSetup(
      stack,
      'refuse',
    )
    const uses = new Map<string, Use[]>()
    const proofs: string[] = []

    async function send(proof: string, batch: number): Promise<void> {
      const ofProof = uses.get(proof) ?? []
      uses.set(proof, ofProof)
      const response = await request(proof)
      if (response.status === 503) expect(response.headers.get('retry-after')).toMatch(/^[1-5]$/)
      const body = response.ok ? {} : ((await response.json()) as { reason?: string })
      ofProof.push({ batch, status: response.status, reason: body.reason })
    }

    for (let batch = 0; batch < BATCHES; batch++) {
      const running = Array.from({ length: BATCH }, (_, i) => {
        const number = batch * BATCH + i
        // Replays are spread over all proofs that were sent, including the proofs of this batch.
        const isReplay = number % REPLAYED === REPLAYED - 1
        const proof = isReplay ? proofs[(number * 7919) % proofs.length]! : prove(`proof-${number}`)
        if (!isReplay) proofs.push(proof)
        return send(proof, batch)
      })
      // The server stops while requests are running.
      if (batch === STOP) await server.kill()
      await Promise.all(running)
      if (batch === START) {
        await connection.reconnected(() => server.restart())
        clock.advance(REPLAY_BREAKER.pause.last)
        // One request tries the store again. Until its response, the other requests would get 503.
        await send(prove('trial'), batch + 1)
      }
      clock.advance(0.5)
    }

    const all = [...uses.values()]
    expect(all.flat()).toHaveLength(REQUESTS + 1)
    const count = (condition: (use: Use) => boolean) => all.flat().filter(condition).length
    expect(count(({ status }) => status === 503)).toBeGreaterThan((START - STOP - 2) * BATCH)
    expect(count(({ status }) => status === 200)).toBeGreaterThan(REQUESTS / 2)
    let lost = 0
    for (const ofProof of all) {
      const granted = ofProof.filter(({ status }) => status === 200)
      // A proof is granted at most once before the restart, and at most once after it.
      for (const isAfter of [false, true])
        expect(granted.filter(({ batch }) => batch > START === isAfter).length).toBeLessThan(2)
      if (granted.length === 2) lost++
      for (const { status, reason } of ofProof) {
        expect([200, 401, 503]).toContain(status)
        expect(reason).toBe({ 401: 'proof_used', 503: 'replay_unavailable' }[status])
      }
      const refused = ofProof.filter(({ status }) => status === 401)
      if (ofProof.length === 1) expect(refused).toEqual([])
      // A proof is refused only if it was granted, or if the reply about its use was lost with the connection.
      if (refused.length > 0)
        expect(
          granted.length + ofProof.filter(({ batch }) => batch === STOP).length,
        ).toBeGreaterThan(0)
      // After the restart, the store has an answer to every request.
      expect(ofProof.filter(({ batch, status }) => batch > START && status === 503)).toEqual([])
    }
    expect(count(({ status }) => status === 401)).toBeGreaterThan(50)
    expect(lost, 'proofs whose entry was lost').toBeGreaterThan(0)
    const decisions = events.flatMap((event) => (event.type === 'degraded' ? [event.decision] : []))
    expect(decisions).toHaveLength(count(({ status }) => status === 503))
    expect(new Set(decisions)).toEqual(new Set(['refused']))
    expect(events.filter(({ type }) => type === 'control_recovered')).toHaveLength(1)
    expect(clock.pending()).toBe(0)
  },
)
