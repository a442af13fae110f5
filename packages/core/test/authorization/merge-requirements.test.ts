import { describe, expect, it } from 'vitest'
import { ISSUER } from '../../../../test/support/issuer.ts'
import { fc } from '../../../../test/support/property.ts'
import { mergeRequirements } from '../../src/authorization/merge-requirements.ts'
import {
  type CheckedRequirements,
  checkRequirements,
  type Requirements,
  runApplicationCheck,
} from '../../src/authorization/requirements.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { toAccessToken } from '../../src/token/to-access-token.ts'
import { summarize } from '../support/refusal.ts'
import { createSettings, readForStatic } from '../support/settings.ts'

const OTHER = 'https://other.example.com'
const THIRD = 'https://third.example.com'
const introspection = {
  clientId: 'api',
  authentication: undefined,
  endpoint: undefined,
  maxAge: 10,
} as never
const settings = [ISSUER, OTHER, THIRD].map((issuer) =>
  createSettings({ issuer, introspection, subjects: { machineSubject: 'client_id' } }),
)

const read = (requirements: Requirements) => readForStatic([requirements], settings)
const merge = (...all: readonly Requirements[]) => mergeRequirements(all.map(read))

/** Runs the checks of requirements for a token with these claims. */
function decide(requirements: CheckedRequirements, claims: object = {}) {
  const all = { iss: ISSUER, sub: 'alice', client_id: 'app', exp: 1, ...claims }
  const token = toAccessToken(all, settings[0]!, 'jwt')
  const exchange = {
    token,
    verified: { token, issuer: { settings: settings[0]! } },
    requirements,
    raw: undefined,
    checkedToken: undefined,
    request: undefined,
    services: { publish: () => {}, clock: systemClock },
  }
  return checkRequirements(exchange) ?? runApplicationCheck(exchange)
}

describe('mergeRequirements', () => {
  it('mergeRequirements of one element returns this element', () => {
    const one = read({ scope: 'read' })
    expect(mergeRequirements([one])).toBe(one)
  })

  it.each<[scopes: readonly Requirements[], challenge: string | undefined]>([
    [[{ scope: 'read' }, { scope: 'write' }], 'read write'],
    [[{ scope: 'write' }, { scope: 'read' }], 'write read'],
    [[{ scope: 'read write' }, { scope: 'write admin' }], 'read write admin'],
    [[{ scope: ['read'] }, {}, { scope: 'read' }], 'read'],
    [[{ scope: { any: ['a', 'b'] } }, { scope: 'c' }], 'a c'],
    [[{}, {}], undefined],
  ])('mergeRequirements of %j names the scopes %s in the challenge', (all, challenge) => {
    const { scope } = merge(...all).challenge
    expect(scope).toBe(challenge)
  })

  it('merged requirements require all scopes of all elements, and one scope of each { any }', () => {
    const merged = merge({ scope: 'read' }, { scope: { any: ['a', 'b'] } }, { scope: 'write' })
    const scopes = ['read write', 'read a', 'a write', 'a b']
    for (const scope of scopes) expect(summarize(decide(merged, { scope }))).not.toBe('passed')
    for (const scope of ['read write a', 'b write read'])
      expect(decide(merged, { scope })).toBeUndefined()
  })

  it.each<[all: readonly Requirements[], challenge: object]>([
    [[{ acr: ['a', 'b'] }, { acr: ['c', 'b', 'a'] }], { acr_values: 'a b' }],
    [[{ acr: ['a', 'b'] }, {}, { acr: 'b' }], { acr_values: 'b' }],
    [[{ acr: 'a' }, { acr: 'b' }], {}],
    [[{ maxAuthAge: 300 }, {}, { maxAuthAge: 60 }], { max_age: '60' }],
    [[{ maxAuthAge: 0 }, { maxAuthAge: 60 }], { max_age: '0' }],
    [[{ acr: 'a' }, { maxAuthAge: 60 }], { acr_values: 'a', max_age: '60' }],
  ])('mergeRequirements of %j has the challenge parameters %j', (all, challenge) => {
    expect(merge(...all).challenge).toEqual(challenge)
  })

  it('merged requirements reject every token if no acr meets all elements', () => {
    const merged = merge({ acr: 'a' }, { acr: 'b' })
    for (const acr of ['a', 'b', undefined]) {
      expect(summarize(decide(merged, { acr }))).toBe(
        'insufficient_user_authentication: 401 insufficient_user_authentication',
      )
    }
  })

  it.each<[all: readonly Requirements[], issuers: readonly string[] | undefined]>([
    [[{}, {}], undefined],
    [[{ issuer: ISSUER }, {}], [ISSUER]],
    [
      [{}, { issuer: [OTHER, ISSUER] }, { issuer: [ISSUER, THIRD, OTHER] }],
      [OTHER, ISSUER],
    ],
    [[{ issuer: ISSUER }, { issuer: OTHER }], []],
    [[{ issuer: ISSUER }, { issuer: OTHER }, {}, { issuer: ISSUER }], []],
  ])('mergeRequirements of %j accepts the issuers %j', (all, issuers) => {
    expect(merge(...all).issuers).toEqual(issuers)
  })

  it.each<[all: readonly Requirements[], introspect: number | undefined]>([
    [[{}, {}], undefined],
    [[{ introspect: { maxAge: 60 } }, {}], 60],
    [[{ introspect: { maxAge: 60 } }, { introspect: { maxAge: 30 } }], 30],
    [[{}, { introspect: { maxAge: 60 } }, { introspect: true }], 0],
  ])('mergeRequirements of %j returns the maximum age %s for introspection', (all, introspect) => {
    expect(merge(...all).introspect).toBe(introspect)
  })

  it('mergeRequirements returns needsIssuer: true only if an element requires a token of an issuer', () => {
    expect(merge({ scope: 'a' }, {}).needsIssuer).toBe(false)
    expect(merge({ scope: 'a' }, { issuer: ISSUER }).needsIssuer).toBe(true)
    expect(merge({ acr: 'a' }, {}).needsIssuer).toBe(true)
  })

  it('mergeRequirements returns optional: true only if all elements have it, and acceptsPublicIssuers: true if one element restricts callers', () => {
    expect(merge({ optional: true }, { optional: true }).optional).toBe(true)
    expect(merge({ optional: true }, {}).optional).toBe(false)
    expect(merge({}, {}).acceptsPublicIssuers).toBe(false)
    expect(merge({}, { scope: 'read' }).acceptsPublicIssuers).toBe(true)
  })

  it('the description of more than five merged requirements contains the first five, and the number of the others', () => {
    const all = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((scope) => ({ scope }))
    expect(merge(...all).describe()).toMatch(/^\{ scope: "a" \} and .*"e" \} and 2 more$/)
    expect(merge(...all.slice(2)).describe()).toMatch(/"g" \}$/)
  })

  it('the description of merged requirements contains all elements', () => {
    expect(merge({ scope: 'a' }, {}, { subject: 'user' }).describe()).toBe(
      '{ scope: "a" } and {} and { subject: "user" }',
    )
  })

  it('merged requirements are checked in the order subject, acr, scope, clients, claims, for any order of the elements', () => {
    const inOrder: readonly (readonly [requirements: Requirements, reason: string])[] = [
      [{ subject: 'machine' }, 'wrong_subject'],
      [{ acr: 'mfa' }, 'insufficient_user_authentication'],
      [{ scope: 'admin' }, 'insufficient_scope'],
      [{ clients: [{ issuer: ISSUER, clientId: 'other' }] }, 'wrong_client'],
      [{ claims: [{ claim: 'tenant', equals: 'a' }] }, 'wrong_claim'],
    ]
    for (const [i, [, reason]] of inOrder.entries()) {
      const rest = inOrder.slice(i).map(([requirements]) => requirements)
      for (const all of [rest, rest.map((_, j) => rest.at(-1 - j)!)])
        expect(decide(merge(...all, {}))).toMatchObject({ reason })
    }
  })

  it('merged requirements of the same kind are checked in the order of the elements', () => {
    for (const scopes of ['abc', 'cba', 'bac']) {
      const all = scopes.split('').map((scope) => ({ scope }))
      expect(decide(merge(...all))).toMatchObject({ explanation: { expected: all[0]!.scope } })
    }
  })

  it('merged requirements reject a token exactly if at least one element rejects the token', () => {
    const requirement = fc.constantFrom<Requirements>(
      {},
      { scope: 'read' },
      { scope: 'write' },
      { scope: { any: ['read', 'admin'] } },
      { subject: 'user' },
      { subject: 'machine' },
      { acr: ['mfa', 'hwk'] },
      { acr: 'hwk' },
      { claims: [{ claim: 'tenant', equals: 'a' }] },
      { check: () => true },
      { check: ({ scopes }) => scopes.length > 1 },
    )
    const claims = fc.record({
      sub: fc.constantFrom('alice', 'app'),
      scope: fc.constantFrom('', 'read', 'write', 'read write', 'admin'),
      acr: fc.constantFrom('mfa', 'hwk', 'pwd'),
      tenant: fc.constantFrom('a', 'b'),
    })
    fc.assert(
      fc.property(fc.array(requirement, { minLength: 1, maxLength: 5 }), claims, (all, given) => {
        const each = all.map((one) => decide(read(one), given))
        const rejected = each.some((result) => result !== undefined)
        expect(decide(merge(...all), given) !== undefined).toBe(rejected)
      }),
    )
  })
})

describe('the check of merged requirements', () => {
  /** Creates checks that record their calls. A check returns its result, or throws it if the result is an `Error`. */
  function createChecks(...results: readonly (boolean | Promise<boolean> | Error)[]) {
    const calls: number[] = []
    const checks = results.map((result, i) => ({
      check: () => {
        calls.push(i)
        if (result instanceof Error) throw result
        return result
      },
    }))
    return { calls, merged: merge({}, ...checks) }
  }

  it('merged requirements call the check functions one after the other, in the order of the elements', async () => {
    const order: string[] = []
    const slow = async (name: string) => {
      order.push(`${name} begins`)
      await Promise.resolve()
      order.push(`${name} ends`)
      return true
    }
    const merged = merge({ check: () => slow('one') }, {}, { check: () => slow('two') })
    expect(await decide(merged)).toBeUndefined()
    expect(order).toEqual(['one begins', 'one ends', 'two begins', 'two ends'])
  })

  it('merged requirements call no further check function after one of them has rejected the token', async () => {
    const direct = createChecks(true, false, true)
    expect(summarize(decide(direct.merged))).toBe('check_failed: 403')
    expect(direct.calls).toEqual([0, 1])
    const later = createChecks(Promise.resolve(true), Promise.resolve(false), true)
    expect(summarize(await decide(later.merged))).toBe('check_failed: 403')
    expect(later.calls).toEqual([0, 1])
  })

  it('merged requirements call no check function if another requirement rejects the token', () => {
    const calls: unknown[] = []
    const check = () => calls.push(1) > 0
    const merged = merge({ check }, { scope: 'admin' }, { check })
    expect(summarize(decide(merged))).toBe('insufficient_scope: 403 insufficient_scope')
    expect(calls).toEqual([])
  })

  it('merged requirements are checked without a promise if no check function returns a promise', () => {
    const { merged, calls } = createChecks(true, true)
    expect(decide(merged)).toBeUndefined()
    expect(calls).toEqual([0, 1])
  })

  it('merged requirements throw the error of a check function, and call no further check function', async () => {
    const failure = new Error('The database is down.')
    const direct = createChecks(true, failure, true)
    expect(() => decide(direct.merged)).toThrow(failure)
    expect(direct.calls).toEqual([0, 1])
    const later = createChecks(Promise.resolve(true), failure, true)
    await expect(decide(later.merged)).rejects.toBe(failure)
    expect(later.calls).toEqual([0, 1])
  })

  it('mergeRequirements returns no check if no element has one, and returns a single check unchanged', () => {
    expect(merge({}, { scope: 'a' }).applicationCheck).toBeUndefined()
    const one = read({ check: () => true })
    expect(mergeRequirements([read({}), one]).applicationCheck).toBe(one.applicationCheck)
  })
})
