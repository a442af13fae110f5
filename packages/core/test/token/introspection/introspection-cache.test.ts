import { describe, expect, it } from 'vitest'
import { fc } from '../../../../../test/support/property.ts'
import { LIMITS } from '../../../src/limits.ts'
import { IntrospectionCache } from '../../../src/token/introspection/introspection-cache.ts'
import type { IntrospectionResponse } from '../../../src/token/introspection/introspection-response.ts'
import { createSettings } from '../../support/settings.ts'

const reading = createSettings()
const at = (seconds: number) => ({ wall: seconds * 1000, monotonic: seconds * 1000 })

function active(askedAt: number, exp?: number, more: object = {}): IntrospectionResponse {
  const claims = { active: true, ...(exp !== undefined && { exp }), ...more }
  return { active: true, claims, reading, askedAt: at(askedAt) }
}

function inactive(askedAt: number): IntrospectionResponse {
  return { active: false, askedAt: at(askedAt) }
}

const AGES = { maxAge: 10, negativeMaxAge: 3 }

describe('IntrospectionCache', () => {
  it('IntrospectionCache limits the number and the bytes of its responses, and evicts the oldest responses', () => {
    const cache = new IntrospectionCache(LIMITS.cachedResponses)
    const known = (prefix: string, count: number) =>
      Array.from({ length: count }, (_, i) => cache.find(`${prefix}${i}`, AGES, at(1))).filter(
        (response) => response !== undefined,
      ).length
    for (let i = 0; i < 30_000; i++) cache.remember(`a${i}`, active(1))
    expect(known('a', 30_000)).toBe(10_000)
    const large = { note: 'x'.repeat(32_768) }
    for (let i = 0; i < 1000; i++) cache.remember(`b${i}`, active(1, undefined, large))
    // 16 MiB have room for 251 of these responses, including the bytes per entry.
    expect(known('b', 1000)).toBe(251)
    expect(known('a', 30_000)).toBe(0)
    for (let i = 0; i < 3000; i++) cache.remember(`c${i}`, inactive(1))
    expect(known('c', 3000)).toBe(1000)
    expect(cache.find('b999', AGES, at(1))).toEqual(active(1, undefined, large))
  })

  it('IntrospectionCache counts the memory that the members of a response use, not the length of the response text', () => {
    const cache = new IntrospectionCache(LIMITS.cachedResponses)
    // 4,000 empty objects have 12 kB of text, but use about 45 times as much memory.
    const many = { list: Array.from({ length: 4000 }, () => ({})) }
    for (let i = 0; i < 200; i++) cache.remember(`a${i}`, active(1, undefined, many))
    const known = Array.from({ length: 200 }, (_, i) => cache.find(`a${i}`, AGES, at(1)))
    const count = known.filter((response) => response !== undefined).length
    expect(count).toBe(Math.floor(16_777_216 / (4000 * 136 + 2000)))
  })

  it('IntrospectionCache keeps an active response while 100,000 inactive responses are stored', () => {
    const cache = new IntrospectionCache(LIMITS.cachedResponses)
    cache.remember('good', active(0))
    for (let i = 0; i < 100_000; i++) cache.remember(`bad${i}`, inactive(0))
    expect(cache.find('good', AGES, at(0))).toEqual(active(0))
  })

  it('a response in IntrospectionCache expires when its maximum age has passed on the wall clock or on the monotonic clock', () => {
    const cache = new IntrospectionCache(LIMITS.cachedResponses)
    cache.remember('a', active(100))
    cache.remember('b', inactive(100))
    const found = (hash: string, wall: number, monotonic: number) =>
      cache.find(hash, AGES, { wall: wall * 1000, monotonic: monotonic * 1000 }) !== undefined
    expect([found('a', 109, 109), found('a', 110, 100), found('a', 0, 110)]).toEqual([
      true,
      false,
      false,
    ])
    expect([found('b', 102, 102), found('b', 103, 100), found('b', 0, 103)]).toEqual([
      true,
      false,
      false,
    ])
  })

  it('IntrospectionCache.wasActive returns true even after the response has expired, until an inactive response is stored', () => {
    const cache = new IntrospectionCache(LIMITS.cachedResponses)
    cache.remember('a', active(0))
    expect(cache.find('a', AGES, at(1000))).toBeUndefined()
    expect([cache.wasActive('a'), cache.wasActive('b')]).toEqual([true, false])
    cache.remember('a', inactive(1000))
    expect(cache.wasActive('a')).toBe(false)
  })

  it('IntrospectionCache returns only the latest response of a token, within its age and exp, for random events', () => {
    const seconds = fc.nat(50)
    const event = fc.record({
      hash: fc.constantFrom('a', 'b'),
      make: fc.oneof(
        fc.constant(inactive),
        fc
          .option(seconds, { nil: undefined })
          .map((exp) => (askedAt: number) => active(askedAt, exp)),
      ),
      /** Seconds between the introspection request and the storage of its response. */
      late: fc.nat(5),
      pass: fc.nat(8),
      maxAge: fc.nat(20),
      negativeMaxAge: fc.nat(5),
    })
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        const cache = new IntrospectionCache(LIMITS.cachedResponses)
        const latest = new Map<string, { response: IntrospectionResponse; askedAt: number }>()
        let now = 10
        for (const { hash, make, late, pass, maxAge, negativeMaxAge } of events) {
          const askedAt = now - late
          const response = make(askedAt)
          cache.remember(hash, response)
          if (askedAt >= (latest.get(hash)?.askedAt ?? 0)) latest.set(hash, { response, askedAt })
          now += pass
          const found = cache.find(hash, { maxAge, negativeMaxAge }, at(now))
          const known = latest.get(hash)!
          const limit = known.response.active ? maxAge : negativeMaxAge
          const exp = known.response.active
            ? (known.response.claims['exp'] as number | undefined)
            : undefined
          const isUsable = now - known.askedAt < limit && (exp === undefined || now < exp)
          expect(found).toBe(isUsable ? known.response : undefined)
        }
      }),
    )
  })
})
