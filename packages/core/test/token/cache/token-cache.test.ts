import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { serialize } from 'node:v8'
import { build } from 'rolldown'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fc } from '../../../../../test/support/property.ts'
import { AdmissionFilter } from '../../../src/token/cache/admission-filter.ts'
import { estimateSize } from '../../../src/token/cache/size-estimate.ts'
import { TokenCache } from '../../../src/token/cache/token-cache.ts'
import type { CachedToken } from '../../../src/token/cache/cached-token.ts'

const toHash = (text: string) => createHash('sha256').update(text).digest('base64url')
const createCachedToken = (claims: object) =>
  ({ token: { claims }, issuer: {} }) as unknown as CachedToken

describe('TokenCache', () => {
  it('TokenCache knows a token after remember(), and finds a token by its hash after add()', () => {
    const cache = new TokenCache({ maxEntries: 10, maxBytes: 100_000 })
    const cached = createCachedToken({ sub: 'a' })
    expect(cache.isKnown('header.claims.signature')).toBe(false)
    cache.remember('header.claims.signature')
    expect(cache.isKnown('header.claims.signature')).toBe(true)
    expect(cache.find(toHash('a'))).toBeUndefined()
    cache.add(toHash('a'), cached)
    expect(cache.find(toHash('a'))).toBe(cached)
    expect(cache.find(toHash('b'))).toBeUndefined()
    cache.delete(toHash('a'))
    expect(cache.find(toHash('a'))).toBeUndefined()
  })

  it('TokenCache stays within maxEntries and maxBytes for random tokens', () => {
    const claims = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.array(fc.integer())))
    fc.assert(
      fc.property(fc.array(claims, { maxLength: 60 }), (many) => {
        const bounds = { maxEntries: 8, maxBytes: 20_000 }
        const cache = new TokenCache(bounds)
        many.forEach((each, i) => {
          cache.add(toHash(String(i)), createCachedToken(each))
          expect(cache.size.entries).toBeLessThanOrEqual(bounds.maxEntries)
          expect(cache.size.bytes).toBeLessThanOrEqual(bounds.maxBytes)
        })
      }),
    )
  })

  it('TokenCache does not store a token that is larger than maxBytes', () => {
    const cache = new TokenCache({ maxEntries: 10, maxBytes: 65_536 })
    const large = createCachedToken({ list: Array.from({ length: 2000 }, () => ({})) })
    cache.add(toHash('a'), large)
    expect(cache.size).toEqual({ entries: 0, bytes: 0 })
  })
})

describe('maxBytes', () => {
  // The program runs in a process of its own, because it measures the heap. Rolldown compiles it with the sources.
  let directory: string
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'size-estimate-'))
    await build({
      input: fileURLToPath(new URL('size-estimate.mjs', import.meta.url)),
      platform: 'node',
      output: { dir: directory, entryFileNames: 'program.mjs' },
    })
  })
  afterAll(() => rm(directory, { recursive: true }))

  it.each([
    'small',
    'usual',
    'scopes',
    'indexes',
    'gaps',
    'wide',
    'fractions',
    'shapes',
    'objects',
    'text',
  ])(
    'cached tokens with claims of kind %s use 0.15 to 1.6 times their estimated bytes',
    async (kind) => {
      const options = ['--expose-gc', join(directory, 'program.mjs'), kind]
      const { stdout } = await promisify(execFile)(process.execPath, options)
      const { estimated, used } = JSON.parse(stdout) as { estimated: number; used: number }
      expect(used / estimated).toBeGreaterThan(0.15)
      expect(used / estimated).toBeLessThan(1.6)
    },
  )
})

describe('AdmissionFilter', () => {
  // The last characters of a token are random, like the last characters of a hash.
  const createTokens = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => `header.claims.${toHash(String(from + i))}`)
  /** Returns the number of tokens that the filter knows, and adds the other tokens. */
  const known = (filter: AdmissionFilter, tokens: readonly string[]) =>
    tokens.filter((token) => {
      const isKnown = filter.has(token)
      if (!isKnown) filter.add(token)
      return isKnown
    }).length

  it('AdmissionFilter knows 1000 tokens when they are sent again, in any order', () => {
    const filter = new AdmissionFilter(5000)
    const pool = createTokens(0, 1000)
    expect(known(filter, pool)).toBe(0)
    expect(known(filter, pool)).toBe(1000)
    expect(
      known(
        filter,
        pool.map((_, i) => pool[999 - i]!),
      ),
    ).toBe(1000)
  })

  it('AdmissionFilter with maxEntries: 5000 forgets at least 981 of 1000 tokens after 30,000 other tokens', () => {
    const filter = new AdmissionFilter(5000)
    const pool = createTokens(0, 1000)
    known(filter, pool)
    known(filter, createTokens(10_000, 40_000))
    expect(known(filter, pool)).toBeLessThan(20)
  })

  it('AdmissionFilter knows more than 990 of 1000 tokens if they are sent again after every 1000 other tokens, 30 times', () => {
    const filter = new AdmissionFilter(5000)
    const pool = createTokens(0, 1000)
    known(filter, pool)
    for (let from = 10_000; from < 40_000; from += 1000) {
      known(filter, createTokens(from, from + 1000))
      expect(known(filter, pool)).toBeGreaterThan(990)
    }
  })

  it('AdmissionFilter knows no token before a token is added, for texts of any length', () => {
    const filter = new AdmissionFilter(1024)
    for (const text of ['', 'a', 'eyJ.e30.', 'x'.repeat(12)]) expect(filter.has(text)).toBe(false)
  })
})

describe('estimateSize', () => {
  it('estimateSize returns at least the serialized length minus 32 bytes, and a larger number for an array or object around the value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(estimateSize(value)).toBeGreaterThanOrEqual(serialize(value).length - 32)
        expect(estimateSize([value])).toBeGreaterThan(estimateSize(value))
        expect(estimateSize({ name: value })).toBeGreaterThan(estimateSize(value))
      }),
    )
  })

  it('estimateSize counts more than 50 bytes for each empty object in an array', () => {
    const small = Array.from({ length: 1000 }, () => ({}))
    expect(estimateSize(small)).toBeGreaterThan(50_000)
  })
})
