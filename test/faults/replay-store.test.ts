import { describe, expect, it } from 'vitest'
import { REPLAY_BREAKER } from '../../packages/core/src/binding/dpop/replay-check.ts'
import { LIMITS } from '../../packages/core/src/limits.ts'
import { DURING, STORE_FAULTS, type StoreFault, USED } from './store-faults.ts'
import {
  type Answer,
  createStoreSetup,
  POLICIES,
  type Policy,
  type Stack,
  STACKS,
  type StoreSetup,
  TIMEOUT,
} from './store-setup.ts'

const GRANTED = { status: 200, reason: undefined, degraded: [] }
const PROOF_USED = { status: 401, reason: 'proof_used', degraded: [] }

/** The decisions of the event `degraded`, and the reasons of refusals. */
const DECISIONS = {
  refuse: { decision: 'refused', reason: 'replay_unavailable' },
  nonce: { decision: 'nonce_required', reason: 'nonce_required' },
  allow: { decision: 'allowed', reason: undefined },
} as const

/** Returns a function that gets a nonce for a new proof if the policy is `nonce`. */
function createClient({ prove, send }: StoreSetup, policy: Policy) {
  return async function getNonce(): Promise<string | undefined> {
    if (policy !== 'nonce') return undefined
    // A proof without a nonce is refused before the store is asked.
    const { nonce, degraded } = await send(prove('without-nonce'))
    expect(degraded).toEqual([])
    return nonce!
  }
}

/** Checks the responses while the store does not know whether a proof was used. Returns a proof that was sent. */
async function checkUnknown(
  fault: StoreFault,
  policy: Policy,
  setup: StoreSetup,
  used: string,
  nonce: string | undefined,
): Promise<string> {
  const { clock, prove, status } = setup
  const { decision, reason } = DECISIONS[policy]
  const [whenFresh, whenUsed] = fault.statuses[policy]
  const jtis = [...DURING]
  const next = (withNonce = nonce) => prove(jtis.shift()!, withNonce)
  const send = async (proof: string) => {
    const answer = await setup.send(proof, fault.isWaiting?.(setup))
    await fault.continue?.(setup)
    // The fault has not ended. The response does not wait for the end of the fault.
    expect(answer.waited).toBe(answer.degraded[0]?.problem === 'timeout' ? TIMEOUT : 0)
    return answer
  }
  const check = (answer: Answer, expected: number, problem: string) => {
    expect(answer).toMatchObject({ status: expected, reason, degraded: [{ decision, problem }] })
    if (expected === 503) expect(answer.retryAfter).toMatch(/^[1-5]$/)
    else expect(answer.retryAfter).toBe(null)
  }

  const fresh = next()
  check(await send(fresh), whenFresh, fault.problem!)
  check(await send(used), whenUsed, fault.problem!)
  expect(status().controls).toMatchObject([{ state: 'degraded' }])

  if (policy === 'nonce') {
    const { nonce: newer } = await send(next())
    const accepted = { status: 200, degraded: [{ decision: 'nonce_accepted' }] }
    const repeated = next(newer!)
    expect(await send(repeated)).toMatchObject(accepted)
    // As documented, a used proof is accepted again while its nonce is a few seconds old.
    expect(await send(repeated)).toMatchObject(accepted)
    clock.advance(LIMITS.freshNonce)
    check(await send(repeated), 401, fault.problem!)
  } else {
    // A request in `begin` of the fault can be the first failure. The pause then begins one request earlier.
    for (let sent = 3; sent <= REPLAY_BREAKER.failures; sent++) {
      const answer = await send(next())
      if (sent === REPLAY_BREAKER.failures && answer.degraded[0]?.problem === 'paused') break
      check(answer, whenFresh, fault.problem!)
    }
  }
  // The store is not asked any more.
  const paused = fault.isAlwaysAsked ? fault.problem! : 'paused'
  check(await send(next()), whenFresh, paused)
  check(await send(used), whenUsed, paused)
  // After the pause, one request tries the store again, and the fault has not ended.
  clock.advance(REPLAY_BREAKER.pause.last)
  check(await send(next()), whenFresh, fault.problem!)
  check(await send(used), whenUsed, paused)
  return fresh
}

/** Checks the responses before, during and after a fault. */
async function checkFault(fault: StoreFault, policy: Policy, stack: Stack): Promise<void> {
  const setup = await createStoreSetup(stack, policy, fault)
  const { clock, prove, send, events, status, connection } = setup
  const getNonce = createClient(setup, policy)
  await fault.prepare?.(setup)
  const used = prove(USED, await getNonce())
  expect(await send(used)).toMatchObject(GRANTED)
  expect(await send(used)).toMatchObject(PROOF_USED)

  await fault.begin(setup)
  const nonce = await getNonce()
  // The nonce is then too old for `whenReplayUnknown: 'nonce'`, but valid.
  clock.advance(LIMITS.freshNonce)
  let during: string
  if (fault.problem === undefined) {
    during = prove(DURING[0]!, nonce)
    const [whenFresh, whenUsed] = fault.statuses[policy]
    expect(await send(during)).toMatchObject({ ...GRANTED, status: whenFresh })
    expect(await send(during)).toMatchObject(PROOF_USED)
    expect(await send(used)).toMatchObject(whenUsed === 200 ? GRANTED : PROOF_USED)
  } else {
    during = await checkUnknown(fault, policy, setup, used, nonce)
  }

  await fault.end?.(setup)
  clock.advance(REPLAY_BREAKER.pause.last)
  const after = prove('after', await getNonce())
  expect(await send(after)).toMatchObject(GRANTED)
  expect(await send(after)).toMatchObject(PROOF_USED)
  const recovered = events.filter(({ type }) => type === 'control_recovered')
  if (fault.problem === undefined) expect(recovered).toEqual([])
  else {
    const duration = expect.any(Number) as number
    expect(recovered).toEqual([{ type: 'control_recovered', control: 'dpop_replay', duration }])
    const isRecorded = fault.records === true
    expect(await send(during)).toMatchObject(isRecorded ? PROOF_USED : GRANTED)
  }
  // As documented, the proof works once more, because its entry is lost.
  if (fault.loses) expect(await send(used)).toMatchObject(GRANTED)
  for (const proof of [used, during]) expect(await send(proof)).toMatchObject(PROOF_USED)
  expect(status().controls).toMatchObject([{ state: 'working' }])
  expect(connection.isReady()).toBe(true)
  expect(clock.pending(), 'timers that remain').toBe(0)
}

describe.each(STACKS)('faults of $server with $client', (stack) => {
  const { client, server } = stack
  const cells = STORE_FAULTS.filter((fault) => (fault.client ?? client) === client).flatMap(
    (fault) => POLICIES.map((policy) => ({ fault, policy })),
  )
  it.each(
    cells.map(({ fault, policy }) => {
      const [fresh, used] = fault.statuses[policy]
      const { lines = '', title } = fault
      return [lines, policy, fresh, used, title, { fault, policy }] as const
    }),
  )(
    `%san API with whenReplayUnknown %s responds to a new proof with %d and to a used proof with %d if ${server} %s, and recovers (${client})`,
    async (_lines, _policy, _fresh, _used, _title, { fault, policy }) => {
      await checkFault(fault, policy, stack)
    },
  )
})
