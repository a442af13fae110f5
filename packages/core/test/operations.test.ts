import { createHook } from 'node:async_hooks'
import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { afterAll, describe, expect, it } from 'vitest'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../test/support/issuer.ts'
import { createResourceServer, type Guard, type ResourceServerOptions } from '../src/index.ts'

/** Counters of the most expensive operations. Counts do not depend on the machine, unlike measured times. */
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

/** Returns the operations of one call of a guard, and the reason of a refusal. Throws if the guard returns a promise. */
function countOperations(guard: Guard, request: Parameters<Guard>[0]) {
  Object.assign(counted, { signatures: 0, hashes: 0, parses: 0, promises: 0 })
  promises.enable()
  const outcome = guard(request)
  promises.disable()
  if (outcome instanceof Promise) throw new Error('The guard returned a promise.')
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
const createToken = (claims: object = {}) =>
  issuer.token({ claims: { jti: `t${tokens++}`, ...claims } })

/** Creates a guard and verifies one token with it. The JOSE header, which is equal in all tokens, is then cached. */
function createWarmGuard(changes: Partial<ResourceServerOptions> = {}) {
  const server = createResourceServer({ ...options, ...changes } as ResourceServerOptions)
  const guard = server.guard({ scope: 'read' })
  void guard(requestWith(createToken()))
  return guard
}

const NOTHING: Operations = { signatures: 0, hashes: 0, parses: 0, promises: 0 }

describe('operations of one request', () => {
  it('a guard needs one signature verification, one JSON parse, no hash and no promise for a new token', () => {
    expect(countOperations(createWarmGuard(), requestWith(createToken()))).toEqual({
      ...NOTHING,
      signatures: 1,
      parses: 1,
    })
  })

  it('a guard needs one signature verification, one JSON parse and one hash for a token that it has already verified once', () => {
    const guard = createWarmGuard()
    const token = createToken()
    void guard(requestWith(token))
    expect(countOperations(guard, requestWith(token))).toEqual({
      ...NOTHING,
      signatures: 1,
      hashes: 1,
      parses: 1,
    })
  })

  it('a guard needs one hash for a cached token', () => {
    const guard = createWarmGuard()
    const token = createToken()
    void guard(requestWith(token))
    void guard(requestWith(token))
    expect(countOperations(guard, requestWith(token))).toEqual({ ...NOTHING, hashes: 1 })
  })

  it('a guard needs one signature verification and one JSON parse for a new token if tokenCache is false', () => {
    const guard = createWarmGuard({ tokenCache: false })
    const expected = { ...NOTHING, signatures: 1, parses: 1 }
    expect(countOperations(guard, requestWith(createToken()))).toEqual(expected)
  })

  it('a guard needs none of the counted operations for a request that it has already verified', () => {
    const guard = createWarmGuard()
    const request = requestWith(createToken())
    void guard(request)
    expect(countOperations(guard, request)).toEqual(NOTHING)
  })

  it.each<[string, string, Partial<Operations>, string, string | undefined | (() => string)]>([
    ['no operation', 'a request without a token', {}, 'no_credentials', undefined],
    ['no operation', 'a token with a space', {}, 'malformed_credentials', 'a b'],
    ['no operation', 'a token of 9000 characters', {}, 'malformed_token', 'x'.repeat(9000)],
    ['no operation', 'a JWT without a signature', {}, 'malformed_token', 'e30.e30.'],
    [
      'one JSON parse',
      'a token of an unknown issuer',
      { parses: 1 },
      'unknown_issuer',
      () => createToken({ iss: 'a' }),
    ],
    [
      'one signature verification and one JSON parse',
      'an expired token',
      { signatures: 1, parses: 1 },
      'expired',
      () => createToken({ exp: 1 }),
    ],
  ])('a guard needs %s to refuse %s', (_count, _name, operations, reason, token) => {
    const guard = createWarmGuard()
    const request = requestWith(typeof token === 'function' ? token() : token)
    expect(countOperations(guard, request)).toEqual({ reason, ...NOTHING, ...operations })
  })

  it('a guard verifies one signature for a forged token if one key matches', () => {
    const guard = createWarmGuard()
    const forged = createToken().slice(0, -8) + 'AAAAAAAA'
    expect(countOperations(guard, requestWith(forged))).toEqual({
      reason: 'invalid_signature',
      ...NOTHING,
      signatures: 1,
      parses: 1,
    })
  })

  it('a guard parses the header again if it is too long to cache, or was evicted by 100 other headers', () => {
    const guard = createWarmGuard()
    const withHeader = (more: object) => issuer.token({ header: { ...more } })
    const countParses = (token: string) => countOperations(guard, requestWith(token)).parses
    const [short, long] = [withHeader({ x: 'a' }), withHeader({ x: 'a'.repeat(1024) })]
    countParses(short)
    countParses(long)
    expect([
      countParses(withHeader({ x: 'a' })),
      countParses(withHeader({ x: 'a'.repeat(1024) })),
    ]).toEqual([1, 2])
    for (let i = 0; i < 100; i++) countParses(withHeader({ y: i }))
    expect(countParses(withHeader({ x: 'a' }))).toBeGreaterThan(1)
  })
})
