/** The option `replicas` of the store in Redis, in an API. */
import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../packages/core/src/limits.ts'
import { REPLAY_BREAKER } from '../../packages/core/src/binding/dpop/replay-check.ts'
import { createStoreSetup, type Policy, STACKS } from './store-setup.ts'
import { untilConfirming, untilLinked } from '../support/until-linked.ts'

const DECISIONS: readonly (readonly [policy: Policy, status: number, decision: string])[] = [
  ['refuse', 503, 'refused'],
  ['nonce', 401, 'nonce_required'],
  ['allow', 200, 'allowed'],
]

describe.each(STACKS)('replicas of $server with $client', (stack) => {
  it.each(DECISIONS)(
    `9449-55: an API with replicas: 1 and whenReplayUnknown %s responds with %d to a new proof if no replica is connected, and with 401 to a used proof (${stack.client})`,
    async (policy, status, decision) => {
      const setup = await createStoreSetup(stack, policy, { replicas: 1 })
      const { server, startServer, clock, prove, send } = setup
      const getNonce = async () =>
        policy === 'nonce' ? (await send(prove('without-nonce'))).nonce! : undefined
      const replica = await startServer('--replicaof', '127.0.0.1', String(server.port))
      await untilLinked(replica)
      await untilConfirming(server)
      const used = prove('used', await getNonce())
      expect(await send(used)).toMatchObject({ status: 200, degraded: [] })

      await replica.command('REPLICAOF', 'NO', 'ONE')
      const nonce = await getNonce()
      clock.advance(LIMITS.freshNonce)
      const during = prove('during', nonce)
      const unknown = { status, degraded: [{ decision, problem: 'unconfirmed' }] }
      expect(await send(during)).toMatchObject(unknown)
      const known = { status: 401, reason: 'proof_used', degraded: [] }
      expect(await send(used)).toMatchObject(known)
      // The primary has recorded the proof.
      expect(await send(during)).toMatchObject(known)
      // The circuit breaker does not open, so that used proofs are still recognized.
      for (let i = 0; i <= REPLAY_BREAKER.failures; i++) {
        clock.advance(LIMITS.freshNonce)
        expect(await send(prove(`during-${i}`, nonce))).toMatchObject(unknown)
      }
      expect(await send(used)).toMatchObject(known)

      await replica.command('REPLICAOF', '127.0.0.1', String(server.port))
      await untilLinked(replica)
      await untilConfirming(server)
      clock.advance(REPLAY_BREAKER.pause.last)
      const after = prove('after', await getNonce())
      expect(await send(after)).toMatchObject({ status: 200, degraded: [] })
      expect(await send(after)).toMatchObject(known)
    },
  )
})
