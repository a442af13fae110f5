import { describe, expect, it } from 'vitest'
import { TokenLifeCycle } from '../src/token-life-cycle.ts'

/** A life-cycle whose pauses do not vary, and a hand on both clocks. */
function scene(renewBefore?: number) {
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

describe('the life of a token', () => {
  it('begins with a request', () => {
    expect(scene().plan()).toEqual({ token: undefined, start: true })
  })

  it.each([
    { lifetime: 600, due: 480, gone: 595, because: 'a fifth of the lifetime, five seconds' },
    { lifetime: 86_400, due: 86_100, gone: 86_395, because: 'five minutes at most' },
    { lifetime: 10, due: 8, gone: 9.5, because: 'parts of a short life' },
    { lifetime: 900, renewBefore: 60, due: 840, gone: 895, because: 'what the option says' },
    { lifetime: 100, renewBefore: 100, due: 50, gone: 95, because: 'never more than half of it' },
    { lifetime: 1e9, due: 86_100, gone: 86_395, because: 'a day at most, whatever is said' },
  ])('of $lifetime s is due at $due s and gone at $gone s: $because', (row) => {
    const { pass, succeed, plan } = scene(row.renewBefore)
    succeed('one', row.lifetime)
    expect(plan()).toEqual({ token: 'one', start: false })
    pass(row.due - 0.01)
    expect(plan()).toEqual({ token: 'one', start: false })
    pass(0.01)
    expect(plan()).toEqual({ token: 'one', start: true })
    pass(row.gone - row.due - 0.01)
    expect(plan()).toEqual({ token: 'one', start: true })
    pass(0.01)
    expect(plan()).toEqual({ token: undefined, start: true })
  })

  it.each([
    ['the wall clock alone, in a suspended process', { wall: 700_000, monotonic: 0 }],
    [
      'the monotonic clock alone, where the time was set back',
      { wall: -86_400_000, monotonic: 700_000 },
    ],
  ])('ends by %s', (_case, moved) => {
    const { now, succeed, plan } = scene()
    succeed('one', 600)
    now.wall += moved.wall
    now.monotonic += moved.monotonic
    expect(plan()).toEqual({ token: undefined, start: true })
  })

  it('pauses renewals after a failure, longer each time, and callers without a token but five seconds', () => {
    const { pass, succeed, fail, plan } = scene()
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

  it('shortens each pause by up to half, by chance', () => {
    const cycle = new TokenLifeCycle<string>(undefined, () => 1)
    expect(cycle.fail(1, { wall: 0, monotonic: 0 })).toBe(0.25)
  })

  it('is due at once for the token that was rejected, and for no other; it serves until there is another', () => {
    const { cycle, now, pass, succeed, plan } = scene()
    succeed('two', 600)
    const reject = (token: string) => cycle.reject((held) => held === token, now)
    expect(reject('two')).toBe('too_young')
    pass(4.99)
    expect([reject('one'), reject('two')]).toEqual(['gone', 'too_young'])
    expect(plan()).toEqual({ token: 'two', start: false })
    pass(0.01)
    expect([reject('two'), reject('two')]).toEqual(['rejected', 'gone'])
    expect(plan()).toEqual({ token: 'two', start: true })
    succeed('three', 600)
    expect(plan()).toEqual({ token: 'three', start: false })
  })

  it('ends at once for the token that is dropped, and for no other', () => {
    const { cycle, succeed, plan } = scene()
    succeed('two', 600)
    expect(cycle.drop((token) => token === 'one')).toBe(false)
    expect(plan().token).toBe('two')
    expect([cycle.drop(), cycle.drop()]).toEqual([true, false])
    expect(plan()).toEqual({ token: undefined, start: true })
  })

  it('is a day at most', () => {
    const { succeed } = scene()
    expect([succeed('one', 600), succeed('two', 1e9)]).toEqual([600, 86_400])
  })
})
