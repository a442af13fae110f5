import { describe, expect, it } from 'vitest'
import { fc } from '../../../../../test/support/property.ts'
import { LONGEST_RETRY_AFTER } from '../../../src/authorization-server/retry-after.ts'
import {
  BREAKER,
  CircuitBreaker,
  type Permission,
} from '../../../src/token/introspection/circuit-breaker.ts'

/** A breaker that has opened at the time 0, for a second. */
function opened(): CircuitBreaker {
  const breaker = new CircuitBreaker()
  for (let i = 0; i < 5; i++) breaker.failed('call', 0, 0)
  return breaker
}

/** A trial, which has to be allowed now. */
function trial(breaker: CircuitBreaker, now: number): Permission {
  expect(breaker.acquire(now, false)).toBe('trial')
  return 'trial'
}

describe('the circuit breaker', () => {
  it('has these numbers, which are documented', () => {
    expect(BREAKER).toEqual({ failures: 5, pause: { first: 1, last: 30 } })
    expect(LONGEST_RETRY_AFTER).toEqual({ documents: 10, introspection: 300, token: 300 })
  })

  it('counts failures in a row only', () => {
    const breaker = new CircuitBreaker()
    for (let i = 0; i < 100; i++) {
      if (i % 5 === 4) breaker.succeeded('call')
      else breaker.failed('call', 0, 0)
      expect(breaker.acquire(0, false)).toBe('call')
    }
  })

  it('lets one trial through after its pause, and no other beside it', () => {
    const breaker = opened()
    const asked = [999, 1000, 1000].map((now) => breaker.acquire(now, false))
    expect(asked).toEqual([undefined, 'trial', undefined])
    breaker.succeeded('trial')
    expect([breaker.acquire(1000, false), breaker.pause(1000)]).toEqual(['call', 0])
  })

  it('doubles its pause with each trial that fails, up to half a minute', () => {
    const breaker = opened()
    let now = 0
    const pauses = Array.from({ length: 8 }, () => {
      const pause = breaker.pause(now)
      now += pause * 1000
      breaker.failed(trial(breaker, now), now, 0)
      return pause
    })
    expect(pauses).toEqual([1, 2, 4, 8, 16, 30, 30, 30])
  })

  it('starts with the first pause again after a trial has succeeded', () => {
    const breaker = opened()
    breaker.failed(trial(breaker, 1000), 1000, 0)
    breaker.succeeded(trial(breaker, 3000))
    for (let i = 0; i < 5; i++) {
      expect(breaker.acquire(4000, false)).toBe('call')
      breaker.failed('call', 4000, 0)
    }
    expect(breaker.pause(4000)).toBe(1)
  })

  it('is not closed by the late answer to a call from before', () => {
    const breaker = opened()
    breaker.succeeded('call')
    expect(breaker.acquire(0, false)).toBeUndefined()
    trial(breaker, 1000)
    breaker.succeeded('call')
    expect(breaker.acquire(1000, false)).toBeUndefined()
  })

  it('lets known tokens pass, also beside a trial: an answer closes it, and a failure changes nothing', () => {
    const breaker = opened()
    expect([breaker.acquire(0, true), breaker.acquire(0, false)]).toEqual(['pass', undefined])
    for (let i = 0; i < 100; i++) breaker.failed('pass', 0, 0)
    expect(breaker.pause(0)).toBe(1)
    trial(breaker, 1000)
    expect(breaker.acquire(1000, true)).toBe('pass')
    breaker.failed('pass', 1000, 0)
    expect(breaker.acquire(1000, false)).toBeUndefined()
    breaker.succeeded('pass')
    expect(breaker.acquire(1000, false)).toBe('call')
    breaker.failed('trial', 1000, 0)
    expect(breaker.acquire(1000, false)).toBe('call')
  })

  it('lets all calls through after a trial that says nothing, and opens for longer at the next failure', () => {
    const breaker = opened()
    breaker.inconclusive(trial(breaker, 1000))
    expect([breaker.acquire(1000, false), breaker.acquire(1000, false)]).toEqual(['call', 'call'])
    breaker.failed('call', 1000, 0)
    expect([breaker.acquire(1000, false), breaker.pause(1000)]).toEqual([undefined, 2])
    breaker.inconclusive(trial(breaker, 3000))
    breaker.succeeded('call')
    for (let i = 0; i < 5; i++) breaker.failed('call', 3000, 0)
    expect(breaker.pause(3000)).toBe(1)
  })

  it('opens at once, and for as long, where the server asks for a pause', () => {
    const breaker = new CircuitBreaker()
    breaker.failed('call', 0, 17)
    expect(breaker.pause(0)).toBe(17)
    breaker.failed('call', 0, 20)
    expect(breaker.pause(0)).toBe(20)
    breaker.failed('call', 0, 1000)
    expect(breaker.pause(0)).toBe(300)
  })

  it('is not talked out of its own pause by a server that asks for less', () => {
    const breaker = new CircuitBreaker()
    breaker.failed('call', 0, 0.2)
    expect(breaker.pause(0)).toBe(1)
    let now = 0
    const pauses = Array.from({ length: 4 }, () => {
      now += breaker.pause(now) * 1000
      breaker.failed(trial(breaker, now), now, 0.2)
      return breaker.pause(now)
    })
    expect(pauses).toEqual([2, 4, 8, 16])
  })

  it('whatever happens: lets nothing through in its pause, tries one at a time, and always recovers', () => {
    const event = fc.oneof(
      fc.record({ kind: fc.constant('wait' as const), seconds: fc.integer({ min: 0, max: 40 }) }),
      fc.record({ kind: fc.constant('ask' as const) }),
      fc.record({ kind: fc.constant('succeed' as const) }),
      fc.record({ kind: fc.constant('fail' as const), seconds: fc.nat(1000) }),
      fc.record({ kind: fc.constant('fail' as const), seconds: fc.constant(0) }),
    )
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const breaker = new CircuitBreaker()
        const running: Permission[] = []
        let now = 0
        for (const one of events) {
          if (one.kind === 'wait') now += one.seconds * 1000
          else if (one.kind === 'ask') {
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
