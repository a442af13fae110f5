import { AsyncLocalStorage } from 'node:async_hooks'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { fakeClock, settled } from '../../../test/support/fake-clock.ts'
import { groupCalls } from '../src/group-calls.ts'

/**
 * Creates the grouped function, and records its calls. The test settles each call. Each thousand numbers are a group. Negative numbers
 * have no group.
 */
function createCalls(limit = 100) {
  const clock = fakeClock()
  const calls: { items: readonly number[]; resolve(): void; reject(error: Error): void }[] = []
  const handle = groupCalls<number, string>(
    (items) =>
      new Promise((resolve, reject) => {
        calls.push({ items, resolve: () => resolve(items.map(String)), reject })
      }),
    { toGroup: (item) => (item < 0 ? undefined : Math.floor(item / 1000)), clock, limit },
  )
  return { clock, calls, handle }
}

it('groupCalls() collects the items that arrive during a call, and handles them in the next call', async () => {
  const { calls, handle } = createCalls()
  const results = Promise.all([1, 2, 3].map(handle))
  expect(calls.map(({ items }) => items)).toEqual([[1]])
  calls[0]!.resolve()
  await settled()
  expect(calls.map(({ items }) => items)).toEqual([[1], [2, 3]])
  calls[1]!.resolve()
  expect(await results).toEqual(['1', '2', '3'])
})

it('groupCalls() handles the items of two groups, and items without a group, in calls at the same time', async () => {
  const { calls, handle } = createCalls()
  const results = Promise.all([1, 1001, -1, 2, 1002, -2].map(handle))
  expect(calls.map(({ items }) => items)).toEqual([[1], [1001], [-1], [-2]])
  calls[1]!.resolve()
  await settled()
  expect(calls.at(-1)!.items).toEqual([1002])
  calls[0]!.resolve()
  await settled()
  expect(calls.at(-1)!.items).toEqual([2])
  for (const call of calls) call.resolve()
  expect(await results).toEqual(['1', '1001', '-1', '2', '1002', '-2'])
})

it('groupCalls() makes calls outside of the async context of the callers', async () => {
  const contexts: unknown[] = []
  const storage = new AsyncLocalStorage<string>()
  const handle = groupCalls<number, number>(
    async (items) => {
      contexts.push(storage.getStore())
      return items
    },
    { toGroup: () => 'group', clock: fakeClock(), limit: 100 },
  )
  const results = storage.run('request', () => Promise.all([1, 2].map(handle)))
  expect(await results).toEqual([1, 2])
  expect(contexts).toEqual([undefined, undefined])
})

it('groupCalls() rejects all items of a failed call, and handles later items', async () => {
  const { calls, handle } = createCalls()
  const first = handle(1)
  const others = Promise.allSettled([handle(2), handle(3)])
  calls[0]!.resolve()
  expect(await first).toBe('1')
  await settled()
  calls[1]!.reject(new Error('lost'))
  expect((await others).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  await settled()
  const last = handle(4)
  calls[2]!.resolve()
  expect(await last).toBe('4')
})

it('groupCalls() begins the next call if a call takes longer than the limit', async () => {
  const { clock, calls, handle } = createCalls(100)
  const first = handle(1)
  const second = handle(2)
  await settled()
  clock.advance(0.1)
  await settled()
  expect(calls.map(({ items }) => items)).toEqual([[1], [2]])
  calls[1]!.resolve()
  expect(await second).toBe('2')
  // The late result of the first call still arrives.
  calls[0]!.resolve()
  expect(await first).toBe('1')
})

it('groupCalls() handles each item once, in order, and gives each its own result', async () => {
  const step = fc.constantFrom('add', 'resolve', 'reject', 'wait')
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { clock, calls, handle } = createCalls()
      const outcomes: Promise<unknown>[] = []
      const failed = new Set<number>()
      let settledCalls = 0
      for (const name of steps) {
        if (name === 'add') {
          const item = outcomes.length
          outcomes.push(handle(item).catch(() => 'rejected'))
        } else if (name === 'wait') clock.advance(0.1)
        else {
          const call = calls[settledCalls]
          if (call === undefined) continue
          settledCalls += 1
          if (name === 'reject') for (const item of call.items) failed.add(item)
          if (name === 'reject') call.reject(new Error('lost'))
          else call.resolve()
        }
        await settled()
      }
      while (settledCalls < calls.length) {
        calls[settledCalls++]!.resolve()
        await settled()
      }
      const items = outcomes.map((_, item) => item)
      expect(calls.flatMap((call) => call.items)).toEqual(items)
      const expected = items.map((item) => (failed.has(item) ? 'rejected' : String(item)))
      expect(await Promise.all(outcomes)).toEqual(expected)
    }),
  )
})
