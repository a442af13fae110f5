import { describe, expect, it } from 'vitest'
import { checkTimes } from '../../../src/token/jwt/times.ts'
import { summarize } from '../../support/refusal.ts'
import { createSettings } from '../../support/settings.ts'

const AT = 1_900_000_000
const EXPIRED = 'expired: 401 invalid_token'
const EARLY = 'not_yet_valid: 401 invalid_token'
const FUTURE = 'issued_in_future: 401 invalid_token'
const OLD = 'too_old: 401 invalid_token'

describe.each([0, 5])('checkTimes with a tolerance of %i s', (clockTolerance) => {
  const check = (claims: Record<string, number>, now: number, maxTokenAge?: number) =>
    summarize(checkTimes(claims, createSettings({ clockTolerance, maxTokenAge }), now))

  it('9068-09: checkTimes accepts a token only before exp plus the tolerance', () => {
    const end = AT + clockTolerance
    expect(check({ exp: AT }, end - 1)).toBe('passed')
    expect(check({ exp: AT }, end - 0.001)).toBe('passed')
    expect(check({ exp: AT }, end)).toBe(EXPIRED)
    expect(check({ exp: AT }, end + 1)).toBe(EXPIRED)
    expect(check({ exp: 0 }, AT)).toBe(EXPIRED)
  })

  it('checkTimes accepts an exp with a fraction of a second', () => {
    expect(check({ exp: AT + 0.5 }, AT + clockTolerance + 0.499)).toBe('passed')
    expect(check({ exp: AT + 0.5 }, AT + clockTolerance + 0.5)).toBe(EXPIRED)
  })

  it('checkTimes accepts a token at nbf minus the tolerance, but not earlier', () => {
    const start = AT - clockTolerance
    expect(check({ exp: AT + 300, nbf: AT }, start - 0.001)).toBe(EARLY)
    expect(check({ exp: AT + 300, nbf: AT }, start)).toBe('passed')
    expect(check({ exp: AT + 300, nbf: AT }, AT)).toBe('passed')
  })

  it('checkTimes accepts a token at iat minus the tolerance, but not earlier', () => {
    const start = AT - clockTolerance
    expect(check({ exp: AT + 300, iat: AT }, start - 0.001)).toBe(FUTURE)
    expect(check({ exp: AT + 300, iat: AT }, start)).toBe('passed')
  })

  it('checkTimes accepts a token whose age is at most maxTokenAge plus the tolerance, and a token of any age without maxTokenAge', () => {
    const claims = { exp: AT + 100_000, iat: AT }
    const end = AT + 60 + clockTolerance
    expect(check(claims, end, 60)).toBe('passed')
    expect(check(claims, end + 0.001, 60)).toBe(OLD)
    expect(check(claims, end + 99_000)).toBe('passed')
  })

  it('checkTimes returns expired before other time rejections', () => {
    expect(check({ exp: AT - 300, nbf: AT + 300, iat: AT + 300 }, AT, 60)).toBe(EXPIRED)
  })

  it('checkTimes rejects a token with exp if the current time is NaN', () => {
    expect(check({ exp: AT }, Number.NaN)).toBe(EXPIRED)
  })
})

describe('the explanation of checkTimes', () => {
  const explain = (claims: Record<string, number>, now: number, maxTokenAge?: number) =>
    checkTimes(claims, createSettings({ clockTolerance: 5, maxTokenAge }), now)?.explanation

  it('the explanation of checkTimes contains the seconds between now and the claim, rounded up and without the tolerance', () => {
    expect(explain({ exp: AT }, AT + 312)).toEqual({
      check: 'exp',
      expected: 'a time in the future',
      found: '312 s ago',
    })
    expect(explain({ exp: AT }, AT + 5.2)?.found).toBe('6 s ago')
    expect(explain({ exp: AT + 900, nbf: AT }, AT - 40)?.found).toBe('in 40 s')
    expect(explain({ exp: AT + 900, iat: AT }, AT - 5.5)?.found).toBe('in 6 s')
    expect(explain({ exp: AT + 9000, iat: AT }, AT + 4000, 3600)).toEqual({
      check: 'iat',
      expected: 'at most 3600 s ago',
      found: '4000 s ago',
    })
    expect(explain({ exp: Number.MAX_SAFE_INTEGER, nbf: Number.MAX_SAFE_INTEGER }, AT)?.found).toBe(
      `in ${Number.MAX_SAFE_INTEGER - AT} s`,
    )
  })
})
