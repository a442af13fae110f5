import { describe, expect, it } from 'vitest'
import { fc } from '../../../../test/support/property.ts'
import { TextCache } from '../../src/lib/text-cache.ts'

describe('TextCache', () => {
  it('TextCache.get() returns the value that was added last for a text, for any order of calls', () => {
    const call = fc.record({ text: fc.constantFrom('a', 'b', 'c', ''), adds: fc.boolean() })
    fc.assert(
      fc.property(fc.array(call), (calls) => {
        const cache = new TextCache<number>({ entries: 4, length: 10 })
        const added = new Map<string, number>()
        calls.forEach(({ text, adds }, i) => {
          if (adds) cache.add(text, i)
          if (adds) added.set(text, i)
          expect(cache.get(text)).toBe(added.get(text))
        })
      }),
    )
  })

  it('TextCache.add() evicts the oldest text if there are more than `entries` texts', () => {
    const cache = new TextCache<number>({ entries: 2, length: 10 })
    for (const [i, text] of ['a', 'b', 'c'].entries()) cache.add(text, i)
    expect(['a', 'b', 'c'].map((text) => cache.get(text))).toEqual([undefined, 1, 2])
  })

  it('TextCache.add() ignores a text that is longer than `length` characters', () => {
    const cache = new TextCache<number>({ entries: 2, length: 3 })
    cache.add('abc', 1)
    cache.add('abcd', 2)
    expect([cache.get('abc'), cache.get('abcd')]).toEqual([1, undefined])
  })
})
