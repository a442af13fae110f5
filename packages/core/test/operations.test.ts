import { createHook } from 'node:async_hooks'
import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { afterAll, describe, expect, it } from 'vitest'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../test/support/issuer.ts'
import { createResourceServer, type Guard, type ResourceServerOptions } from '../src/index.ts'

/** What costs most, counted as it happens. A clock would tell more about the machine than about the code. */
const counted = { signatures: 0, hashes: 0, parses: 0, promises: 0 }
type Operations = typeof counted

const originals = { verify: crypto.verify, hash: crypto.hash, parse: JSON.parse }
const counting =
  <F extends (...parameters: never[]) => unknown>(name: keyof Operations, original: F) =>
  (...parameters: Parameters<F>) => {
    counted[name]++
    return original(...parameters)
  }
crypto.verify = counting('signatures', originals.verify) as typeof crypto.verify
crypto.hash = counting('hashes', originals.hash) as typeof crypto.hash
JSON.parse = counting('parses', originals.parse)
syncBuiltinESMExports()

const promises = createHook({
  init(_id, type) {
    if (type === 'PROMISE') counted.promises++
  },
})

afterAll(() => {
  Object.assign(crypto, { verify: originals.verify, hash: originals.hash })
  JSON.parse = originals.parse
  syncBuiltinESMExports()
})

/** What a guard did that answers at once, and the reason where it refused. */
function operationsOf(guard: Guard, request: Parameters<Guard>[0]) {
  Object.assign(counted, { signatures: 0, hashes: 0, parses: 0, promises: 0 })
  promises.enable()
  const outcome = guard(request)
  promises.disable()
  if (outcome instanceof Promise) throw new Error('it was not answered at once')
  return { ...(outcome.kind === 'refused' && { reason: outcome.reason }), ...counted }
}

const issuer = createTestIssuer({ algorithms: ['ES256', 'RS256'] })
const options = { issuer: ISSUER, audience: AUDIENCE, jwks: issuer.jwks } as const
const requestWith = (token?: string) => ({
  method: 'GET',
  url: '/',
  rawHeaders: ['Host', 'a', ...(token === undefined ? [] : ['Authorization', `Bearer ${token}`])],
  headers: {},
})

let tokens = 0
const distinct = (claims: object = {}) =>
  issuer.token({ claims: { jti: `t${tokens++}`, ...claims } })

/** A guard that has seen a token of this issuer before, and knows its header. */
function warm(changes: Partial<ResourceServerOptions> = {}) {
  const server = createResourceServer({ ...options, ...changes } as ResourceServerOptions)
  const guard = server.guard({ scope: 'read' })
  void guard(requestWith(distinct()))
  return guard
}

const NOTHING: Operations = { signatures: 0, hashes: 0, parses: 0, promises: 0 }

describe('the operations of one request', () => {
  it('with a token that is new: one signature, one hash, one parse, no promise', () => {
    expect(operationsOf(warm(), requestWith(distinct()))).toEqual({
      ...NOTHING,
      signatures: 1,
      hashes: 1,
      parses: 1,
    })
  })

  it('with a token that comes again: one hash', () => {
    const guard = warm()
    const token = distinct()
    void guard(requestWith(token))
    void guard(requestWith(token))
    expect(operationsOf(guard, requestWith(token))).toEqual({ ...NOTHING, hashes: 1 })
  })

  it('without a token cache: no hash either', () => {
    const guard = warm({ tokenCache: false })
    const expected = { ...NOTHING, signatures: 1, parses: 1 }
    expect(operationsOf(guard, requestWith(distinct()))).toEqual(expected)
  })

  it('that a guard has seen already: nothing', () => {
    const guard = warm()
    const request = requestWith(distinct())
    void guard(request)
    expect(operationsOf(guard, request)).toEqual(NOTHING)
  })

  it.each([
    ['no_credentials', undefined, NOTHING],
    ['malformed_credentials', 'a b', { ...NOTHING, hashes: 1 }],
    ['malformed_token', 'x'.repeat(9000), { ...NOTHING, hashes: 1 }],
    ['malformed_token', 'e30.e30.', { ...NOTHING, hashes: 1 }],
    ['unknown_issuer', () => distinct({ iss: 'a' }), { ...NOTHING, hashes: 1, parses: 1 }],
    ['expired', () => distinct({ exp: 1 }), { ...NOTHING, signatures: 1, hashes: 1, parses: 1 }],
  ] as const)('that is refused: %s', (reason, token, operations) => {
    const guard = warm()
    const request = requestWith(typeof token === 'function' ? token() : token)
    expect(operationsOf(guard, request)).toEqual({ reason, ...operations })
  })

  it('that is forged: as many signatures as there are keys that fit, and nothing twice', () => {
    const guard = warm()
    const forged = distinct().slice(0, -8) + 'AAAAAAAA'
    expect(operationsOf(guard, requestWith(forged))).toEqual({
      reason: 'invalid_signature',
      ...NOTHING,
      signatures: 1,
      hashes: 1,
      parses: 1,
    })
  })

  it('with a header of another length, or after a hundred others: one parse more', () => {
    const guard = warm()
    const withHeader = (more: object) => issuer.token({ header: { ...more } })
    const parsesOf = (token: string) => operationsOf(guard, requestWith(token)).parses
    const [short, long] = [withHeader({ x: 'a' }), withHeader({ x: 'a'.repeat(1024) })]
    parsesOf(short)
    parsesOf(long)
    expect([
      parsesOf(withHeader({ x: 'a' })),
      parsesOf(withHeader({ x: 'a'.repeat(1024) })),
    ]).toEqual([1, 2])
    for (let i = 0; i < 100; i++) parsesOf(withHeader({ y: i }))
    expect(parsesOf(withHeader({ x: 'a' }))).toBeGreaterThan(1)
  })
})
