import { describe, expect, it } from 'vitest'
import { fc } from '../../../../test/support/property.ts'
import { includesText } from '../../src/lib/includes-text.ts'

describe('includesText', () => {
  it('includesText returns the same as includes for any list, whether it is frozen or not', () => {
    const name = fc.constantFrom('a', 'b', 'c d', '__proto__', 'constructor', '', 'read:reports')
    fc.assert(
      fc.property(fc.array(fc.oneof(name, fc.string()), { maxLength: 30 }), name, (list, one) => {
        for (const scopes of [list, Object.freeze([...list])]) {
          for (const each of [one, ...list, `${one} `])
            expect(includesText(scopes, each)).toBe(scopes.includes(each))
        }
      }),
    )
  })

  it('includesText reads the current elements of a long list that is not frozen', () => {
    const scopes = Array.from({ length: 20 }, (_, i) => `scope:${i}`)
    expect(includesText(scopes, 'admin')).toBe(false)
    scopes.push('admin')
    expect(includesText(scopes, 'admin')).toBe(true)
    scopes.pop()
    expect(includesText(scopes, 'admin')).toBe(false)
  })
})
