import { describe, expect, it } from 'vitest'
import { ISSUER } from '../../../../test/support/issuer.ts'
import { fc } from '../../../../test/support/property.ts'
import type { ClaimCondition } from '../../src/authorization/claim-conditions.ts'
import {
  type CheckedRequirements,
  checkRequirements,
} from '../../src/authorization/requirements.ts'
import { ConfigurationError } from '../../src/errors.ts'
import { systemClock } from '../../src/lib/clock.ts'
import type { Rejection } from '../../src/response/rejection.ts'
import { toAccessToken } from '../../src/token/to-access-token.ts'
import { createSettings, readForStatic } from '../support/settings.ts'

const settings = createSettings({ issuer: ISSUER })

/** Returns the rejection of a token with these claims, or `undefined`. */
function check(claims: object, ...conditions: ClaimCondition[]): Rejection | undefined {
  return decide(claims, readForStatic([{ claims: conditions }], [settings]))
}

function decide(claims: object, requirements: CheckedRequirements): Rejection | undefined {
  const token = toAccessToken({ iss: ISSUER, exp: 1, ...claims }, settings, 'jwt')
  return checkRequirements({
    token,
    verified: { token, issuer: { settings } },
    requirements,
    raw: undefined,
    request: undefined,
    services: { publish: () => {}, clock: systemClock },
  })
}

const roles = ['realm_access', 'roles']

describe('the requirement claims', () => {
  it.each<[condition: ClaimCondition, ...passing: object[]]>([
    [{ claim: 'plan', equals: 'gold' }, { plan: 'gold' }],
    [{ claim: 'level', equals: 3 }, { level: 3 }],
    [{ claim: 'staff', equals: true }, { staff: true }],
    [{ claim: 'staff', equals: false }, { staff: false }],
    [{ claim: 'text', equals: '' }, { text: '' }],
    [{ claim: 'a.b', equals: 'c' }, { 'a.b': 'c' }],
    [{ claim: ['a', 'b'], equals: 'c' }, { a: { b: 'c' } }],
    [
      { claim: roles, includes: 'admin' },
      { realm_access: { roles: ['admin'] } },
      { realm_access: { roles: ['user', 'admin', 1] } },
    ],
    [{ claim: 'levels', includes: 3 }, { levels: [1, 3] }],
    [{ claim: 'groups', includesAny: ['a', 'b'] }, { groups: ['b'] }, { groups: ['x', 'a'] }],
  ])('a guard with claims: [%j] grants a token with %j', (condition, ...passing) => {
    for (const claims of passing) expect(check(claims, condition)).toBeUndefined()
  })

  it.each<[condition: ClaimCondition, claims: object, found: string]>([
    [{ claim: 'plan', equals: 'gold' }, {}, 'no such claim'],
    [{ claim: 'plan', equals: 'gold' }, { plan: 'Gold' }, 'another value (a string)'],
    [{ claim: 'plan', equals: 'gold' }, { plan: 'golden' }, 'another value (a string)'],
    [{ claim: 'plan', equals: 'gold' }, { plan: ['gold'] }, 'another value (an array)'],
    [{ claim: 'plan', equals: 'gold' }, { plan: null }, 'another value (null)'],
    [{ claim: 'level', equals: 3 }, { level: '3' }, 'another value (a string)'],
    [{ claim: 'level', equals: '3' }, { level: 3 }, 'another value (a number)'],
    [{ claim: 'staff', equals: true }, { staff: 1 }, 'another value (a number)'],
    [{ claim: ['a', 'b'], equals: 'c' }, { 'a.b': 'c' }, 'no such claim'],
    [{ claim: 'a.b', equals: 'c' }, { a: { b: 'c' } }, 'no such claim'],
    [{ claim: ['a', 'b'], equals: 'c' }, { a: [{ b: 'c' }] }, 'no such claim'],
    [{ claim: ['a', '0'], equals: 'c' }, { a: ['c'] }, 'no such claim'],
    [{ claim: roles, includes: 'admin' }, { realm_access: { roles: 'admin' } }, 'a string'],
    [{ claim: roles, includes: 'admin' }, { realm_access: { roles: 'administrator' } }, 'a string'],
    [
      { claim: roles, includes: 'admin' },
      { realm_access: { roles: ['administrator', 'Admin', ['admin'], { admin: true }] } },
      'an array without it',
    ],
    [{ claim: roles, includes: 'admin' }, { realm_access: { roles: { 0: 'admin' } } }, 'an object'],
    [{ claim: roles, includes: 'admin' }, { realm_access: ['roles', 'admin'] }, 'no such claim'],
    [{ claim: roles, includes: '1' }, { realm_access: { roles: [1] } }, 'an array without it'],
    [{ claim: 'groups', includesAny: ['a', 'b'] }, { groups: ['ab', 'A'] }, 'an array without it'],
    [{ claim: 'groups', includesAny: ['a'] }, { groups: 'a' }, 'a string'],
    [{ claim: 'toString', equals: 'x' }, {}, 'no such claim'],
    [
      { claim: ['realm_access', '__proto__'], includes: 'x' },
      { realm_access: {} },
      'no such claim',
    ],
  ])('a guard with claims: [%j] refuses a token with %j', (condition, claims, found) => {
    const rejection = check(claims, condition)!
    expect(rejection.reason).toBe('wrong_claim')
    expect(rejection.explanation.found).toBe(found)
  })

  it('the rejection by several conditions names the first claim that does not meet its condition', () => {
    const conditions: ClaimCondition[] = [
      { claim: 'plan', equals: 'gold' },
      { claim: roles, includesAny: ['admin', 'editor'] },
    ]
    const admin = { realm_access: { roles: ['admin'] } }
    expect(check({ plan: 'gold', ...admin }, ...conditions)).toBeUndefined()
    expect(check(admin, ...conditions)!.explanation).toEqual({
      check: 'plan',
      expected: '"gold"',
      found: 'no such claim',
    })
    expect(check({ plan: 'gold' }, ...conditions)!.explanation).toEqual({
      check: 'realm_access > roles',
      expected: 'an array with "admin" or "editor"',
      found: 'no such claim',
    })
  })

  it('the rejection by a condition contains the type of a claim, and never its value', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (secret) => {
        const found = [secret, [secret], { [secret]: secret }].map(
          (value) => check({ plan: value }, { claim: 'plan', equals: '' })!.explanation.found,
        )
        expect(found).toEqual([
          'another value (a string)',
          'another value (an array)',
          'another value (an object)',
        ])
      }),
    )
  })

  it.each<[claims: unknown, problem: string]>([
    [
      [],
      "claims must be an array with at least one condition: [{ claim: 'plan', equals: 'gold' }].",
    ],
    [{ claim: 'a', equals: 'b' }, 'claims must be an array with at least one condition'],
    [['plan'], "claims[0] must be an object such as { claim: 'plan', equals: 'gold' }, not"],
    [[{ equals: 'b' }], 'claims[0].claim must be the name of a claim, or an array of names'],
    [[{ claim: '', equals: 'b' }], 'claims[0].claim must be the name of a claim'],
    [[{ claim: [], equals: 'b' }], 'claims[0].claim must be the name of a claim'],
    [[{ claim: 'a' }], 'claims[0] must have exactly one of equals, includes and includesAny.'],
    [
      [{ claim: 'a', equals: 'b', includes: 'b' }],
      'claims[0] must have exactly one of equals, includes and includesAny.',
    ],
    [
      [{ claim: 'a', equals: undefined }],
      'claims[0].equals must be a text, a number (up to 9007199254740991) or a boolean.',
    ],
    [
      [{ claim: 'a', equals: null }],
      'claims[0].equals must be a text, a number (up to 9007199254740991) or a boolean.',
    ],
    [[{ claim: 'a', equals: 2 ** 53 }], 'claims[0].equals must be a text, a number (up to'],
    [[{ claim: 'a', includes: -1e300 }], 'claims[0].includes must be a text, a number (up to'],
    [[{ claim: 'a', includesAny: [1, 2 ** 53] }], 'claims[0].includesAny must be an array of'],
    [
      [{ claim: 'a', equals: NaN }],
      'claims[0].equals must be a text, a number (up to 9007199254740991) or a boolean.',
    ],
    [
      [{ claim: 'a', includes: ['b'] }],
      'claims[0].includes must be a text, a number (up to 9007199254740991) or a boolean.',
    ],
    [
      [
        { claim: 'a', equals: 'b' },
        { claim: 'a', includesAny: 'b' },
      ],
      'claims[1].includesAny must be an array of texts, numbers (up to 9007199254740991) or booleans.',
    ],
    [[{ claim: 'a', includesAny: [] }], 'claims[0].includesAny must be an array of texts'],
    [[{ claim: 'a', includesAny: ['b', null] }], 'claims[0].includesAny must be an array of texts'],
    [[{ claim: 'a', equal: 'b' }], 'equal is not'],
  ])('readRequirements rejects claims: %j', (claims, problem) => {
    const read = () => readForStatic([{ claims }], [settings])
    expect(read).toThrow(ConfigurationError)
    expect(read).toThrow(problem)
  })

  it('readRequirements copies the conditions in claims, so later changes of the conditions have no effect', () => {
    const values = ['admin']
    const path = ['realm_access', 'roles']
    const condition = { claim: path, includesAny: values }
    const requirements = readForStatic([{ claims: [condition] }], [settings])
    values.push('user')
    path[1] = 'other'
    condition.claim = ['plan']
    const claims = { realm_access: { roles: ['user'], other: ['admin'] } }
    expect(decide(claims, requirements)?.reason).toBe('wrong_claim')
  })
})
