import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../../test/support/fake-clock.ts'
import { fc } from '../../../../test/support/property.ts'
import { withSuspension } from '../../src/lib/clock.ts'

describe('the monotonic time of withSuspension', () => {
  it('monotonic() of withSuspension advances with the clock that has advanced further since the last call', () => {
    const clock = fakeClock()
    const { monotonic } = withSuspension(clock)
    const begun = monotonic()
    const elapsed = () => (monotonic() - begun) / 1000
    clock.suspend(60)
    expect(elapsed()).toBe(60)
    clock.jump(3600)
    expect(elapsed()).toBe(3660)
    clock.jump(-86_400)
    expect(elapsed()).toBe(3660)
    clock.suspend(5)
    expect(elapsed()).toBe(3665)
    clock.jump(10)
    expect(elapsed()).toBe(3675)
  })

  it('monotonic() of withSuspension adds each suspension and each forward jump, and ignores backward jumps', () => {
    const step = fc.record({
      kind: fc.constantFrom('jump', 'suspend'),
      seconds: fc.integer({ min: -100_000, max: 100_000 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const clock = fakeClock()
        const { monotonic } = withSuspension(clock)
        let last = monotonic()
        for (const { kind, seconds } of steps) {
          if (kind === 'jump') clock.jump(seconds)
          else clock.suspend(Math.abs(seconds))
          const now = monotonic()
          const passed = kind === 'jump' ? Math.max(0, seconds) : Math.abs(seconds)
          expect(now - last).toBeGreaterThanOrEqual(passed * 1000)
          expect(now - last).toBeLessThanOrEqual(passed * 1000)
          last = now
        }
      }),
    )
  })

  it('monotonic() of withSuspension reads the given monotonic clock only once while time advances in small steps', () => {
    const clock = fakeClock()
    let readings = 0
    const { monotonic } = withSuspension({
      ...clock,
      monotonic() {
        readings++
        return clock.monotonic()
      },
    })
    for (let i = 0; i < 100; i++) {
      clock.suspend(0.01)
      monotonic()
    }
    expect(readings).toBe(1)
  })
})
