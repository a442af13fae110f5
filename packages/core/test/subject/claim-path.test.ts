import { describe, expect, it } from 'vitest'
import { withPollutedPrototype } from '../support/with-polluted-prototype.ts'
import { fc } from '../../../../test/support/property.ts'
import {
  type ClaimPath,
  getClaim,
  isClaimPath,
  isSameClaim,
  showClaimPath,
} from '../../src/subject/claim-path.ts'

const CLAIMS = {
  plan: 'gold',
  'realm_access.roles': ['literal'],
  'https://example.com/roles': ['namespaced'],
  realm_access: { roles: ['admin'], 'a.b': 1 },
  resource_access: [{ roles: ['in an array'] }],
  nothing: null,
}

describe('getClaim', () => {
  it.each<[path: ClaimPath, value: unknown]>([
    ['plan', 'gold'],
    [['plan'], 'gold'],
    ['realm_access.roles', ['literal']],
    ['https://example.com/roles', ['namespaced']],
    [['realm_access', 'roles'], ['admin']],
    [['realm_access', 'a.b'], 1],
    ['nothing', null],
    ['missing', undefined],
    [['realm_access', 'missing'], undefined],
    [['missing', 'roles'], undefined],
    [['nothing', 'roles'], undefined],
    [['plan', 'length'], undefined],
    [['realm_access', 'roles', '0'], undefined],
    [['resource_access', '0', 'roles'], undefined],
    [['resource_access', 'length'], undefined],
    ['__proto__', undefined],
    ['toString', undefined],
    [['__proto__', 'polluted'], undefined],
    [['realm_access', '__proto__'], undefined],
    [['realm_access', 'constructor'], undefined],
  ])('getClaim reads %j as %j', (path, value) => {
    expect(getClaim(CLAIMS, path)).toEqual(value)
  })

  it('getClaim returns undefined for members of Object.prototype at any level', () => {
    const found = withPollutedPrototype({ polluted: { roles: ['admin'] }, roles: ['admin'] }, () =>
      (['polluted', ['polluted', 'roles'], ['realm_access', 'polluted'], 'roles'] as const).map(
        (path) => getClaim(CLAIMS, path),
      ),
    )
    expect(found).toEqual([undefined, undefined, undefined, undefined])
  })

  it('getClaim returns the value at the end of any path of own members', () => {
    const names = fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(names, fc.jsonValue(), (path, value) => {
        const claims = path.reduceRight<unknown>(
          (inner, name) => Object.fromEntries([[name, inner]]),
          value,
        )
        expect(getClaim(claims as Record<string, unknown>, path)).toEqual(value)
        expect(getClaim({}, path)).toBeUndefined()
      }),
    )
  })
})

describe('isClaimPath', () => {
  it.each(['a', 'https://example.com/roles', 'a.b', ['a'], ['a', 'b.c']].map((path) => [path]))(
    'isClaimPath accepts %j',
    (path) => expect(isClaimPath(path)).toBe(true),
  )

  it.each([[''], [[]], [['']], [['a', '']], [['a', 1]], [[['a']]], [null], [undefined], [{}], [1]])(
    'isClaimPath refuses %j',
    (path) => expect(isClaimPath(path)).toBe(false),
  )

  it('isClaimPath refuses an array with a hole', () => {
    expect(isClaimPath(Object.assign(['a'], { length: 2 }))).toBe(false)
  })
})

it('isSameClaim returns true for equal names and paths, and for a name and the path with only this name', () => {
  expect(isSameClaim('a', ['a'])).toBe(true)
  expect(isSameClaim(['a', 'b'], ['a', 'b'])).toBe(true)
  expect(isSameClaim('a.b', ['a', 'b'])).toBe(false)
  expect(isSameClaim(['a'], ['a', 'b'])).toBe(false)
})

it('showClaimPath returns a name unchanged, and a path with > between its names', () => {
  expect(showClaimPath('a.b')).toBe('a.b')
  expect(showClaimPath(['a', 'b'])).toBe('a > b')
})
