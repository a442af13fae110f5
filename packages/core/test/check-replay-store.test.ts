import { checkReplayStore, type ReplayStore } from '@bearward/core/check-replay-store'
import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../test/support/fake-clock.ts'
import { MemoryReplayStore } from '../src/binding/memory-replay-store.ts'

/** Creates a correct store with a clock that `advance` changes. */
function createStore() {
  const entries = new Map<string, number>()
  const state = { now: 0, capacity: Infinity, isBroken: false }
  const store: ReplayStore = {
    firstUse({ id, ttl }) {
      if (state.isBroken) throw new Error('unavailable')
      if ((entries.get(id) ?? -1) > state.now) return false
      if (entries.size >= state.capacity) throw new Error('full')
      entries.set(id, state.now + ttl)
      return true
    },
  }
  return {
    store,
    entries,
    options: {
      advance: (milliseconds: number) => void (state.now += milliseconds),
      breakStore: () => void (state.isBroken = true),
      restoreStore: () => void (state.isBroken = false),
      fill: () => void (state.capacity = 0),
      timeout: 500,
    },
  }
}

/** Returns the violations of a store, one in each line. */
async function findViolations(...args: Parameters<typeof checkReplayStore>): Promise<string> {
  try {
    await checkReplayStore(...args)
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

describe('checkReplayStore', () => {
  it('checkReplayStore resolves for the store in memory', async () => {
    const clock = fakeClock()
    const limits = { maxEntries: 3000, maxPerKey: 10 }
    const store = new MemoryReplayStore(limits, clock)
    await checkReplayStore(store, {
      advance: (milliseconds) => clock.advance(milliseconds / 1000),
      fill() {
        while (store.size < limits.maxEntries)
          store.firstUse({ id: String(store.size), key: String(store.size), ttl: 60_000 })
      },
    })
  })

  it('checkReplayStore with all options resolves for a correct store', async () => {
    const { store, options } = createStore()
    await checkReplayStore(store, options)
  })

  it('checkReplayStore without options resolves for a correct store', async () => {
    const entries = new Map<string, number>()
    await checkReplayStore({
      async firstUse({ id, ttl }) {
        if ((entries.get(id) ?? 0) > performance.now()) return false
        entries.set(id, performance.now() + ttl)
        return true
      },
    })
  })

  it.each<[name: string, change: (store: ReplayStore) => ReplayStore, violation: string]>([
    [
      'always returns true',
      () => ({ firstUse: () => true }),
      'Another use of the same id must return false, but it returns true.',
    ],
    [
      'returns the string OK',
      (store) => ({
        firstUse: async (proof) => ((await store.firstUse(proof)) && 'OK') as boolean,
      }),
      'The first use of a proof must return true, but it returns a value of type string.',
    ],
    [
      'checks and records in two steps',
      () => {
        const ids = new Set<string>()
        return {
          async firstUse({ id }) {
            const isFirst = !ids.has(id)
            await Promise.resolve()
            ids.add(id)
            return isFirst
          },
        }
      },
      'Of 100 simultaneous uses of an id, exactly one must return true, not 100.',
    ],
    [
      'forgets a use before its ttl',
      (store) => ({ firstUse: (proof) => store.firstUse({ ...proof, ttl: proof.ttl / 2 }) }),
      'A use must be remembered for its ttl, but another use before the end of the ttl returns true.',
    ],
    [
      'never forgets',
      (store) => ({ firstUse: (proof) => store.firstUse({ ...proof, ttl: Infinity }) }),
      'A use must be forgotten after its ttl',
    ],
    [
      'removes the oldest entry',
      () => {
        const ids = new Set<string>()
        return {
          firstUse({ id }) {
            if (ids.has(id)) return false
            if (ids.size === 1000) ids.delete([...ids][0]!)
            ids.add(id)
            return true
          },
        }
      },
      'A use must be remembered for its ttl, but it was forgotten after 2000 other uses.',
    ],
    [
      'ignores the case of ids',
      (store) => ({
        firstUse: (proof) => store.firstUse({ ...proof, id: proof.id.toLowerCase() }),
      }),
      'Ids that differ in one character are different proofs, but the use of the second id returns false.',
    ],
    [
      'compares the keys, too',
      (store) => ({ firstUse: (proof) => store.firstUse({ ...proof, id: proof.id + proof.key }) }),
      'Another use of the same id must return false, but it returns true.',
    ],
    [
      'never settles',
      () => ({ firstUse: () => new Promise<boolean>(() => {}) }),
      'A use does not settle within 5 ms.',
    ],
    [
      'accepts proofs while it is unavailable',
      (store) => ({
        async firstUse(proof) {
          try {
            return await store.firstUse(proof)
          } catch {
            return true
          }
        },
      }),
      'A use must reject if the store is unavailable, but it returns true.',
    ],
    [
      'rejects every use',
      () => ({ firstUse: () => Promise.reject(new Error('no connection')) }),
      'The first use of a proof must return true, but it rejects: no connection.',
    ],
    [
      'has a ready() that rejects',
      (store) => ({ ...store, ready: () => Promise.reject(new Error('no connection')) }),
      'ready() rejects: no connection',
    ],
    [
      'is unsuitable',
      (store) => ({ ...store, configuration: () => 'unsuitable' }),
      "configuration() is 'unsuitable'",
    ],
  ])('checkReplayStore reports a store that %s', async (name, change, violation) => {
    const { store, options } = createStore()
    const timeout = name === 'never settles' ? 5 : options.timeout
    const violations = await findViolations(change(store), { ...options, timeout })
    expect(violations).toContain(`\n- ${violation}`)
  })

  it('checkReplayStore reports a full store that forgets an earlier proof', async () => {
    const { store, options, entries } = createStore()
    const fill = () => entries.clear()
    expect(await findViolations(store, { ...options, fill })).toContain(
      'A full store must not forget a proof before its ttl has passed.',
    )
  })

  it('checkReplayStore reports each violation once, and restores the store', async () => {
    const calls: string[] = []
    const violations = await findViolations(
      { firstUse: () => true },
      {
        breakStore: () => calls.push('break'),
        restoreStore: () => calls.push('restore'),
      },
    )
    const lines = violations.split('\n')
    expect(lines.length).toBeGreaterThan(3)
    expect(lines).toEqual([...new Set(lines)])
    expect(calls).toEqual(['break', 'restore'])
  })

  it('checkReplayStore throws a TypeError before the first use when breakStore is set without restoreStore', async () => {
    let uses = 0
    const firstUse = () => ++uses === 1
    const checked = checkReplayStore({ firstUse }, { breakStore: () => {} })
    await expect(checked).rejects.toThrow(TypeError)
    await expect(checked).rejects.toThrow('breakStore requires restoreStore')
    expect(uses).toBe(0)
  })

  it('checkReplayStore ends after the first use when a store never settles', async () => {
    let uses = 0
    const firstUse = () => {
      uses++
      return new Promise<boolean>(() => {})
    }
    expect(await findViolations({ firstUse }, { timeout: 5 })).toContain('does not settle')
    expect(uses).toBe(1)
  })
})
