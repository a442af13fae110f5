import { ConfigurationError, memoryReplay, ReplayStoreError } from '@bearward/core'
import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../../test/support/fake-clock.ts'
import { fc } from '../../../../test/support/property.ts'
import { MemoryReplayStore } from '../../src/binding/memory-replay-store.ts'

const proof = (id: string, key = 'a-key', ttl = 60_000) => ({ id, key, ttl })

function setup({ maxEntries = 100, maxPerKey = 50 } = {}) {
  const clock = fakeClock()
  return { clock, store: new MemoryReplayStore({ maxEntries, maxPerKey }, clock) }
}

describe('memoryReplay', () => {
  it('9449-36: firstUse of memoryReplay returns true once, and then false until the entry has expired', () => {
    const { clock, store } = setup()
    expect(store.firstUse(proof('a'))).toBe(true)
    clock.advance(59.999)
    expect(store.firstUse(proof('a'))).toBe(false)
    clock.advance(1)
    expect(store.firstUse(proof('a'))).toBe(true)
  })

  it('firstUse of memoryReplay does not extend the time for which an entry is remembered', () => {
    const { clock, store } = setup()
    store.firstUse(proof('a'))
    clock.advance(59)
    expect(store.firstUse(proof('a'))).toBe(false)
    clock.advance(2)
    expect(store.firstUse(proof('a'))).toBe(true)
  })

  it('9449-43: firstUse of a full memoryReplay throws and keeps all entries, and returns true again when entries have expired', () => {
    const { clock, store } = setup({ maxEntries: 3 })
    for (const id of ['a', 'b', 'c']) expect(store.firstUse(proof(id))).toBe(true)
    expect(() => store.firstUse(proof('d'))).toThrow(ReplayStoreError)
    for (const id of ['a', 'b', 'c']) expect(store.firstUse(proof(id))).toBe(false)
    expect(store.size).toBe(3)
    clock.advance(61)
    expect(store.firstUse(proof('d'))).toBe(true)
    expect(store.size).toBe(1)
  })

  it('9449-43: firstUse of memoryReplay throws for a key that has filled its part of the store, and not for other keys', () => {
    const { clock, store } = setup({ maxPerKey: 2 })
    store.firstUse(proof('a'))
    store.firstUse(proof('b'))
    expect(() => store.firstUse(proof('c'))).toThrow('one key has used the maximum')
    expect(store.firstUse(proof('a'))).toBe(false)
    expect(store.firstUse(proof('c', 'another-key'))).toBe(true)
    clock.advance(61)
    expect(store.firstUse(proof('d'))).toBe(true)
  })

  it('firstUse of memoryReplay keeps entries if the clock is set back, and throws if the clock fails', () => {
    const { clock, store } = setup()
    store.firstUse(proof('a'))
    clock.jump(-3600)
    expect(store.firstUse(proof('a'))).toBe(false)
    const broken = new MemoryReplayStore(
      { maxEntries: 9, maxPerKey: 9 },
      { now: () => NaN, monotonic: () => 0 },
    )
    expect(() => broken.firstUse(proof('a'))).toThrow(ReplayStoreError)
  })

  it('firstUse of memoryReplay remembers every entry for at least its ttl and at most one second more, for random uses', () => {
    const use = fc.record({
      id: fc.integer({ min: 0, max: 20 }),
      ttl: fc.integer({ min: 1, max: 9000 }),
      wait: fc.integer({ min: 0, max: 3000 }),
    })
    fc.assert(
      fc.property(fc.array(use, { maxLength: 60 }), (uses) => {
        const { clock, store } = setup()
        const ends = new Map<number, number>()
        for (const { id, ttl, wait } of uses) {
          clock.advance(wait / 1000)
          const end = ends.get(id) ?? -Infinity
          const isFirst = store.firstUse(proof(String(id), `key-${id % 3}`, ttl))
          if (clock.now() < end) expect(isFirst).toBe(false)
          if (clock.now() >= end + 1000) expect(isFirst).toBe(true)
          if (isFirst) ends.set(id, clock.now() + ttl)
        }
        clock.advance(20)
        store.firstUse(proof('last'))
        expect(store.size).toBe(1)
      }),
    )
  })

  it.each([
    [{ maxEntries: 0 }, 'maxEntries must be a whole number'],
    [{ maxPerKey: 1.5 }, 'maxPerKey must be a whole number'],
    [{ max: 5 }, 'max is not an option'],
    [{ clock: 5 }, 'clock must be'],
    [null, 'must be an object'],
  ])('memoryReplay throws a ConfigurationError for the options %j', (options, message) => {
    expect(() => memoryReplay(options as object)).toThrow(ConfigurationError)
    expect(() => memoryReplay(options as object)).toThrow(message)
  })
})
