import { describe, expect, it } from 'vitest'
import { settled } from '../../../../test/support/fake-clock.ts'
import { fc } from '../../../../test/support/property.ts'
import { BusyError, CallSlots } from '../../src/issuers/call-slots.ts'
import { LIMITS } from '../../src/limits.ts'

/** A caller of `acquire`. */
interface Caller {
  readonly isKnown: boolean
  readonly abort: AbortController
  /** Set when the caller has a slot. */
  release?: () => void
}

/** Creates slots, and a function that acquires one. `running` contains the callers with a slot, in the order of their starts. */
function createSlots(max: number) {
  const slots = new CallSlots(max, () => 0, Infinity)
  const running: Caller[] = []
  function acquire(isKnown: boolean): Caller {
    const caller: Caller = { isKnown, abort: new AbortController() }
    void slots.acquire(isKnown, caller.abort.signal).then((release) => {
      caller.release = () => {
        release()
        const at = running.indexOf(caller)
        if (at !== -1) running.splice(at, 1)
      }
      running.push(caller)
      // `resolveIssuer` also releases the slot of a call that was aborted in the meantime.
      if (caller.abort.signal.aborted) caller.release()
    })
    return caller
  }
  return { slots, running, acquire }
}

describe('CallSlots', () => {
  it('CallSlots.acquire reserves at least a quarter of the slots for issuers with a verified token', async () => {
    for (const [max, maxNew] of [
      [2, 1],
      [3, 2],
      [8, 6],
      [9, 6],
    ] as const) {
      const { running, acquire } = createSlots(max)
      for (let i = 0; i < max + 1; i++) acquire(false)
      await settled()
      expect(running).toHaveLength(maxNew)
      for (let i = 0; i < max + 1; i++) acquire(true)
      await settled()
      expect(running).toHaveLength(max)
      expect(running.filter(({ isKnown }) => !isKnown)).toHaveLength(maxNew)
    }
  })

  it('CallSlots.acquire gives all slots to issuers with a verified token if no other issuer waits', async () => {
    const { running, acquire } = createSlots(8)
    for (let i = 0; i < 9; i++) acquire(true)
    await settled()
    expect(running).toHaveLength(8)
  })

  it('CallSlots gives a released slot to issuers with a verified token first, and then to the caller that waits longest', async () => {
    const { running, acquire } = createSlots(2)
    const [first, second] = [acquire(true), acquire(true)]
    await settled()
    const [newOne, known, laterKnown] = [acquire(false), acquire(true), acquire(true)]
    first.release!()
    await settled()
    expect(running).toEqual([second, known])
    second.release!()
    await settled()
    expect(running).toEqual([known, laterKnown])
    known.release!()
    await settled()
    expect(running).toEqual([laterKnown, newOne])
  })

  it('CallSlots gives a slot that is released twice to one caller only', async () => {
    const { running, acquire, slots } = createSlots(2)
    const [first, second] = [acquire(true), acquire(true)]
    await settled()
    for (let i = 0; i < 3; i++) acquire(true)
    first.release!()
    first.release!()
    await settled()
    expect(running).toHaveLength(2)
    const release = await Promise.race([
      slots.acquire(true, new AbortController().signal),
      settled(),
    ])
    expect(release).toBeUndefined()
    second.release!()
    await settled()
    expect(running).toHaveLength(2)
  })

  it('CallSlots gives no slot to a caller that is aborted while the caller waits', async () => {
    const { running, acquire } = createSlots(2)
    const [first] = [acquire(true), acquire(true)]
    await settled()
    const [aborted, next] = [acquire(true), acquire(true)]
    aborted.abort.abort()
    first.release!()
    await settled()
    expect(aborted.release).toBeUndefined()
    expect(running.at(-1)).toBe(next)
  })

  it('CallSlots gives a slot to the next caller if the first caller is aborted before its call starts', async () => {
    const { running, acquire } = createSlots(2)
    const [first] = [acquire(true), acquire(true)]
    await settled()
    const [aborted, next] = [acquire(true), acquire(true)]
    first.release!()
    aborted.abort.abort()
    await settled()
    expect(running).toContain(next)
    expect(running).not.toContain(aborted)
    expect(running).toHaveLength(2)
  })

  it('CallSlots.acquire throws a BusyError if 1000 callers of the same kind wait', async () => {
    const { slots, running, acquire } = createSlots(2)
    const { waiting } = LIMITS.dynamicIssuers
    const { signal } = new AbortController()
    expect(waiting).toBe(1000)
    for (let i = 0; i < 2; i++) acquire(true)
    const newOnes = Array.from({ length: waiting }, () => acquire(false))
    await expect(slots.acquire(false, signal)).rejects.toThrow(BusyError)
    for (let i = 0; i < waiting; i++) acquire(true)
    await expect(slots.acquire(true, signal)).rejects.toThrow(BusyError)
    newOnes[500]!.abort.abort()
    const waitsAgain = Promise.race([slots.acquire(false, signal), settled()])
    expect(await waitsAgain).toBeUndefined()
    expect(running).toHaveLength(2)
  })

  it('CallSlots never runs more calls than allowed, starts them in order, and never leaves a slot unused, for random operations', async () => {
    const operation = fc.record({
      kind: fc.constantFrom('known', 'known', 'new', 'new', 'release', 'release', 'abort'),
      which: fc.nat({ max: 20 }),
      waits: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 6 }),
        fc.array(operation, { maxLength: 60 }),
        async (max, operations) => {
          const { running, acquire } = createSlots(max)
          const callers: Caller[] = []
          for (const { kind, which, waits } of operations) {
            const idle = callers.filter(
              ({ release, abort }) => release === undefined && !abort.signal.aborted,
            )
            if (kind === 'release') running[which % Math.max(1, running.length)]?.release!()
            else if (kind === 'abort') idle[which % Math.max(1, idle.length)]?.abort.abort()
            else callers.push(acquire(kind === 'known'))
            if (!waits) continue
            await settled()
            const isWaiting = (isKnown: boolean) =>
              callers.some(
                (caller) =>
                  caller.isKnown === isKnown &&
                  caller.release === undefined &&
                  !caller.abort.signal.aborted,
              )
            const newOnes = running.filter(({ isKnown }) => !isKnown).length
            const maxNew = max - Math.ceil(max / 4)
            expect(running.length).toBeLessThanOrEqual(max)
            expect(newOnes).toBeLessThanOrEqual(maxNew)
            if (isWaiting(true)) expect(running).toHaveLength(max)
            if (isWaiting(false) && newOnes < maxNew) expect(running).toHaveLength(max)
          }
          await settled()
          for (const isKnown of [true, false]) {
            const started = callers.map(
              (caller) =>
                caller.isKnown !== isKnown ||
                caller.release !== undefined ||
                caller.abort.signal.aborted,
            )
            const firstWaiting = started.indexOf(false)
            const later = callers.slice(firstWaiting + 1)
            const overtaking =
              firstWaiting === -1
                ? []
                : later.filter((caller) => caller.isKnown === isKnown && running.includes(caller))
            expect(overtaking).toEqual([])
          }
        },
      ),
      { numRuns: 100 },
    )
  })
})
