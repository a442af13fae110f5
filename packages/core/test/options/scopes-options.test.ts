import { describe, expect, it } from 'vitest'
import { fc } from '../../../../test/support/property.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../../test/support/issuer.ts'
import { requestWith } from '../../../../test/support/requests.ts'
import { createResourceServer, type ScopesOptions } from '../../src/index.ts'
import { LIMITS } from '../../src/limits.ts'
import { readOptions } from '../../src/options/read-options.ts'
import { getProblems } from '../support/get-problems.ts'

const good = { issuer: ISSUER, audience: AUDIENCE }
const issuer = createTestIssuer()

const NOT_SCOPES =
  'must be an array with at least one scope: printable ASCII without spaces, quotes and backslashes (RFC 6749 section 3.3).'
const OFFLINE =
  'remove it. With this scope, a client requests a refresh token: it is not a scope of an API.'

const problemsOf = (scopes: unknown) => getProblems({ ...good, scopes })

/** Reads the option, and returns for each scope the scopes that contain it. */
function read(scopes: ScopesOptions): Record<string, string[]> {
  const { impliedBy } = readOptions({ ...good, scopes }).settings.scopes
  const entries = [...impliedBy].map(([scope, by]) => [scope, [...by].sort()] as const)
  return Object.fromEntries(entries)
}

/** Returns `implies` for a chain of scopes in which each one contains the next one. */
function chain(length: number): Record<string, readonly string[]> {
  return Object.fromEntries(Array.from({ length }, (_, i) => [`s${i}`, [`s${i + 1}`]]))
}

describe('the option scopes', () => {
  it('readOptions returns for each scope all scopes that contain it directly or through other scopes', () => {
    expect(
      read({ implies: { a: ['b', 'c'], b: ['d'], d: ['e'], x: ['e'], c: ['d', 'd'] } }),
    ).toEqual({
      b: ['a'],
      c: ['a'],
      d: ['a', 'b', 'c'],
      e: ['a', 'b', 'c', 'd', 'x'],
    })
    expect(read({})).toEqual({})
    expect(read({ supported: ['a'], implies: {} })).toEqual({})
  })

  it('readOptions keeps the order of scopes.supported, and removes duplicates', () => {
    const { scopes } = readOptions({ ...good, scopes: { supported: ['b', 'a', 'b'] } }).settings
    expect(scopes.supported).toEqual(['b', 'a'])
    expect(Object.isFrozen(scopes.supported)).toBe(true)
    expect(readOptions(good).settings.scopes.supported).toEqual([])
  })

  it('readOptions copies the lists of the option scopes, so later changes of the lists have no effect', () => {
    const supported = ['a', 'b']
    const implies = { a: ['b'] }
    const { scopes } = readOptions({ ...good, scopes: { supported, implies } }).settings
    supported.push('c')
    implies.a.push('c')
    expect(scopes.supported).toEqual(['a', 'b'])
    expect([...scopes.impliedBy.keys()]).toEqual(['b'])
  })

  it.each([
    ['one scope', { a: ['a'] }, 'a > a'],
    ['two scopes', { a: ['b'], b: ['a'] }, 'a > b > a'],
    ['three scopes', { x: ['a'], a: ['b'], b: ['c'], c: ['a'] }, 'a > b > c > a'],
    ['two scopes that also contain other scopes', { a: ['z', 'b'], b: ['y', 'a'] }, 'a > b > a'],
  ])('createResourceServer rejects a cycle in scopes.implies of %s', (_what, implies, cycle) => {
    expect(problemsOf({ implies })).toEqual([`scopes.implies has a cycle: ${cycle}.`])
  })

  it('createResourceServer accepts 8 levels in scopes.implies, and rejects 9 levels even if a shorter path leads to the same scopes', () => {
    expect(LIMITS.scopeLevels).toBe(8)
    expect(problemsOf({ implies: chain(8) })).toEqual([])
    const problem = 'scopes.implies has more than 8 levels below s0.'
    expect(problemsOf({ implies: chain(9) })).toEqual([problem])
    expect(problemsOf({ implies: chain(1000) })).toEqual([problem])
    // In this object, the scopes at the end of the chain come first, so `s0` is read last.
    const reversed = Object.fromEntries(
      Object.entries(chain(9)).sort(([a], [b]) => b.localeCompare(a)),
    )
    expect(problemsOf({ implies: reversed })).toEqual([problem])
    const long = { ...reversed, top: ['s1'] }
    expect(problemsOf({ implies: long })).toEqual([problem])
  })

  it('readOptions reads scopes.implies in bounded time, even if many paths lead to many scopes', () => {
    // Each scope of a level contains all scopes of the next level, so 12^8 paths begin at each scope of the first level.
    const levels = Array.from({ length: 9 }, (_, level) =>
      Array.from({ length: 12 }, (__, i) => `l${level}s${i}`),
    )
    const implies = Object.fromEntries(
      levels.slice(0, -1).flatMap((level, i) => level.map((scope) => [scope, levels[i + 1]!])),
    )
    const { impliedBy } = readOptions({ ...good, scopes: { implies } }).settings.scopes
    expect(impliedBy.size).toBe(96)
    expect(impliedBy.get('l8s11')!.size).toBe(96)
    expect(impliedBy.get('l1s0')!.size).toBe(12)
  })

  it('readOptions returns exactly the scopes that contain a scope directly or through other scopes, for random scopes.implies', () => {
    const names = Array.from({ length: 8 }, (_, i) => `s${i}`)
    // A scope contains only later scopes, so there is no cycle.
    const edges = fc.uniqueArray(
      fc.tuple(fc.nat({ max: 7 }), fc.nat({ max: 7 })).filter(([a, b]) => a < b),
      { selector: ([a, b]) => `${a} ${b}` },
    )
    fc.assert(
      fc.property(edges, (pairs) => {
        const implies: Record<string, string[]> = {}
        for (const [a, b] of pairs) (implies[names[a]!] ??= []).push(names[b]!)
        const reaches = (from: string, to: string): boolean =>
          (implies[from] ?? []).some((next) => next === to || reaches(next, to))
        const expected = names.flatMap((to) => {
          const by = names.filter((from) => reaches(from, to))
          return by.length === 0 ? [] : [[to, by] as const]
        })
        expect(read({ implies })).toEqual(Object.fromEntries(expected))
      }),
    )
  })

  it('createResourceServer rejects a name in scopes.implies that is not in scopes.supported', () => {
    expect(problemsOf({ supported: ['a', 'b'], implies: { a: ['b', 'c'], d: ['a'] } })).toEqual([
      'Add to scopes.supported the scopes that scopes.implies names: c, d.',
    ])
    expect(problemsOf({ supported: ['a', 'b'], implies: { a: ['b'] } })).toEqual([])
    expect(problemsOf({ implies: { a: ['b'] } })).toEqual([])
  })

  it.each([
    ['an empty array', []],
    ['a string', 'a b'],
    ['a scope with a space', ['a b']],
    ['an empty scope', ['']],
    ['a scope with a quote', ['a"b']],
    ['a scope with a backslash', ['a\\b']],
    ['a scope outside ASCII', ['caf\u00e9']],
    ['a number', [1]],
    ['null', null],
    ['a hole', Object.assign(['a'], { length: 2 })],
    ['an object', { a: true }],
  ])('createResourceServer rejects %s as a list in the option scopes', (_what, list) => {
    expect(problemsOf({ supported: list })).toEqual([`scopes.supported ${NOT_SCOPES}`])
    expect(problemsOf({ implies: { a: list } })).toEqual([`scopes.implies.a ${NOT_SCOPES}`])
  })

  it.each([
    ['an array', ['a'], 'scopes must be an object { supported, implies }, not an array.'],
    ['a string', 'a', 'scopes must be an object { supported, implies }, not a string.'],
    ['null', null, 'scopes must be an object { supported, implies }, not null.'],
    [
      'an array as implies',
      { implies: ['a'] },
      'scopes.implies must be an object { scope: [scopes] }, not an array.',
    ],
    [
      'a name that is not a scope',
      { supported: ['c'], implies: { 'a b': ['c'] } },
      'scopes.implies has a member that is not a scope: use printable ASCII without spaces, quotes and backslashes (RFC 6749 section 3.3).',
    ],
    [
      'an unknown member',
      { suported: ['a'] },
      'scopes.suported is not an option. Did you mean supported?',
    ],
  ])(
    'createResourceServer rejects the option scopes if it is or contains %s',
    (_what, scopes, problem) => {
      expect(problemsOf(scopes)).toEqual([problem])
    },
  )

  it('MCP-10: createResourceServer rejects offline_access in the option scopes, and guard() rejects it in a requirement', () => {
    expect(problemsOf({ supported: ['read', 'offline_access'] })).toEqual([
      `scopes.supported contains offline_access: ${OFFLINE}`,
    ])
    expect(problemsOf({ implies: { a: ['offline_access'] } })).toEqual([
      `scopes.implies.a contains offline_access: ${OFFLINE}`,
    ])
    expect(problemsOf({ implies: { offline_access: ['a'] } })).toEqual([
      `scopes.implies contains offline_access: ${OFFLINE}`,
    ])
    const server = createResourceServer(good)
    for (const scope of ['read offline_access', ['offline_access']])
      expect(() => server.guard({ scope })).toThrow(`scope contains offline_access: ${OFFLINE}`)
    expect(() => server.guard({ scope: { any: ['read', 'offline_access'] } })).toThrow(
      `scope.any contains offline_access: ${OFFLINE}`,
    )
  })

  it('a guard treats names of Object.prototype in scopes.implies like other scopes', () => {
    const implies = JSON.parse('{"__proto__":["constructor"],"toString":["read"]}') as Record<
      string,
      string[]
    >
    const server = createResourceServer({ ...good, jwks: issuer.jwks, scopes: { implies } })
    const decide = (scope: string, required: string) =>
      server.authorize(requestWith(issuer.token({ claims: { scope } })), { scope: required })
    expect(decide('toString', 'read')).toMatchObject({ kind: 'granted' })
    expect(decide('__proto__', 'constructor')).toMatchObject({ kind: 'granted' })
    for (const scope of ['__proto__', 'constructor', 'valueOf', 'hasOwnProperty'])
      expect(decide(scope, 'read')).toMatchObject({ reason: 'insufficient_scope' })
    expect(decide('read', 'toString')).toMatchObject({ reason: 'insufficient_scope' })
  })

  it('MCP-23: a guard grants a token whose scope contains the required scope, and does not add scopes to the token', () => {
    const server = createResourceServer({
      ...good,
      jwks: issuer.jwks,
      scopes: { implies: { notes: ['notes:read'] } },
    })
    const request = requestWith(issuer.token({ claims: { scope: 'notes' } }))
    const outcome = server.authorize(request, { scope: 'notes:read' })
    expect(outcome).toMatchObject({ kind: 'granted', token: { scopes: ['notes'] } })
  })
})
