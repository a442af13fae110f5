import { describe, expect, it } from 'vitest'
import { fc } from '../../../../test/support/property.ts'
import { LONGEST_RETRY_AFTER } from '../../src/authorization-server/retry-after.ts'
import { CircuitBreaker, type Permission } from '../../src/lib/circuit-breaker.ts'
import { BREAKER } from '../../src/token/introspection/availability.ts'

/** Creates a breaker that opened at time 0, for one second. */
function createOpenBreaker(): CircuitBreaker {
  const breaker = new CircuitBreaker(BREAKER)
  for (let i = 0; i < 5; i++) breaker.failed('call', 0, 0)
  return breaker
}

/** Starts a trial. Fails if the breaker does not permit one. */
function startTrial(breaker: CircuitBreaker, now: number): Permission {
  expect(breaker.acquire(now, false)).toBe('trial')
  return 'trial'
}

describe('CircuitBreaker', () => {
  it('BREAKER and LONGEST_RETRY_AFTER have the documented values', () => {
    expect(BREAKER).toEqual({ failures: 5, pause: { first: 1, last: 30 }, longestRetryAfter: 300 })
    expect(LONGEST_RETRY_AFTER).toEqual({ documents: 10, introspection: 300 })
  })

  it('CircuitBreaker permits another trial if the result of a trial is not reported in time', () => {
    const breaker = new CircuitBreaker(BREAKER, 30_000)
    for (let i = 0; i < BREAKER.failures; i++) breaker.failed('call', 0, 0)
    startTrial(breaker, 1000)
    expect(breaker.acquire(30_999, false)).toBeUndefined()
    expect(breaker.acquire(30_999, true)).toBe('pass')
    startTrial(breaker, 31_000)
    breaker.succeeded('trial')
    expect(breaker.acquire(31_000, false)).toBe('call')
  })

  it('CircuitBreaker counts only consecutive failures', () => {
    const breaker = new CircuitBreaker(BREAKER)
    for (let i = 0; i < 100; i++) {
      if (i % 5 === 4) breaker.succeeded('call')
      else breaker.failed('call', 0, 0)
      expect(breaker.acquire(0, false)).toBe('call')
    }
  })

  it('CircuitBreaker permits one trial after a pause, only preferred calls during the trial, and all calls after a successful trial', () => {
    const breaker = createOpenBreaker()
    const permissions = [999, 1000, 1000].map((now) => breaker.acquire(now, false))
    expect(permissions).toEqual([undefined, 'trial', undefined])
    breaker.succeeded('trial')
    expect([breaker.acquire(1000, false), breaker.pause(1000)]).toEqual(['call', 0])
  })

  it('CircuitBreaker doubles the pause after each failed trial, up to 30 seconds', () => {
    const breaker = createOpenBreaker()
    let now = 0
    const pauses = Array.from({ length: 8 }, () => {
      const pause = breaker.pause(now)
      now += pause * 1000
      breaker.failed(startTrial(breaker, now), now, 0)
      return pause
    })
    expect(pauses).toEqual([1, 2, 4, 8, 16, 30, 30, 30])
  })

  it('CircuitBreaker starts with a pause of one second again after a successful trial', () => {
    const breaker = createOpenBreaker()
    breaker.failed(startTrial(breaker, 1000), 1000, 0)
    breaker.succeeded(startTrial(breaker, 3000))
    for (let i = 0; i < 5; i++) {
      expect(breaker.acquire(4000, false)).toBe('call')
      breaker.failed('call', 4000, 0)
    }
    expect(breaker.pause(4000)).toBe(1)
  })

  it('CircuitBreaker stays open or half open when a call that began before the opening succeeds', () => {
    const breaker = createOpenBreaker()
    breaker.succeeded('call')
    expect(breaker.acquire(0, false)).toBeUndefined()
    startTrial(breaker, 1000)
    breaker.succeeded('call')
    expect(breaker.acquire(1000, false)).toBeUndefined()
  })

  it('CircuitBreaker permits preferred calls while it is open or half open: a success closes it, and a failure without Retry-After changes nothing', () => {
    const breaker = createOpenBreaker()
    expect([breaker.acquire(0, true), breaker.acquire(0, false)]).toEqual(['pass', undefined])
    for (let i = 0; i < 100; i++) breaker.failed('pass', 0, 0)
    expect(breaker.pause(0)).toBe(1)
    startTrial(breaker, 1000)
    expect(breaker.acquire(1000, true)).toBe('pass')
    breaker.failed('pass', 1000, 0)
    expect(breaker.acquire(1000, false)).toBeUndefined()
    breaker.succeeded('pass')
    expect(breaker.acquire(1000, false)).toBe('call')
    breaker.failed('trial', 1000, 0)
    expect(breaker.acquire(1000, false)).toBe('call')
  })

  it('CircuitBreaker permits all calls after an inconclusive trial, and doubles the pause at the next failure', () => {
    const breaker = createOpenBreaker()
    breaker.inconclusive(startTrial(breaker, 1000))
    expect([breaker.acquire(1000, false), breaker.acquire(1000, false)]).toEqual(['call', 'call'])
    breaker.failed('call', 1000, 0)
    expect([breaker.acquire(1000, false), breaker.pause(1000)]).toEqual([undefined, 2])
    breaker.inconclusive(startTrial(breaker, 3000))
    breaker.succeeded('call')
    for (let i = 0; i < 5; i++) breaker.failed('call', 3000, 0)
    expect(breaker.pause(3000)).toBe(1)
  })

  it('CircuitBreaker opens immediately for the seconds of Retry-After, and a longer Retry-After lengthens the pause, up to 300 s', () => {
    const breaker = new CircuitBreaker(BREAKER)
    breaker.failed('call', 0, 17)
    expect(breaker.pause(0)).toBe(17)
    breaker.failed('call', 0, 20)
    expect(breaker.pause(0)).toBe(20)
    breaker.failed('call', 0, 1000)
    expect(breaker.pause(0)).toBe(300)
  })

  it('CircuitBreaker ignores a Retry-After that is shorter than the pause', () => {
    const breaker = new CircuitBreaker(BREAKER)
    breaker.failed('call', 0, 0.2)
    expect(breaker.pause(0)).toBe(1)
    let now = 0
    const pauses = Array.from({ length: 4 }, () => {
      now += breaker.pause(now) * 1000
      breaker.failed(startTrial(breaker, now), now, 0.2)
      return breaker.pause(now)
    })
    expect(pauses).toEqual([2, 4, 8, 16])
  })

  it('CircuitBreaker permits no call during a pause, permits one trial at a time, and recovers, for random events', () => {
    const event = fc.oneof(
      fc.record({ kind: fc.constant('wait' as const), seconds: fc.integer({ min: 0, max: 40 }) }),
      fc.record({ kind: fc.constant('acquire' as const) }),
      fc.record({ kind: fc.constant('succeed' as const) }),
      fc.record({ kind: fc.constant('fail' as const), seconds: fc.nat(1000) }),
      fc.record({ kind: fc.constant('fail' as const), seconds: fc.constant(0) }),
    )
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const breaker = new CircuitBreaker(BREAKER)
        const running: Permission[] = []
        let now = 0
        for (const one of events) {
          if (one.kind === 'wait') now += one.seconds * 1000
          else if (one.kind === 'acquire') {
            const pause = breaker.pause(now)
            const permission = breaker.acquire(now, false)
            if (pause > 0) expect(permission).toBeUndefined()
            if (permission !== undefined) running.push(permission)
          } else {
            const permission = running.shift()
            if (permission === undefined) continue
            if (one.kind === 'succeed') breaker.succeeded(permission)
            else breaker.failed(permission, now, one.seconds)
          }
          expect(running.filter((permission) => permission === 'trial').length).toBeLessThan(2)
          expect(breaker.pause(now)).toBeLessThanOrEqual(LONGEST_RETRY_AFTER.introspection)
        }
        for (const permission of running) breaker.failed(permission, now, 0)
        now += LONGEST_RETRY_AFTER.introspection * 1000
        const permission = breaker.acquire(now, false)
        expect(permission).toBeDefined()
        breaker.succeeded(permission!)
        expect(breaker.acquire(now, false)).toBe('call')
      }),
    )
  })
})
