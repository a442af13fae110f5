import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TokenBucket } from '../../src/lib/token-bucket.ts'

describe('a token bucket', () => {
  it('lets through its burst, and one more for each interval', () => {
    const bucket = new TokenBucket(2, 5)
    const taken = [0, 0, 0, 4.9, 5, 5.1, 10, 100, 100, 100].map((now) => bucket.take(now))
    expect(taken).toEqual([true, true, false, false, true, false, true, true, true, false])
  })

  it('never lets through more than burst and elapsed intervals, however it is asked', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.nat(20), { minLength: 1, maxLength: 60 }),
        (capacity, pauses) => {
          const bucket = new TokenBucket(capacity, 10)
          let now = 0
          let taken = 0
          for (const pause of pauses) {
            now += pause
            if (bucket.take(now)) taken++
          }
          expect(taken).toBeLessThanOrEqual(capacity + Math.floor(now / 10) + 1e-9)
        },
      ),
    )
  })
})
