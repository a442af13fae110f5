import { describe, expect, it } from 'vitest'
import { TokenLifeCycle } from '../src/token-life-cycle.ts'

/** Creates a life cycle without jitter, and functions that use one fake time. */
function setup(renewBefore?: number) {
  const cycle = new TokenLifeCycle<string>(renewBefore, () => 0)
  const now = { wall: 1_000_000, monotonic: 0 }
  const pass = (seconds: number) => {
    now.wall += seconds * 1000
    now.monotonic += seconds * 1000
  }
  const succeed = (token: string, lifetime: number) => {
    return cycle.succeed(token, lifetime, { ...now })
  }
  const fail = (attempt = 1) => cycle.fail(attempt, now)
  return { cycle, now, pass, succeed, fail, plan: () => cycle.plan(now) }
}

describe('TokenLifeCycle', () => {
  it('TokenLifeCycle.plan() returns no token and start: true before the first token', () => {
    expect(setup().plan()).toEqual({ token: undefined, start: true })
  })

  it.each([
    { lifetime: 600, due: 480, expired: 595, because: 'margin of a fifth, leeway of 5 s' },
    { lifetime: 86_400, due: 86_100, expired: 86_395, because: 'margin of at most 300 s' },
    { lifetime: 10, due: 8, expired: 9.5, because: 'leeway of 5 % for a short lifetime' },
    { lifetime: 900, renewBefore: 60, due: 840, expired: 895, because: 'margin from renewBefore' },
    {
      lifetime: 100,
      renewBefore: 100,
      due: 50,
      expired: 95,
      because: 'margin of at most half the lifetime',
    },
    { lifetime: 1e9, due: 86_100, expired: 86_395, because: 'lifetime of at most a day' },
  ])(
    'TokenLifeCycle.plan() for a token of $lifetime s: start is true from $due s on, and token is undefined from $expired s on ($because)',
    (row) => {
      const { pass, succeed, plan } = setup(row.renewBefore)
      succeed('one', row.lifetime)
      expect(plan()).toEqual({ token: 'one', start: false })
      pass(row.due - 0.01)
      expect(plan()).toEqual({ token: 'one', start: false })
      pass(0.01)
      expect(plan()).toEqual({ token: 'one', start: true })
      pass(row.expired - row.due - 0.01)
      expect(plan()).toEqual({ token: 'one', start: true })
      pass(0.01)
      expect(plan()).toEqual({ token: undefined, start: true })
    },
  )

  it.each([
    ['the wall clock advances, in a suspended process', { wall: 700_000, monotonic: 0 }],
    [
      'the monotonic clock advances, after the wall clock was set back',
      { wall: -86_400_000, monotonic: 700_000 },
    ],
  ])(
    'TokenLifeCycle.plan() returns no token after the lifetime of the token if only %s',
    (_case, moved) => {
      const { now, succeed, plan } = setup()
      succeed('one', 600)
      now.wall += moved.wall
      now.monotonic += moved.monotonic
      expect(plan()).toEqual({ token: undefined, start: true })
    },
  )

  it('TokenLifeCycle doubles the backoff up to 30 s, or up to 5 s without a valid token', () => {
    const { pass, succeed, fail, plan } = setup()
    succeed('one', 600)
    pass(480)
    for (const pause of [0.5, 1, 2, 4, 8, 16]) {
      fail()
      pass(pause - 0.01)
      expect(plan()).toEqual({ token: 'one', start: false })
      pass(0.01)
      expect(plan()).toEqual({ token: 'one', start: true })
    }
    fail()
    pass(29.99)
    expect(plan().start).toBe(false)
    pass(0.01)
    fail()
    pass(24)
    pass(600)
    fail()
    pass(4.99)
    expect(plan()).toEqual({ token: undefined, start: false })
    pass(0.01)
    expect(plan()).toEqual({ token: undefined, start: true })
    succeed('two', 600)
    pass(480)
    expect(fail()).toBe(0.5)
  })

  it('TokenLifeCycle shortens each backoff at random by up to half', () => {
    const cycle = new TokenLifeCycle<string>(undefined, () => 1)
    expect(cycle.fail(1, { wall: 0, monotonic: 0 })).toBe(0.25)
  })

  it('TokenLifeCycle.plan() returns start: true for a rejected token that is at least 5 s old, and returns this token until a new one arrives', () => {
    const { cycle, now, pass, succeed, plan } = setup()
    succeed('two', 600)
    const reject = (token: string) => cycle.reject((cached) => cached === token, now)
    expect(reject('two')).toBe('too_young')
    pass(4.99)
    expect([reject('one'), reject('two')]).toEqual(['no_effect', 'too_young'])
    expect(plan()).toEqual({ token: 'two', start: false })
    pass(0.01)
    expect([reject('two'), reject('two')]).toEqual(['rejected', 'no_effect'])
    expect(plan()).toEqual({ token: 'two', start: true })
    succeed('three', 600)
    expect(plan()).toEqual({ token: 'three', start: false })
  })

  it('TokenLifeCycle.drop() removes the cached token if its argument accepts the token, or if it has no argument', () => {
    const { cycle, succeed, plan } = setup()
    succeed('two', 600)
    expect(cycle.drop((token) => token === 'one')).toBe(false)
    expect(plan().token).toBe('two')
    expect([cycle.drop(), cycle.drop()]).toEqual([true, false])
    expect(plan()).toEqual({ token: undefined, start: true })
  })

  it('TokenLifeCycle.succeed() returns the lifetime, at most a day', () => {
    const { succeed } = setup()
    expect([succeed('one', 600), succeed('two', 1e9)]).toEqual([600, 86_400])
  })
})
