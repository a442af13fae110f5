import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../../test/support/fake-clock.ts'
import { getLostAfter, joinOrRestart, joinWork, LOST } from '../../src/lib/shared-work.ts'

const never = new Promise<string>(() => {})

describe('joinWork', () => {
  it('joinWork and joinOrRestart return the work itself in runtimes that do not cancel work', () => {
    const work = Promise.resolve('done')
    const lostAfter = getLostAfter(1000)
    expect(lostAfter).toBe(Infinity)
    expect(joinWork(work, fakeClock(), lostAfter)).toBe(work)
    expect(joinOrRestart(work, fakeClock(), lostAfter, () => 'again')).toBe(work)
  })

  it('joinWork resolves to the result of the work, and then has no timer', async () => {
    const clock = fakeClock()
    expect(await joinWork(Promise.resolve('done'), clock, 4500)).toBe('done')
    expect(clock.pending()).toBe(0)
  })

  it('joinWork resolves to LOST if the runtime rejects the promise of cancelled work', async () => {
    const clock = fakeClock()
    const cancelled = Promise.reject(new Error('created by a request that has ended'))
    expect(await joinWork(cancelled, clock, 4500)).toBe(LOST)
    expect(clock.pending()).toBe(0)
  })

  it('joinWork resolves to LOST after the given time', async () => {
    const clock = fakeClock()
    const result = joinWork(never, clock, 4500)
    clock.advance(4.499)
    expect(clock.pending()).toBe(1)
    clock.advance(0.001)
    expect(await result).toBe(LOST)
  })
})
