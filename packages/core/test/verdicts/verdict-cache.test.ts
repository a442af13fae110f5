import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { serialize } from 'node:v8'
import { describe, expect, it } from 'vitest'
import { fc } from '../../../../test/support/property.ts'
import { Doorkeeper } from '../../src/verdicts/doorkeeper.ts'
import { footprintOf } from '../../src/verdicts/footprint.ts'
import { VerdictCache } from '../../src/verdicts/verdict-cache.ts'
import type { Verdict } from '../../src/verdicts/verdict.ts'

const hashOf = (text: string) => createHash('sha256').update(text).digest('base64url')
const verdictOf = (claims: object) => ({ token: { claims } }) as unknown as Verdict

describe('the verdict cache', () => {
  it('takes a verdict in when its token comes for the second time', () => {
    const cache = new VerdictCache({ entries: 10, bytes: 100_000 })
    const verdict = verdictOf({ sub: 'a' })
    cache.remember(hashOf('a'), verdict)
    expect(cache.find(hashOf('a'))).toBeUndefined()
    cache.remember(hashOf('a'), verdict)
    expect(cache.find(hashOf('a'))).toBe(verdict)
    expect(cache.find(hashOf('b'))).toBeUndefined()
    cache.forget(hashOf('a'))
    expect(cache.find(hashOf('a'))).toBeUndefined()
  })

  it('stays within both of its bounds, whatever comes', () => {
    const claims = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.array(fc.integer())))
    fc.assert(
      fc.property(fc.array(claims, { maxLength: 60 }), (many) => {
        const bounds = { entries: 8, bytes: 20_000 }
        const cache = new VerdictCache(bounds)
        many.forEach((each, i) => {
          for (let time = 0; time < 2; time++) cache.remember(hashOf(String(i)), verdictOf(each))
          expect(cache.size.entries).toBeLessThanOrEqual(bounds.entries)
          expect(cache.size.bytes).toBeLessThanOrEqual(bounds.bytes)
        })
      }),
    )
  })

  it('does not take in what alone is more than all may be', () => {
    const cache = new VerdictCache({ entries: 10, bytes: 65_536 })
    const heavy = verdictOf({ list: Array.from({ length: 2000 }, () => ({})) })
    cache.remember(hashOf('a'), heavy)
    cache.remember(hashOf('a'), heavy)
    expect(cache.size).toEqual({ entries: 0, bytes: 0 })
  })
})

describe('the bound in bytes', () => {
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
  ])('is about what %s take in memory', async (kind) => {
    const program = fileURLToPath(new URL('footprint.mjs', import.meta.url))
    const options = ['--expose-gc', program, kind]
    const { stdout } = await promisify(execFile)(process.execPath, options)
    const { accounted, used } = JSON.parse(stdout) as { accounted: number; used: number }
    expect(used / accounted).toBeGreaterThan(0.2)
    expect(used / accounted).toBeLessThan(1.6)
  })
})

describe('the doorkeeper', () => {
  const hashes = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => hashOf(String(from + i)))
  const known = (doorkeeper: Doorkeeper, of: readonly string[]) =>
    of.filter((hash) => doorkeeper.hasSeen(hash)).length

  it('knows what came among the last of which there are entries, in whatever order', () => {
    const doorkeeper = new Doorkeeper(5000)
    const pool = hashes(0, 1000)
    expect(known(doorkeeper, pool)).toBe(0)
    expect(known(doorkeeper, pool)).toBe(1000)
    expect(
      known(
        doorkeeper,
        pool.map((_, i) => pool[999 - i]!),
      ),
    ).toBe(1000)
  })

  it('forgets what comes again only after many more', () => {
    const doorkeeper = new Doorkeeper(5000)
    const pool = hashes(0, 1000)
    known(doorkeeper, pool)
    known(doorkeeper, hashes(10_000, 40_000))
    expect(known(doorkeeper, pool)).toBeLessThan(20)
  })
})

describe('the footprint', () => {
  it('is never less than the text of a value, and grows with every part of it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(footprintOf(value)).toBeGreaterThanOrEqual(serialize(value).length - 32)
        expect(footprintOf([value])).toBeGreaterThan(footprintOf(value))
        expect(footprintOf({ name: value })).toBeGreaterThan(footprintOf(value))
      }),
    )
  })

  it('counts small objects as what they are, not as the two characters they take', () => {
    const small = Array.from({ length: 1000 }, () => ({}))
    expect(footprintOf(small)).toBeGreaterThan(50_000)
  })
})
