import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Places } from '../../src/lib/places.ts'

describe('Places', () => {
  it('Places.count returns the number of taken places, and countOf the number of taken places with a label', () => {
    const places = new Places(() => 0, 15_000)
    const free = [places.take('a'), places.take('b'), places.take('a'), places.take()]
    expect([places.count(), places.countOf('a'), places.countOf(undefined)]).toEqual([4, 2, 1])
    free[0]!()
    free[0]!()
    expect([places.count(), places.countOf('a'), places.countOf('b')]).toEqual([3, 1, 1])
  })

  it('Places frees a place after 15 seconds if it was not freed earlier', () => {
    let now = 0
    const places = new Places(() => now, 15_000)
    const free = places.take()
    now = 14_999
    places.take()
    expect(places.count()).toBe(2)
    now = 15_000
    expect(places.count()).toBe(1)
    free()
    expect(places.count()).toBe(1)
    now = 29_999
    expect(places.count()).toBe(0)
  })

  it('Places.count is never negative, and never more than the places that were taken in the last 15 seconds', () => {
    const step = fc.oneof(
      fc.record({ take: fc.constantFrom('a', 'b', undefined) }),
      fc.record({ free: fc.nat(20) }),
      fc.record({ pass: fc.nat(20_000) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
        let now = 0
        const places = new Places(() => now, 15_000)
        const taken: { at: number; isFree: boolean; free: () => void }[] = []
        for (const one of steps) {
          if ('take' in one) taken.push({ at: now, isFree: false, free: places.take(one.take) })
          else if ('pass' in one) now += one.pass
          else {
            const place = taken[one.free]
            place?.free()
            if (place !== undefined) place.isFree = true
          }
          const expected = taken.filter(({ at, isFree }) => !isFree && now - at < 15_000).length
          expect(places.count()).toBe(expected)
        }
      }),
    )
  })
})
