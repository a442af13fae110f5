import { describe, expect, it } from 'vitest'
import { settled } from '../../../../../test/support/fake-clock.ts'
import type { Asked } from '../../../../../test/support/introspection-server.ts'
import type { BearwardEvent } from '../../../src/index.ts'
import { watchProcess } from '../../../../../test/support/watch-process.ts'
import { PROBE } from '../../../src/token/introspection/probe.ts'
import { ACTIVE, issuing, type SceneOptions, setup } from './setup.ts'

const processFaults = watchProcess()
const NASTY = 'x/../../../etc/passwd'
const UNAVAILABLE = '503 introspection_unavailable'

/** The last part of what strangers send. */
const isNasty = ({ form }: Asked) => form.get('token')!.startsWith(NASTY)
const isGood = ({ form }: Asked) => form.get('token')!.startsWith('good')
/** Good tokens are active, and no other is. */
const usual = (asked: Asked) => (isGood(asked) ? ACTIVE : { active: false })

/** Something in front of the server does not like the tokens of strangers. */
const guarded = (script: (asked: Asked) => unknown) => (asked: Asked) =>
  isNasty(asked) ? script(asked) : usual(asked)

async function scene(script: (asked: Asked) => unknown, options: SceneOptions = {}) {
  const made = await setup(script, options)
  const probes = () =>
    made.events.flatMap((event) => (event.type === 'introspection_probed' ? event.answered : []))
  return { ...made, probes, rest: () => untilQuiet(made.events) }
}

/** Waits until nothing is going on any more: no event has come for a while. */
async function untilQuiet(events: readonly BearwardEvent[]): Promise<void> {
  for (let before = -1; before !== events.length;) {
    before = events.length
    for (let i = 0; i < 10; i++) await settled()
  }
}

const statusCode = (code: number, headers: Record<string, string> = {}) =>
  function answer({ response }: Asked) {
    response.writeHead(code, headers).end()
  }

/** What something in front of a server can do to a token that it does not like. */
const DISLIKES: readonly (readonly [string, (asked: Asked) => void])[] = [
  ['closes the connection', ({ response }) => void response.destroy()],
  ['answers 502', statusCode(502)],
  ['answers 503 with Retry-After', statusCode(503, { 'Retry-After': '120' })],
  ['answers 504', statusCode(504)],
]

describe('the numbers of probes', () => {
  it('are these, and are documented', () => {
    expect(PROBE).toEqual({ valid: 5, perMinute: 12, quiet: 60 })
  })
})

describe('tokens of strangers that make a call fail', () => {
  it.each(DISLIKES)('shut nobody out, where something %s', async (_, script) => {
    const { clock, judge, probes, rest } = await scene(guarded(script))
    const answers: string[] = []
    for (let i = 0; i < 400; i++) {
      expect(await judge(`${NASTY}${i}`)).toBe(UNAVAILABLE)
      if (i % 10 === 0) answers.push(await judge(`good-${i}`))
      clock.advance(0.05)
    }
    await rest()
    expect(new Set(answers)).toEqual(new Set(['granted']))
    expect(new Set(probes())).toEqual(new Set([true]))
    // In twenty seconds.
    expect(probes().length).toBeLessThanOrEqual(5)
  })

  it('do not hold the breaker closed, where calls of known tokens fail', async () => {
    const { clock, endpoint, judge, probes, rest, failed } = await scene(usual)
    for (let i = 0; i < 5; i++) await judge(`good-${i}`)
    clock.advance(11)
    endpoint.answer((asked: Asked) =>
      isGood(asked) || isNasty(asked) ? statusCode(502)(asked) : { active: false },
    )
    for (let i = 0; i < 5; i++) {
      await judge(`${NASTY}${i}`)
      await rest()
      await judge(`good-${i}`)
    }
    expect(probes()).toEqual([true])
    expect(failed().at(-1)).toMatchObject({ pause: 1 })
    expect(await judge('good-new')).toBe(UNAVAILABLE)
  })

  it('open the breaker, where a probe fails as well', async () => {
    const { endpoint, judge, probes, rest } = await scene(statusCode(502))
    for (let i = 0; i < 5; i++) {
      await judge(`good-${i}`)
      await rest()
    }
    const calls = endpoint.asked.length
    expect(calls).toBe(6)
    expect(probes()).toEqual([false])
    endpoint.answer(ACTIVE)
    expect(await judge('good-new')).toBe(UNAVAILABLE)
    expect(endpoint.asked).toHaveLength(calls)
  })

  it('share a probe: one at a time, however many fail', async () => {
    let letGo = () => {}
    const held = new Promise<void>((resolve) => (letGo = resolve))
    const { endpoint, judge, probes, rest } = await scene(async (asked) => {
      if (!isNasty(asked)) await held
      return isNasty(asked) ? 502 : usual(asked)
    })
    await Promise.all(Array.from({ length: 50 }, (_, i) => judge(`${NASTY}${i}`)))
    await endpoint.received(51)
    letGo()
    await rest()
    expect(endpoint.asked).toHaveLength(51)
    expect(probes()).toEqual([true])
  })

  it.each([
    ['is closed', ({ response }: Asked) => void response.destroy()],
    ['gets 403', statusCode(403)],
    ['gets 500', statusCode(500)],
    ['gets 400', statusCode(400)],
    ['hangs', () => {}],
  ])('cannot use up what ends a pause, where their call %s', async (_, script) => {
    const { clock, endpoint, judge, rest } = await scene(statusCode(502))
    for (let i = 0; i < 5; i++) {
      await judge(`${NASTY}${i}`)
      await rest()
    }
    expect(await judge('good-0')).toBe(UNAVAILABLE)
    endpoint.answer(guarded(script))
    clock.advance(10)
    // Theirs is the first call after the pause. What they are told does not matter.
    const theirs = judge(NASTY)
    await endpoint.received(7)
    await rest()
    expect(await judge('good-1')).toBe('granted')
    clock.advance(3)
    await theirs
  })

  it.each([429, 401])(
    'cannot use up what ends a pause after %s either, when no probe may be sent',
    async (code) => {
      const { clock, endpoint, judge, rest } = await scene(statusCode(code))
      for (let i = 0; i < 5; i++) await judge(`first-${i}`)
      endpoint.answer(guarded(statusCode(403)))
      clock.advance(1)
      await judge(NASTY)
      await rest()
      for (let i = 0; i < 5; i++) {
        await judge(`${NASTY}${i}`)
        expect(await judge(`good-${i}`)).toBe('granted')
      }
    },
  )

  it('end no pause and start none, as the call that is let through after one', async () => {
    const { clock, endpoint, judge, rest } = await scene(statusCode(502))
    for (let i = 0; i < 5; i++) {
      await judge(`${NASTY}${i}`)
      await rest()
    }
    clock.advance(10)
    endpoint.answer(guarded(statusCode(502)))
    // The server is back, and does not like this token: the probe tells.
    expect(await judge(NASTY)).toBe(UNAVAILABLE)
    await rest()
    expect(await judge('good-new')).toBe('granted')
  })

  it('leave nothing behind where the resource server is closed meanwhile', async () => {
    const { clock, endpoint, judge, probes, rest, server } = await scene((asked) =>
      isNasty(asked) ? 502 : undefined,
    )
    await judge(NASTY)
    await endpoint.received(2)
    server.close()
    await rest()
    expect(probes()).toEqual([])
    expect(clock.pending()).toBe(0)
  })
})

describe('a probe', () => {
  it('is made twelve times in a minute at most, however often the endpoint comes and goes', async () => {
    const { clock, endpoint, judge, rest } = await scene(statusCode(502))
    for (let i = 0; i < 120; i++) {
      endpoint.answer(i % 8 < 5 ? statusCode(502) : guarded(statusCode(502)))
      await judge(`${NASTY}${i}`)
      await rest()
      await judge(`good-${i}`)
      await rest()
      clock.advance(0.5)
    }
    const own = endpoint.asked.filter(({ form }) => /^\w{64}$/.test(form.get('token')!))
    expect(own.length).toBeLessThanOrEqual(12)
    expect(own.length).toBeGreaterThan(5)
  })

  it('decides when a pause is over, and not one from before it', async () => {
    const { clock, endpoint, judge, rest } = await scene(statusCode(502))
    for (let i = 0; i < 5; i++) {
      await judge(`${NASTY}${i}`)
      await rest()
    }
    endpoint.answer(usual)
    clock.advance(1)
    expect(await judge('good')).toBe('granted')
  })

  /** Fails one call for a stranger, and returns the tokens that were asked about. */
  async function probed(options: SceneOptions) {
    const made = await scene(guarded(statusCode(502)), options)
    await made.judge(NASTY)
    await made.rest()
    const asked = made.endpoint.asked.map(({ form }) => form.get('token')!)
    return { ...made, own: asked.slice(1) }
  }

  it('is about a random token', async () => {
    const [one, other] = [await probed({}), await probed({})]
    for (const { own } of [one, other]) expect(own).toEqual([expect.stringMatching(/^\w{64}$/)])
    expect(one.own).not.toEqual(other.own)
  })

  it('is about the token that the application makes, as often as one is needed', async () => {
    let count = 0
    const { own, clock, judge, rest, endpoint } = await probed({
      introspection: { probe: () => `probe-${++count}` },
    })
    expect(own).toEqual(['probe-1'])
    clock.advance(4.9)
    await judge(`${NASTY}1`)
    clock.advance(0.1)
    await judge(`${NASTY}2`)
    await rest()
    expect(endpoint.asked.map(({ form }) => form.get('token'))).toContain('probe-2')
    expect(count).toBe(2)
  })

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('of the application')
      },
    ],
    ['returns none', () => undefined],
    ['returns two words', () => 'two words'],
    ['returns a promise', async () => 'a-token'],
    ['is async and throws', () => Promise.reject(new Error('of the application'))],
    ['returns too much', () => 'a'.repeat(20_000)],
  ])(
    'is not sent where the function %s: the event says so, and nothing counts',
    async (_, probe) => {
      const { own, judge, failed } = await probed({
        introspection: { probe: probe as () => string },
      })
      expect(own).toEqual([])
      expect(failed()).toContainEqual(
        expect.objectContaining({
          failure: 'unexpected',
          detail: 'introspection.probe did not return a valid token',
        }),
      )
      for (let i = 0; i < 10; i++) await judge(`${NASTY}${i}`)
      expect(await judge('good')).toBe('granted')
      expect(await processFaults.faults()).toEqual([])
    },
  )

  it('is never sent where the option is false: only known tokens open the breaker then', async () => {
    const { own, clock, endpoint, judge } = await probed({ introspection: { probe: false } })
    for (let i = 0; i < 5; i++) expect(await judge(`good-${i}`)).toBe('granted')
    clock.advance(11)
    endpoint.answer(502)
    for (let i = 0; i < 20; i++) await judge(`${NASTY}${i}`)
    expect(own).toEqual([])
    const before = endpoint.asked.length
    for (let i = 0; i < 5; i++) await judge(`good-${i}`)
    expect(await judge('good-new')).toBe(UNAVAILABLE)
    expect(endpoint.asked).toHaveLength(before + 5)
  })

  it.each([429, 401])(
    'is not sent for a minute after %s, unless an answer comes before',
    async (code) => {
      const { clock, endpoint, judge, probes, rest } = await scene(statusCode(code))
      await judge('first')
      endpoint.answer(502)
      async function fail(token: string) {
        await judge(token)
        await rest()
      }
      clock.advance(59.9)
      await fail('second')
      expect(probes()).toEqual([])
      clock.advance(0.1)
      await fail('third')
      expect(probes()).toEqual([false])

      endpoint.answer(code)
      await judge('fourth')
      endpoint.answer(usual)
      expect(await judge('good')).toBe('granted')
      endpoint.answer(502)
      clock.advance(5)
      await fail('fifth')
      expect(probes()).toEqual([false, false])
    },
  )
})

describe('known tokens', () => {
  const SLOW_DOWN = statusCode(429, { 'Retry-After': '30' })

  it('are not throttled after a 429: only tokens are that were never active', async () => {
    const { clock, endpoint, judge } = await scene(usual)
    for (let i = 0; i < 6; i++) await judge(`good-${i}`)
    endpoint.answer(SLOW_DOWN)
    await judge('made-up')
    endpoint.answer(usual)
    const before = endpoint.asked.length
    const answers: string[] = []
    for (let i = 0; i < 80; i++) {
      if (i < 70) expect(await judge(`made-up-${i}`)).toBe(UNAVAILABLE)
      for (let j = 0; j < 6; j++) answers.push(await judge(`good-${j}`))
      clock.advance(0.3)
    }
    expect(answers).toHaveLength(480)
    expect(new Set(answers)).toEqual(new Set(['granted']))
    expect(endpoint.asked.length - before).toBeLessThanOrEqual(6 * 3)
  })

  it('pass an open breaker, one call a token, and close it when the server answers', async () => {
    const { clock, endpoint, judge } = await scene(usual)
    for (let i = 0; i < 5; i++) await judge(`good-${i}`)
    clock.advance(11)
    endpoint.answer(502)
    for (let i = 0; i < 5; i++) expect(await judge(`good-${i}`)).toBe(UNAVAILABLE)
    expect(await judge('good-new')).toBe(UNAVAILABLE)
    const before = endpoint.asked.length

    let letGo = () => {}
    const held = new Promise<void>((resolve) => (letGo = resolve))
    endpoint.answer(async (asked: Asked) => {
      await held
      return usual(asked)
    })
    const answers = Array.from({ length: 20 }, (_, i) => judge(`good-${i % 2}`))
    await endpoint.received(before + 2)
    letGo()
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['granted']))
    expect(endpoint.asked).toHaveLength(before + 2)
    expect(await judge('good-new')).toBe('granted')
  })

  it('are those that were verified here, too', async () => {
    const { endpoint, judge, token } = await issuing('jwt')
    endpoint.answer(SLOW_DOWN)
    expect(await judge(token(), { introspect: true })).toBe(UNAVAILABLE)
    endpoint.answer({ active: true })
    const other = token({ claims: { jti: 'another' } })
    expect(await judge(other, { introspect: true })).toBe('granted')
  })

  it('are not called inactive because of a status: they were active before', async () => {
    const { clock, endpoint, judge, failures } = await scene(usual, {
      introspection: { maxAge: 0 },
    })
    expect(await judge('good-1')).toBe('granted')
    expect(await judge('good-2')).toBe('granted')
    for (const code of [400, 413, 414, 422]) {
      endpoint.answer(code)
      clock.advance(1)
      expect(await judge('good-1')).toBe(UNAVAILABLE)
      expect(await judge('made-up')).toBe('401 inactive')
    }
    expect(failures()).toEqual(Array(4).fill('token_refused'))
  })

  it('are no longer known when they were called inactive', async () => {
    const { clock, endpoint, judge } = await scene(usual)
    await judge('good')
    clock.advance(11)
    endpoint.answer({ active: false })
    expect(await judge('good')).toBe('401 inactive')
    clock.advance(4)
    endpoint.answer(SLOW_DOWN)
    await judge('made-up')
    endpoint.answer(usual)
    expect(await judge('good')).toBe(UNAVAILABLE)
  })
})
