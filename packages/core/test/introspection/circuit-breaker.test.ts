import { describe, expect, it } from 'vitest'
import { fc } from '../../../../test/support/property.ts'
import {
  BREAKER,
  CircuitBreaker,
  type Permission,
} from '../../src/introspection/circuit-breaker.ts'

/** A breaker that has opened at the time 0, for a second. */
function opened(): CircuitBreaker {
  const breaker = new CircuitBreaker()
  for (let i = 0; i < 5; i++) breaker.failed(breaker.ask(0), 0)
  return breaker
}

describe('the circuit breaker', () => {
  it('has these numbers, which are documented', () => {
    expect(BREAKER).toEqual({ failures: 5, pause: { first: 1, last: 30 }, retryAfter: 300 })
  })

  it('counts failures in a row only', () => {
    const breaker = new CircuitBreaker()
    for (let i = 0; i < 100; i++) {
      if (i % 5 === 4) breaker.succeeded('call')
      else breaker.failed('call', 0)
      expect(breaker.ask(0)).toBe('call')
    }
  })

  it('lets one probe through after its pause, and no other beside it', () => {
    const breaker = opened()
    expect([breaker.ask(999), breaker.ask(1000), breaker.ask(1000)]).toEqual([
      'refused',
      'probe',
      'refused',
    ])
    breaker.succeeded('probe')
    expect([breaker.ask(1000), breaker.pause(1000)]).toEqual(['call', 0])
  })

  it('doubles its pause with each probe that fails, up to half a minute', () => {
    const breaker = opened()
    let now = 0
    const pauses = Array.from({ length: 8 }, () => {
      const pause = breaker.pause(now)
      now += pause * 1000
      breaker.failed(breaker.ask(now), now)
      return pause
    })
    expect(pauses).toEqual([1, 2, 4, 8, 16, 30, 30, 30])
  })

  it('starts anew once a probe has succeeded', () => {
    const breaker = opened()
    breaker.failed(breaker.ask(1000), 1000)
    breaker.succeeded(breaker.ask(3000))
    for (let i = 0; i < 5; i++) {
      expect(breaker.ask(4000)).toBe('call')
      breaker.failed('call', 4000)
    }
    expect(breaker.pause(4000)).toBe(1)
  })

  it('is not closed by the late answer to a call from before', () => {
    const breaker = opened()
    breaker.succeeded('call')
    expect(breaker.ask(0)).toBe('refused')
    breaker.ask(1000)
    breaker.succeeded('call')
    expect(breaker.ask(1000)).toBe('refused')
  })

  it('lets another probe through where one was given up', () => {
    const breaker = opened()
    breaker.abandoned(breaker.ask(1000))
    expect(breaker.ask(1000)).toBe('probe')
  })

  it('whatever happens: refuses within its pause, probes one at a time, and always recovers', () => {
    const event = fc.oneof(
      fc.record({ kind: fc.constant('wait' as const), seconds: fc.integer({ min: 0, max: 40 }) }),
      fc.record({ kind: fc.constant('ask' as const) }),
      fc.record({ kind: fc.constantFrom('succeed', 'fail', 'abandon') }),
      fc.record({ kind: fc.constant('throttle' as const), seconds: fc.nat(1000) }),
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
            const permission = breaker.ask(now)
            if (pause > 0) expect(permission).toBe('refused')
            if (permission !== 'refused') running.push(permission)
          } else {
            const permission = running.shift()
            if (permission === undefined) continue
            if (one.kind === 'succeed') breaker.succeeded(permission)
            else if (one.kind === 'abandon') breaker.abandoned(permission)
            else breaker.failed(permission, now, one.kind === 'throttle' ? one.seconds : undefined)
          }
          expect(running.filter((permission) => permission === 'probe').length).toBeLessThan(2)
          expect(breaker.pause(now)).toBeLessThanOrEqual(BREAKER.retryAfter)
        }
        for (const permission of running) breaker.abandoned(permission)
        now += BREAKER.retryAfter * 1000
        const permission = breaker.ask(now)
        expect(permission).not.toBe('refused')
        breaker.succeeded(permission)
        expect(breaker.ask(now)).toBe('call')
      }),
    )
  })
})
