import { describe, expect, it } from 'vitest'
import { fc } from '../../../../test/support/property.ts'
import { hasScope } from '../../src/lib/has-scope.ts'

describe('hasScope', () => {
  it('hasScope returns the same as includes for any list of scopes, whether it is frozen or not', () => {
    const name = fc.constantFrom('a', 'b', 'c d', '__proto__', 'constructor', '', 'read:reports')
    fc.assert(
      fc.property(fc.array(fc.oneof(name, fc.string()), { maxLength: 30 }), name, (list, one) => {
        for (const scopes of [list, Object.freeze([...list])]) {
          for (const each of [one, ...list, `${one} `])
            expect(hasScope(scopes, each)).toBe(scopes.includes(each))
        }
      }),
    )
  })

  it('hasScope reads the current elements of a long list that is not frozen', () => {
    const scopes = Array.from({ length: 20 }, (_, i) => `scope:${i}`)
    expect(hasScope(scopes, 'admin')).toBe(false)
    scopes.push('admin')
    expect(hasScope(scopes, 'admin')).toBe(true)
    scopes.pop()
    expect(hasScope(scopes, 'admin')).toBe(false)
  })
})
