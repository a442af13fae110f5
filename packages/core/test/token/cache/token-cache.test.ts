import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { serialize } from 'node:v8'
import { describe, expect, it } from 'vitest'
import { fc } from '../../../../../test/support/property.ts'
import { AdmissionFilter } from '../../../src/token/cache/admission-filter.ts'
import { estimateSize } from '../../../src/token/cache/size-estimate.ts'
import { TokenCache } from '../../../src/token/cache/token-cache.ts'
import type { CachedToken } from '../../../src/token/cache/cached-token.ts'

const hashOf = (text: string) => createHash('sha256').update(text).digest('base64url')
const cachedWith = (claims: object) => ({ token: { claims } }) as unknown as CachedToken

describe('TokenCache', () => {
  it('stores a token when it is added for the second time', () => {
    const cache = new TokenCache({ maxEntries: 10, maxBytes: 100_000 })
    const cached = cachedWith({ sub: 'a' })
    cache.add(hashOf('a'), cached)
    expect(cache.find(hashOf('a'))).toBeUndefined()
    cache.add(hashOf('a'), cached)
    expect(cache.find(hashOf('a'))).toBe(cached)
    expect(cache.find(hashOf('b'))).toBeUndefined()
    cache.delete(hashOf('a'))
    expect(cache.find(hashOf('a'))).toBeUndefined()
  })

  it('stays within maxEntries and maxBytes, whatever is added', () => {
    const claims = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.array(fc.integer())))
    fc.assert(
      fc.property(fc.array(claims, { maxLength: 60 }), (many) => {
        const bounds = { maxEntries: 8, maxBytes: 20_000 }
        const cache = new TokenCache(bounds)
        many.forEach((each, i) => {
          for (let time = 0; time < 2; time++) cache.add(hashOf(String(i)), cachedWith(each))
          expect(cache.size.entries).toBeLessThanOrEqual(bounds.maxEntries)
          expect(cache.size.bytes).toBeLessThanOrEqual(bounds.maxBytes)
        })
      }),
    )
  })

  it('does not store a token that alone is larger than maxBytes', () => {
    const cache = new TokenCache({ maxEntries: 10, maxBytes: 65_536 })
    const heavy = cachedWith({ list: Array.from({ length: 2000 }, () => ({})) })
    cache.add(hashOf('a'), heavy)
    cache.add(hashOf('a'), heavy)
    expect(cache.size).toEqual({ entries: 0, bytes: 0 })
  })
})

describe('maxBytes', () => {
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
  ])('is about the memory that these claims use: %s', async (kind) => {
    const program = fileURLToPath(new URL('size-estimate.mjs', import.meta.url))
    const options = ['--expose-gc', program, kind]
    const { stdout } = await promisify(execFile)(process.execPath, options)
    const { estimated, used } = JSON.parse(stdout) as { estimated: number; used: number }
    expect(used / estimated).toBeGreaterThan(0.2)
    expect(used / estimated).toBeLessThan(1.6)
  })
})

describe('AdmissionFilter', () => {
  const hashes = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => hashOf(String(from + i)))
  const known = (filter: AdmissionFilter, of: readonly string[]) =>
    of.filter((hash) => filter.hasSeen(hash)).length

  it('has seen every hash of the last maxEntries, in any order', () => {
    const filter = new AdmissionFilter(5000)
    const pool = hashes(0, 1000)
    expect(known(filter, pool)).toBe(0)
    expect(known(filter, pool)).toBe(1000)
    expect(
      known(
        filter,
        pool.map((_, i) => pool[999 - i]!),
      ),
    ).toBe(1000)
  })

  it('forgets a hash after many more than maxEntries others', () => {
    const filter = new AdmissionFilter(5000)
    const pool = hashes(0, 1000)
    known(filter, pool)
    known(filter, hashes(10_000, 40_000))
    expect(known(filter, pool)).toBeLessThan(20)
  })
})

describe('estimateSize', () => {
  it('returns at least the length of the text of a value, and more for every part', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(estimateSize(value)).toBeGreaterThanOrEqual(serialize(value).length - 32)
        expect(estimateSize([value])).toBeGreaterThan(estimateSize(value))
        expect(estimateSize({ name: value })).toBeGreaterThan(estimateSize(value))
      }),
    )
  })

  it('counts each of many small objects as an object, not as two characters', () => {
    const small = Array.from({ length: 1000 }, () => ({}))
    expect(estimateSize(small)).toBeGreaterThan(50_000)
  })
})
