import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { fc } from '../../../../test/support/property.ts'
import { BoundedCache } from '../../src/lib/bounded-cache.ts'

/** Creates a cache of texts. The size of a text in bytes is its length. */
const createCache = (maxEntries: number, maxBytes = Infinity) =>
  new BoundedCache<string>(maxEntries, maxBytes, (text) => text.length)

describe('BoundedCache', () => {
  it('BoundedCache.get and peek return the value that was set last, and undefined after delete and clear', () => {
    const cache = createCache(10)
    cache.set('a', 'one')
    cache.set('a', 'three')
    cache.set('b', 'two')
    expect([cache.get('a'), cache.peek('b'), cache.get('c')]).toEqual(['three', 'two', undefined])
    expect([cache.size, cache.bytes]).toEqual([2, 8])
    cache.delete('a')
    cache.delete('a')
    expect([cache.get('a'), cache.size, cache.bytes]).toEqual([undefined, 1, 3])
    cache.clear()
    expect([cache.get('b'), cache.size, cache.bytes]).toEqual([undefined, 0, 0])
  })

  it('BoundedCache.set evicts the oldest entry that was not read', () => {
    const cache = createCache(3)
    for (const key of ['a', 'b', 'c']) cache.set(key, key)
    cache.get('a')
    cache.peek('b')
    cache.set('d', 'd')
    expect(['a', 'b', 'c', 'd'].filter((key) => cache.peek(key))).toEqual(['a', 'c', 'd'])
  })

  it('BoundedCache.set evicts entries that were not read since the last search for an unread entry, even if all newer entries are unread, too', () => {
    const cache = createCache(3)
    const has = (...keys: string[]) => keys.filter((key) => cache.peek(key) !== undefined)
    for (const key of ['a', 'b', 'c']) cache.set(key, key)
    cache.get('a')
    cache.get('b')
    cache.set('d', 'd')
    expect(has('a', 'b', 'c', 'd')).toEqual(['a', 'b', 'd'])
    cache.set('e', 'e')
    cache.set('f', 'f')
    expect(has('a', 'b')).toHaveLength(0)
    expect(cache.size).toBe(3)
  })

  it('BoundedCache.set keeps entries that are read between two insertions, for any number of other insertions', () => {
    const cache = createCache(10)
    for (let i = 0; i < 5; i++) cache.set(`hot${i}`, '')
    for (let i = 0; i < 1000; i++) {
      for (let j = 0; j < 5; j++) expect(cache.get(`hot${j}`)).toBe('')
      cache.set(`cold${i}`, '')
    }
  })

  it('BoundedCache.set evicts an entry if all entries were read', () => {
    const cache = createCache(3)
    for (const key of ['a', 'b', 'c']) cache.set(key, key)
    for (const key of ['a', 'b', 'c']) cache.get(key)
    cache.set('d', 'd')
    expect(cache.size).toBe(3)
    expect(cache.peek('d')).toBe('d')
  })

  it('BoundedCache.set does not store a value with more than maxBytes, and removes the previous value of its key', () => {
    const cache = createCache(3, 4)
    cache.set('a', 'four')
    cache.set('a', 'fives')
    expect([cache.peek('a'), cache.size, cache.bytes]).toEqual([undefined, 0, 0])
  })

  it('onRemove of BoundedCache is called for each entry that is evicted, deleted or replaced, and not by clear', () => {
    const removed: string[] = []
    const onRemove = (key: string, value: string) => void removed.push(`${key}=${value}`)
    const cache = new BoundedCache<string>(2, 10, ({ length }) => length, onRemove)
    const takeRemoved = () => removed.splice(0)
    cache.set('a', '1')
    cache.set('b', '2')
    cache.delete('c')
    expect(takeRemoved()).toEqual([])
    cache.set('a', '3')
    expect(takeRemoved()).toEqual(['a=1'])
    cache.set('c', '4')
    expect(takeRemoved()).toEqual(['b=2'])
    cache.delete('a')
    expect(takeRemoved()).toEqual(['a=3'])
    cache.set('d', '9 octets.')
    expect(cache.values()).toEqual(['4', '9 octets.'])
    cache.set('c', 'more than 10 octets')
    expect(takeRemoved()).toEqual(['c=4'])
    cache.clear()
    expect(takeRemoved()).toEqual([])
    expect(cache.values()).toEqual([])
  })

  it('BoundedCache no longer contains and counts an entry when onRemove is called for this entry', () => {
    const seen: unknown[] = []
    const cache: BoundedCache<string> = new BoundedCache(
      2,
      10,
      ({ length }) => length,
      (key) => seen.push([key, cache.peek(key), cache.size, cache.bytes]),
    )
    cache.set('a', 'one')
    cache.set('b', 'two')
    cache.delete('a')
    cache.set('b', 'four')
    expect(seen).toEqual([
      ['a', undefined, 1, 3],
      ['b', undefined, 0, 0],
    ])
  })

  it('onRemove of BoundedCache is called once for each value that is no longer in the cache, for random operations', () => {
    const operation = fc.record({
      kind: fc.constantFrom('set', 'set', 'get', 'delete'),
      key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      bytes: fc.integer({ min: 1, max: 14 }),
    })
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 80 }), (operations) => {
        interface Value {
          readonly bytes: number
        }
        const removed: Value[] = []
        const cache = new BoundedCache<Value>(
          4,
          12,
          ({ bytes }) => bytes,
          (_, value) => removed.push(value),
        )
        const added = new Set<Value>()
        for (const { kind, key, bytes } of operations) {
          const value = { bytes }
          if (kind === 'get') cache.get(key)
          else if (kind === 'delete') cache.delete(key)
          else {
            cache.set(key, value)
            // A value that alone is too large is never stored, so it is not removed.
            if (bytes <= 12) added.add(value)
          }
          expect(new Set(removed).size).toBe(removed.length)
          expect(new Set([...removed, ...cache.values()])).toEqual(added)
          expect(removed.length + cache.size).toBe(added.size)
        }
      }),
    )
  })

  it.each<[operation: string, change: (cache: BoundedCache<object>, i: number) => void]>([
    ['set of the same keys', (cache, i) => cache.set(String(i % 10), {})],
    [
      'delete and set',
      (cache, i) => {
        cache.delete(String(i - 10))
        cache.set(String(i), {})
      },
    ],
    [
      'clear and set',
      (cache, i) => {
        if (i % 10 === 0) cache.clear()
        cache.set(String(i), {})
      },
    ],
  ])(
    'a BoundedCache that is never full releases values that are no longer in the cache: %s',
    async (_, change) => {
      setFlagsFromString('--expose-gc')
      const collect = runInNewContext('gc') as () => void
      const cache = new BoundedCache<object>(1000, Infinity, () => 1)
      const references = Array.from({ length: 100 }, (_entry, i) => {
        const value = {}
        cache.set(`first${i}`, value)
        return new WeakRef(value)
      })
      for (let i = 0; i < 100; i++) cache.delete(`first${i}`)
      for (let i = 0; i < 20_000; i++) change(cache, i)
      await new Promise((resolve) => setImmediate(resolve))
      collect()
      expect(references.filter((reference) => reference.deref() !== undefined)).toEqual([])
      expect(cache.size).toBeLessThanOrEqual(10)
    },
  )

  it('BoundedCache stays within its limits, and returns only values that were set last, for random operations', () => {
    const operation = fc.record({
      kind: fc.constantFrom('set', 'set', 'get', 'delete', 'clear'),
      key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      value: fc.string({ maxLength: 6 }),
    })
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 80 }), (operations) => {
        const cache = createCache(4, 12)
        const all = new Map<string, string>()
        for (const { kind, key, value } of operations) {
          if (kind === 'set') {
            cache.set(key, value)
            all.set(key, value)
            expect(cache.peek(key)).toBe(value)
          } else if (kind === 'get') cache.get(key)
          else if (kind === 'clear') cache.clear()
          else cache.delete(key)
          if (kind === 'delete') expect(cache.peek(key)).toBeUndefined()
          const kept = [...all].filter(([each]) => cache.peek(each) !== undefined)
          for (const [each, last] of kept) expect(cache.peek(each)).toBe(last)
          expect(cache.size).toBe(kept.length)
          expect(cache.size).toBeLessThanOrEqual(4)
          expect(cache.bytes).toBe(kept.reduce((sum, [, { length }]) => sum + length, 0))
          expect(cache.bytes).toBeLessThanOrEqual(12)
        }
      }),
    )
  })
})
