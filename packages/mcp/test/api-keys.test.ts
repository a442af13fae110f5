import { describe, expect, it } from 'vitest'
import type { RequestLike } from '@bearward/core'
import { toApiKeyToken } from '@bearward/core/internal-guards'
import { fakeClock } from '../../../test/support/fake-clock.ts'
import type { ApiKeySettings } from '../src/api-key-options.ts'
import {
  checkKeyExpiry,
  findApiKey,
  KEY_LENGTH,
  VERIFY_TIME,
  verifyApiKey,
} from '../src/api-keys.ts'
import { createGuardParts, summarize } from './setup.ts'

const tools = createGuardParts()
const withDpop = createGuardParts({
  publicUrl: 'https://notes.example.com',
  dpop: { replay: { firstUse: async () => true } },
})

const BY_HEADER = { header: 'x-api-key', prefix: undefined }
const BY_PREFIX = { header: undefined, prefix: 'sk_' }
const BY_BOTH = { header: 'x-api-key', prefix: 'sk_' }
const KEY = 'X-Api-Key'
const BEARER = ['Authorization', 'Bearer eyJ.a.b'] as const

type Line = readonly [name: string, value: string]

/** Finds the API key of a request with these header lines. */
function find(
  settings: Pick<ApiKeySettings, 'header' | 'prefix'>,
  lines: readonly Line[],
  by = tools,
) {
  const request: RequestLike = {
    method: 'POST',
    url: '/mcp',
    rawHeaders: lines.flat(),
    headers: {},
  }
  const all = { ...settings, verify: () => undefined }
  return summarize(findApiKey(all, request, by.beginGuard(request)))
}

const BOTH = 'multiple_credentials: an API key and other credentials'
const LINES = 'multiple_credentials: several header lines with API keys'
const COMMA = 'multiple_credentials: several API keys, joined by a comma'
const EMPTY = 'invalid_api_key: an empty text'
const LONG = 'invalid_api_key: more'
const longest = 'k'.repeat(KEY_LENGTH)

describe('findApiKey', () => {
  it.each<[expected: string | undefined, lines: readonly Line[]]>([
    [undefined, []],
    [undefined, [BEARER]],
    [undefined, [['Authorization', 'Bearer sk_1']]],
    ['k', [[KEY, 'k']]],
    ['k', [['x-api-key', 'k']]],
    ['Bearer a b', [[KEY, 'Bearer a b']]],
    [EMPTY, [[KEY, '']]],
    [longest, [[KEY, longest]]],
    [LONG, [[KEY, `${longest}k`]]],
    [COMMA, [[KEY, 'a, b']]],
    [COMMA, [[KEY, 'a,a']]],
    [
      LINES,
      [
        [KEY, 'a'],
        [KEY, 'a'],
      ],
    ],
    [
      LINES,
      [
        [KEY, ''],
        [KEY, 'a'],
      ],
    ],
    [BOTH, [[KEY, 'a'], BEARER]],
    [BOTH, [[KEY, ''], BEARER]],
    [
      BOTH,
      [
        [KEY, 'a'],
        ['Authorization', 'Basic dTpw'],
      ],
    ],
    [
      BOTH,
      [
        [KEY, 'a'],
        ['Authorization', ''],
      ],
    ],
    [BOTH, [[KEY, 'a'], BEARER, BEARER]],
  ])('findApiKey with the option header returns %s for the lines %j', (expected, lines) => {
    expect(find(BY_HEADER, lines)).toBe(expected)
  })

  it.each<[expected: string | undefined, lines: readonly Line[]]>([
    [undefined, []],
    [undefined, [BEARER]],
    [undefined, [['Authorization', 'Bearer SK_1']]],
    [undefined, [['Authorization', 'Basic sk_1']]],
    [undefined, [['Authorization', 'Bearer']]],
    [undefined, [[KEY, 'sk_1']]],
    // Two lines are refused later, by the check of access tokens.
    [
      undefined,
      [
        ['Authorization', 'Bearer sk_1'],
        ['Authorization', 'Bearer sk_1'],
      ],
    ],
    ['sk_1', [['Authorization', 'Bearer sk_1']]],
    ['sk_1', [['Authorization', 'bearer sk_1']]],
    ['sk_', [['Authorization', 'Bearer sk_']]],
    ['malformed_credentials: white space in the token', [['Authorization', 'Bearer sk_1 2']]],
    ['multiple_credentials: several, joined by a comma', [['Authorization', 'Bearer sk_1,2']]],
    [
      `sk_${'k'.repeat(KEY_LENGTH - 3)}`,
      [['Authorization', `Bearer sk_${'k'.repeat(KEY_LENGTH - 3)}`]],
    ],
    [LONG, [['Authorization', `Bearer sk_${'k'.repeat(KEY_LENGTH - 2)}`]]],
  ])('findApiKey with the option prefix returns %s for the lines %j', (expected, lines) => {
    expect(find(BY_PREFIX, lines)).toBe(expected)
  })

  it('findApiKey with both options accepts a key in the header or a key with the prefix, and rejects two keys', () => {
    expect(find(BY_BOTH, [[KEY, 'k']])).toBe('k')
    expect(find(BY_BOTH, [['Authorization', 'Bearer sk_1']])).toBe('sk_1')
    expect(
      find(BY_BOTH, [
        [KEY, 'k'],
        ['Authorization', 'Bearer sk_1'],
      ]),
    ).toBe(BOTH)
    expect(find(BY_BOTH, [BEARER])).toBeUndefined()
  })

  it('findApiKey does not accept a key with the scheme DPoP', () => {
    const dpop: Line = ['Authorization', 'DPoP sk_1']
    expect(find(BY_PREFIX, [dpop], withDpop)).toBeUndefined()
    expect(find(BY_PREFIX, [['Authorization', 'Bearer sk_1']], withDpop)).toBe('sk_1')
    expect(find(BY_BOTH, [[KEY, 'k'], dpop], withDpop)).toBe(BOTH)
  })
})

describe('verifyApiKey', () => {
  /** Verifies a key with a function of the application. */
  const verify = (call: (key: string) => unknown, clock = fakeClock()) =>
    verifyApiKey('key', { header: 'x-api-key', prefix: undefined, verify: call }, clock)

  it('verifyApiKey returns the token of the owner, directly or in a promise', async () => {
    const seen: string[] = []
    const owner = { scopes: ['read'], clientId: 'cron' }
    const expected = { verifiedBy: 'api_key', scopes: ['read'], clientId: 'cron' }
    expect(verify((key) => seen.push(key) > 0 && owner)).toMatchObject(expected)
    expect(await verify(async () => owner)).toMatchObject(expected)
    expect(seen).toEqual(['key'])
  })

  it('verifyApiKey rejects an unknown key with 401', async () => {
    for (const call of [() => {}, async () => {}]) {
      expect(summarize(await verify(call))).toBe('invalid_api_key: an unknown key')
    }
  })

  it('verifyApiKey rejects a key at its time of expiry and later', () => {
    const clock = fakeClock(1000)
    const at = (expiresAt: number) => verify(() => ({ expiresAt }), clock)
    expect(at(1000.001)).toMatchObject({ verifiedBy: 'api_key' })
    for (const expiresAt of [1000, 999, 0, -1])
      expect(summarize(at(expiresAt))).toBe('invalid_api_key: an expired key')
  })

  it('verifyApiKey rejects a key whose owner is undefined or null with 401', () => {
    for (const owner of [undefined, null])
      expect(summarize(verify(() => owner))).toBe('invalid_api_key: an unknown key')
  })

  it.each<[what: string, call: () => unknown, found: string]>([
    ['false', () => false, 'a wrong result: it must be an object, not a boolean'],
    ['true', () => true, 'a wrong result: it must be an object, not a boolean'],
    [
      'an owner with a wrong member',
      () => ({ scope: 'read' }),
      'a wrong result: it must be an object with only these members: subject, scopes, clientId, expiresAt, claims',
    ],
    [
      'an owner with a function in claims',
      () => ({ claims: { secret: () => 'sk_secret' } }),
      'an owner that cannot be read',
    ],
    [
      'an owner with a member that throws a TypeError',
      () => ({
        get scopes() {
          throw new TypeError('sk_secret')
        },
      }),
      'an owner that cannot be read',
    ],
  ])('verifyApiKey rejects with 503 if verify returns %s', async (_what, call, found) => {
    for (const each of [call, async () => call()]) {
      expect(await verify(each)).toMatchObject({
        reason: 'api_key_unavailable',
        retryAfter: 1,
        explanation: { found },
      })
    }
  })

  it('verifyApiKey rejects with 503 if the function throws or rejects, and does not show the message of the error', async () => {
    const fail = () => {
      throw new RangeError('sk_secret')
    }
    for (const call of [fail, async () => fail(), () => Promise.reject('sk_secret')]) {
      const result = summarize(await verify(call))
      expect(result).toMatch(/^api_key_unavailable: /)
      expect(result).not.toContain('secret')
    }
  })

  it('verifyApiKey rejects with 503 if the function takes longer than one second', async () => {
    const clock = fakeClock()
    expect(VERIFY_TIME).toBe(1)
    const result = verify(() => new Promise(() => {}), clock)
    await clock.pass(0.999)
    expect(clock.pending()).toBe(1)
    await clock.pass(0.001)
    expect(summarize(await result)).toBe('api_key_unavailable: no result within 1 s')
  })

  it('verifyApiKey leaves no timer if the function returns in time', async () => {
    const clock = fakeClock()
    await verify(async () => ({}), clock)
    expect(clock.pending()).toBe(0)
  })
})

describe('checkKeyExpiry', () => {
  it('checkKeyExpiry returns a rejection only after the key has expired', () => {
    const clock = fakeClock(1000)
    const token = toApiKeyToken({ expiresAt: 1010 })
    expect(checkKeyExpiry(token, clock)).toBeUndefined()
    clock.advance(10)
    expect(summarize(checkKeyExpiry(token, clock))).toBe('invalid_api_key: an expired key')
    expect(checkKeyExpiry(toApiKeyToken({}), clock)).toBeUndefined()
  })
})
