import { describe, expect, it } from 'vitest'
import { fc } from '../../../../test/support/property.ts'
import { IssuerCache } from '../../src/issuers/issuer-cache.ts'
import { LIMITS } from '../../src/limits.ts'

/** A cached issuer: its name, and a number that no other value has. */
interface Value {
  readonly name: string
  readonly id: number
}

/** Creates a cache. `removed` are the values for which it has called `onRemove`. */
function createCache(maxEntries: number) {
  const removed: Value[] = []
  const cache = new IssuerCache<Value>(maxEntries, (value) => removed.push(value))
  let count = 0
  /** Adds an issuer, and returns the new value. */
  function add(name: string): Value {
    const value = { name, id: count++ }
    cache.set(name, value)
    return value
  }
  /** Adds an issuer, and records that a token of it was verified. */
  function addProved(name: string): Value {
    const value = add(name)
    cache.prove(name, value)
    return value
  }
  const takeRemoved = () => removed.splice(0)
  const has = (name: string) => cache.peek(name) !== undefined
  return { cache, add, addProved, takeRemoved, has }
}

const toNames = (values: readonly Value[]) => values.map(({ name }) => name)
const createNames = (count: number, prefix: string) =>
  Array.from({ length: count }, (_, i) => `${prefix}${i}`)

describe('IssuerCache', () => {
  it('issuers without a verified token have a quarter of maxEntries in addition, and the oldest of them is evicted first', () => {
    const { cache, add, takeRemoved } = createCache(16)
    for (const name of createNames(4, 'new')) add(name)
    expect(takeRemoved()).toEqual([])
    // Reading does not change the order: anyone can send a token with the name of a tenant.
    for (let i = 0; i < 3; i++) cache.get('new0')
    add('another')
    expect(toNames(takeRemoved())).toEqual(['new0'])
    add('yet another')
    expect(toNames(takeRemoved())).toEqual(['new1'])
    expect(toNames(cache.values())).toEqual(['new2', 'new3', 'another', 'yet another'])
  })

  it('10,000 issuers without a verified token evict none of the proved issuers', () => {
    const { add, addProved, takeRemoved, has } = createCache(16)
    const proved = createNames(16, 'proved')
    for (const name of proved) addProved(name)
    for (const name of createNames(10_000, 'new')) add(name)
    expect(proved.filter(has)).toEqual(proved)
    expect(takeRemoved().filter(({ name }) => name.startsWith('proved'))).toEqual([])
  })

  it('prove evicts a proved issuer that was not read recently if all places for proved issuers are taken', () => {
    const { cache, addProved, takeRemoved, has } = createCache(16)
    for (const name of createNames(16, 'proved')) addProved(name)
    for (const name of createNames(16, 'proved')) if (name !== 'proved5') cache.get(name)
    addProved('another')
    expect(toNames(takeRemoved())).toEqual(['proved5'])
    expect(has('another')).toBe(true)
  })

  it('prove leaves the place for unproved issuers, and does not call onRemove', () => {
    const { cache, add, takeRemoved, has } = createCache(8)
    const first = add('a')
    cache.prove('a', first)
    add('b')
    add('c')
    expect(takeRemoved()).toEqual([])
    expect(['a', 'b', 'c'].filter(has)).toEqual(['a', 'b', 'c'])
    cache.prove('a', first)
    expect(takeRemoved()).toEqual([])
    expect(cache.values()).toHaveLength(3)
  })

  it('prove of a value that was evicted or replaced does not add it, and its name is known afterwards', () => {
    const { cache, add, takeRemoved, has } = createCache(8)
    const evicted = add('a')
    add('b')
    add('c')
    expect(takeRemoved()).toEqual([evicted])
    cache.prove('a', evicted)
    expect([has('a'), cache.isKnown('a')]).toEqual([false, true])
    const replaced = add('b')
    const current = add('b')
    expect(toNames(takeRemoved())).toEqual(['b', 'b'])
    cache.prove('b', replaced)
    expect(cache.peek('b')).toBe(current)
    expect(takeRemoved()).toEqual([])
  })

  it('an issuer that was proved before is known, and is added as an unproved one after it was deleted', () => {
    const { cache, add, addProved, has } = createCache(8)
    addProved('a')
    cache.delete('a')
    expect([has('a'), cache.isKnown('a')]).toEqual([false, true])
    add('a')
    for (const name of createNames(100, 'new')) add(name)
    expect(has('a')).toBe(false)
  })

  it('onRemove is called once if an issuer is replaced or deleted, and delete of an unknown name does nothing', () => {
    const { cache, add, addProved, takeRemoved } = createCache(8)
    const [proved, unproved] = [addProved('a'), add('b')]
    const [newProved, newUnproved] = [add('a'), add('b')]
    expect(takeRemoved()).toEqual([proved, unproved])
    for (const name of ['a', 'a', 'b', 'b', 'c']) cache.delete(name)
    expect(takeRemoved()).toEqual([newProved, newUnproved])
    expect(cache.values()).toEqual([])
  })

  it('peek does not mark an issuer as used, and get does', () => {
    const { cache, addProved, has } = createCache(8)
    for (const name of createNames(8, 'proved')) addProved(name)
    cache.get('proved0')
    cache.peek('proved1')
    addProved('another')
    expect([has('proved0'), has('proved1')]).toEqual([true, false])
  })

  it('isKnown returns true for the names of ten times maxEntries proved issuers', () => {
    const { cache, addProved } = createCache(8)
    const names = createNames(8 * LIMITS.dynamicIssuers.knownNames, 'proved')
    for (const name of names) addProved(name)
    expect(names.filter((name) => !cache.isKnown(name))).toEqual([])
    addProved('another')
    expect(names.filter((name) => !cache.isKnown(name))).toHaveLength(1)
  })

  it('get returns the value that was set last for an issuer that was proved before many others', () => {
    const { cache, add, addProved } = createCache(8)
    addProved('used')
    for (const name of createNames(8 * LIMITS.dynamicIssuers.knownNames, 'other')) {
      addProved(name)
      cache.get('used')
    }
    expect([cache.isKnown('used'), cache.isProved('used')]).toEqual([false, true])
    const latest = add('used')
    expect(cache.get('used')).toBe(latest)
  })
})

describe('IssuerCache and its model', () => {
  const NAMES = createNames(20, 'tenant')
  const operation = fc.record({
    kind: fc.constantFrom('add', 'add', 'add', 'prove', 'prove', 'proveOld', 'get', 'delete'),
    name: fc.constantFrom(...NAMES),
    which: fc.nat({ max: 100 }),
  })

  it('IssuerCache returns the values that were set last, evicts only as allowed, and calls onRemove once for each value, for random operations', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(8, 12, 16),
        fc.array(operation, { maxLength: 150 }),
        (maxEntries, operations) => {
          const { cache, add, takeRemoved } = createCache(maxEntries)
          /** The values in the cache, by name. The unproved ones are in the order in which they were added. */
          const model = new Map<string, Value>()
          const proved = new Set<Value>()
          const known = new Set<string>()
          const all: Value[] = []
          const removedBefore = new Set<Value>()
          for (const { kind, name, which } of operations) {
            const before = [...model.values()]
            const previous = model.get(name)
            const wasKnown = known.has(name)
            let added: Value | undefined
            if (kind === 'add') all.push((added = add(name)))
            else if (kind === 'get') expect(cache.get(name)).toBe(previous)
            else if (kind === 'delete') cache.delete(name)
            else {
              const old = all[which % Math.max(1, all.length)]
              const value = kind === 'prove' ? previous : old
              if (value !== undefined) {
                cache.prove(value.name, value)
                known.add(value.name)
                if (model.get(value.name) === value) proved.add(value)
              }
            }
            const removed = takeRemoved()
            for (const value of removed) {
              expect(removedBefore.has(value)).toBe(false)
              removedBefore.add(value)
              expect(model.get(value.name)).toBe(value)
              model.delete(value.name)
            }
            if (added !== undefined) {
              model.set(name, added)
              if (wasKnown) proved.add(added)
            }
            const evicted = removed.filter((value) => value !== previous)
            expect(removed.includes(previous!)).toBe(
              previous !== undefined && (kind === 'add' || kind === 'delete'),
            )
            // An issuer without a verified token evicts only the oldest of such issuers.
            const oldest = before.find((value) => !proved.has(value) && value !== previous)
            if (kind === 'add' && !wasKnown)
              expect(evicted.filter((value) => value !== oldest)).toEqual([])
            // Only a newly proved issuer evicts a proved one, and then only one.
            const isProving = kind === 'prove' || kind === 'proveOld' || (added && wasKnown)
            const evictedProved = evicted.filter((value) => proved.has(value))
            expect(evictedProved.length).toBeLessThanOrEqual(isProving === true ? 1 : 0)

            for (const each of NAMES) {
              expect(cache.peek(each)).toBe(model.get(each))
              expect(cache.isKnown(each)).toBe(known.has(each))
            }
            expect(new Set(cache.values())).toEqual(new Set(model.values()))
            expect(cache.values()).toHaveLength(model.size)
            const unproved = [...model.values()].filter((value) => !proved.has(value))
            expect(unproved.length).toBeLessThanOrEqual(maxEntries / 4)
            expect(model.size - unproved.length).toBeLessThanOrEqual(maxEntries)
            expect(model.size + removedBefore.size).toBe(all.length)
          }
        },
      ),
      { numRuns: 500 },
    )
  })
})
