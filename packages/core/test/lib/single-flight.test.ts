import { describe, expect, it } from 'vitest'
import { settled } from '../../../../test/support/fake-clock.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { SingleFlight } from '../../src/lib/single-flight.ts'

/** Creates a single-flight group whose calls end when the test ends them. Each call returns its number. */
function setup() {
  let now = 0
  const ends: ((error?: Error) => void)[] = []
  const calls = new SingleFlight<number>({ ...systemClock, monotonic: () => now }, Infinity)
  const work = () =>
    new Promise<number>((resolve, reject) => {
      const number = ends.length + 1
      ends.push((error) => (error === undefined ? resolve(number) : reject(error)))
    })
  return {
    join: (maxAge: number, key = 'a') => calls.join(key, maxAge, work).result,
    isNew: (maxAge: number) => calls.join('a', maxAge, work).isNew,
    begun: () => ends.length,
    end: async (number: number, error?: Error) => {
      ends[number - 1]!(error)
      await settled()
    },
    pass: (milliseconds: number) => void (now += milliseconds),
  }
}

describe('SingleFlight', () => {
  it('SingleFlight.join shares one call between callers with the same key, and starts another call for another key', async () => {
    const { join, begun, end } = setup()
    const [first, second, other] = [join(10), join(10), join(10, 'b')]
    expect(begun()).toBe(2)
    await end(1)
    await end(2)
    expect(await Promise.all([first, second, other])).toEqual([1, 1, 2])
    void join(10)
    expect(begun()).toBe(3)
  })

  it('SingleFlight.join shares the next call between all callers for whom the running call is too old', async () => {
    const { join, begun, end, pass } = setup()
    const first = join(10)
    pass(10)
    const late = [join(10), join(0), join(10)]
    const joined = join(11)
    expect(begun()).toBe(1)
    await end(1)
    expect(begun()).toBe(2)
    await end(2)
    expect(await Promise.all([first, joined, ...late])).toEqual([1, 1, 2, 2, 2])
  })

  it('SingleFlight.join with maxAge 0 never returns the running call', async () => {
    const { join, begun, end } = setup()
    const all = [join(0), join(0), join(0)]
    await end(1)
    const more = join(0)
    await end(2)
    await end(3)
    expect(await Promise.all([...all, more])).toEqual([1, 2, 2, 3])
    expect(begun()).toBe(3)
  })

  it('SingleFlight.join returns isNew: true for a call that starts now or later, and isNew: false for a running call', async () => {
    const { isNew, pass } = setup()
    expect(isNew(10)).toBe(true)
    expect([isNew(10), isNew(0), isNew(0)]).toEqual([false, true, true])
    pass(10)
    expect([isNew(11), isNew(10)]).toEqual([false, true])
  })

  it('SingleFlight.join starts the next call even if the running call fails', async () => {
    const { join, end } = setup()
    const failed = join(10).catch((error: Error) => error.message)
    const next = join(0)
    await end(1, new Error('failed'))
    await end(2)
    expect([await failed, await next]).toEqual(['failed', 2])
  })
})
