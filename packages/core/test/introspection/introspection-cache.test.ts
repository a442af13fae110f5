import { describe, expect, it } from 'vitest'
import { fc } from '../../../../test/support/property.ts'
import {
  type Answer,
  INACTIVE,
  IntrospectionCache,
} from '../../src/introspection/introspection-cache.ts'

const active = (exp?: number, bytes = 100): Answer => ({
  active: true,
  claims: exp === undefined ? { active: true } : { active: true, exp },
  bytes,
})

describe('remembered answers', () => {
  it('are bounded in number and in bytes, and give way to newer ones', () => {
    const cache = new IntrospectionCache()
    for (let i = 0; i < 30_000; i++) cache.remember(`a${i}`, active(), i)
    expect(cache.size.active).toBe(10_000)
    for (let i = 0; i < 1000; i++) cache.remember(`b${i}`, active(undefined, 65_536), 30_000)
    expect(cache.size.activeBytes).toBeLessThanOrEqual(16_777_216)
    expect(cache.size.active).toBeLessThan(300)
    for (let i = 0; i < 3000; i++) cache.remember(`c${i}`, INACTIVE, 30_000)
    expect(cache.size.inactive).toBe(1000)
    const now = { monotonic: 30_000, seconds: 0 }
    expect(cache.find('b999', { maxAge: 10, negativeMaxAge: 3 }, now)).toEqual(
      active(undefined, 65_536),
    )
  })

  it('are not driven out by any number of made-up tokens', () => {
    const cache = new IntrospectionCache()
    cache.remember('good', active(), 0)
    for (let i = 0; i < 100_000; i++) cache.remember(`bad${i}`, INACTIVE, 0)
    const now = { monotonic: 1, seconds: 0 }
    expect(cache.find('good', { maxAge: 10, negativeMaxAge: 3 }, now)).toEqual(active())
  })

  it('whatever happens: are the latest of their token, young enough, and of a token in its time', () => {
    const seconds = fc.nat(50)
    const event = fc.record({
      hash: fc.constantFrom('a', 'b'),
      answer: fc.oneof(
        fc.constant(INACTIVE),
        fc.option(seconds, { nil: undefined }).map((exp) => active(exp)),
      ),
      /** How long ago the call was made that brings the answer now. */
      late: fc.nat(5),
      pass: fc.nat(8),
      maxAge: fc.nat(20),
      negativeMaxAge: fc.nat(5),
    })
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        const cache = new IntrospectionCache()
        const latest = new Map<string, { answer: Answer; askedAt: number }>()
        let now = 10
        for (const { hash, answer, late, pass, maxAge, negativeMaxAge } of events) {
          const askedAt = now - late
          cache.remember(hash, answer, askedAt * 1000)
          if (askedAt >= (latest.get(hash)?.askedAt ?? 0)) latest.set(hash, { answer, askedAt })
          now += pass
          const found = cache.find(
            hash,
            { maxAge, negativeMaxAge },
            { monotonic: now * 1000, seconds: now },
          )
          const known = latest.get(hash)!
          const limit = known.answer.active ? maxAge : negativeMaxAge
          const exp = known.answer.active
            ? (known.answer.claims['exp'] as number | undefined)
            : undefined
          const isUsable = now - known.askedAt < limit && (exp === undefined || now < exp)
          expect(found).toBe(isUsable ? known.answer : undefined)
        }
      }),
    )
  })
})
