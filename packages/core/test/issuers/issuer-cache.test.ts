import { describe, expect, it } from 'vitest'
import { fc } from '../../../../test/support/property.ts'
import { IssuerCache } from '../../src/issuers/issuer-cache.ts'
import { LIMITS } from '../../src/limits.ts'

/** A cached issuer: its name, and a number that no other value has. */
interface Value {
  readonly name: string
  readonly id: number
}

/** Creates a cache. `takeRemoved` returns the values for which the cache has called `onRemove` since the last call. */
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
  /** Adds an issuer, and records that a token of the issuer was verified. */
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
  it('IssuerCache has a quarter of maxEntries as additional places for issuers without a verified token, and evicts the oldest of these first', () => {
    const { cache, add, takeRemoved } = createCache(16)
    for (const name of createNames(4, 'new')) add(name)
    expect(takeRemoved()).toEqual([])
    // Reading does not change the order, because an attacker can send a token with the name of a tenant.
    for (let i = 0; i < 3; i++) cache.get('new0')
    add('another')
    expect(toNames(takeRemoved())).toEqual(['new0'])
    add('yet another')
    expect(toNames(takeRemoved())).toEqual(['new1'])
    expect(toNames(cache.values())).toEqual(['new2', 'new3', 'another', 'yet another'])
  })

  it('10,000 issuers without a verified token do not evict an issuer with a verified token', () => {
    const { add, addProved, takeRemoved, has } = createCache(16)
    const proved = createNames(16, 'proved')
    for (const name of proved) addProved(name)
    for (const name of createNames(10_000, 'new')) add(name)
    expect(proved.filter(has)).toEqual(proved)
    expect(takeRemoved().filter(({ name }) => name.startsWith('proved'))).toEqual([])
  })

  it('IssuerCache.prove evicts the issuer that was not read for the longest time if maxEntries issuers have a verified token', () => {
    const { cache, addProved, takeRemoved, has } = createCache(16)
    for (const name of createNames(16, 'proved')) addProved(name)
    for (const name of createNames(16, 'proved')) if (name !== 'proved5') cache.get(name)
    addProved('another')
    expect(toNames(takeRemoved())).toEqual(['proved5'])
    expect(has('another')).toBe(true)
  })

  it('IssuerCache.prove frees a place for another issuer without a verified token, and does not call onRemove', () => {
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

  it('IssuerCache.prove with a value that was evicted or replaced does not add the value, and isKnown returns true for its name afterwards', () => {
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

  it('IssuerCache.isKnown returns true for a deleted issuer with a verified token, but set adds this issuer to those without a verified token', () => {
    const { cache, add, addProved, has } = createCache(8)
    addProved('a')
    cache.delete('a')
    expect([has('a'), cache.isKnown('a')]).toEqual([false, true])
    add('a')
    for (const name of createNames(100, 'new')) add(name)
    expect(has('a')).toBe(false)
  })

  it('onRemove of IssuerCache is called once if an issuer is replaced or deleted, and delete of an unknown name does nothing', () => {
    const { cache, add, addProved, takeRemoved } = createCache(8)
    const [proved, unproved] = [addProved('a'), add('b')]
    const [newProved, newUnproved] = [add('a'), add('b')]
    expect(takeRemoved()).toEqual([proved, unproved])
    for (const name of ['a', 'a', 'b', 'b', 'c']) cache.delete(name)
    expect(takeRemoved()).toEqual([newProved, newUnproved])
    expect(cache.values()).toEqual([])
  })

  it('IssuerCache.get marks an issuer as used, and peek does not', () => {
    const { cache, addProved, has } = createCache(8)
    for (const name of createNames(8, 'proved')) addProved(name)
    cache.get('proved0')
    cache.peek('proved1')
    addProved('another')
    expect([has('proved0'), has('proved1')]).toEqual([true, false])
  })

  it('IssuerCache.isKnown returns true for the names of the last issuers with a verified token, up to ten times maxEntries', () => {
    const { cache, addProved } = createCache(8)
    const names = createNames(8 * LIMITS.dynamicIssuers.knownNames, 'proved')
    for (const name of names) addProved(name)
    expect(names.filter((name) => !cache.isKnown(name))).toEqual([])
    addProved('another')
    expect(names.filter((name) => !cache.isKnown(name))).toHaveLength(1)
  })

  it('IssuerCache.get returns the latest value of an issuer even if its name is no longer known', () => {
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
          /** The values in the cache, by name. Issuers without a verified token are in the order in which they were added. */
          const model = new Map<string, Value>()
          const proved = new Set<Value>()
          const known = new Set<string>()
          const all: Value[] = []
          const removedBefore = new Set<Value>()
          for (const { kind, name, which } of operations) {
            const before = [...model.values()]
            const previous = model.get(name)
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
              if (previous !== undefined && proved.has(previous)) proved.add(added)
            }
            const evicted = removed.filter((value) => value !== previous)
            expect(removed.includes(previous!)).toBe(
              previous !== undefined && (kind === 'add' || kind === 'delete'),
            )
            // An issuer without a verified token evicts only the oldest issuer of this kind.
            const oldest = before.find((value) => !proved.has(value) && value !== previous)
            if (kind === 'add') expect(evicted.filter((value) => value !== oldest)).toEqual([])
            // Only `prove` of a new issuer evicts an issuer with a verified token, and evicts only one.
            const isProving = kind === 'prove' || kind === 'proveOld'
            const evictedProved = evicted.filter((value) => proved.has(value))
            expect(evictedProved.length).toBeLessThanOrEqual(isProving ? 1 : 0)

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
