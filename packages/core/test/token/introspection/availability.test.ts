import { describe, expect, it } from 'vitest'
import { settled } from '../../../../../test/support/fake-clock.ts'
import type { ReceivedRequest } from '../../../../../test/support/introspection-server.ts'
import type { BearwardEvent } from '../../../src/index.ts'
import { watchProcess } from '../../../../../test/support/watch-process.ts'
import { PROBE } from '../../../src/token/introspection/probe.ts'
import { ACTIVE, issuing, type SetupOptions, setup } from './setup.ts'

const processFaults = watchProcess()
const BLOCKED = 'x/../../../etc/passwd'
const UNAVAILABLE = '503 introspection_unavailable'

/** Returns whether the request contains a token that the proxy blocks. */
const isBlocked = ({ form }: ReceivedRequest) => form.get('token')!.startsWith(BLOCKED)
const isGood = ({ form }: ReceivedRequest) => form.get('token')!.startsWith('good')
/** Responds that only good tokens are active. */
const usual = (request: ReceivedRequest) => (isGood(request) ? ACTIVE : { active: false })

/** Adds a proxy that handles blocked tokens with `script`. */
const withProxy = (script: (request: ReceivedRequest) => unknown) => (request: ReceivedRequest) =>
  isBlocked(request) ? script(request) : usual(request)

async function setupProbes(
  script: (request: ReceivedRequest) => unknown,
  options: SetupOptions = {},
) {
  const made = await setup(script, options)
  const probes = () =>
    made.events.flatMap((event) => (event.type === 'introspection_probed' ? event.answered : []))
  return { ...made, probes, rest: () => untilQuiet(made.events) }
}

/** Waits until no more events are published. */
async function untilQuiet(events: readonly BearwardEvent[]): Promise<void> {
  for (let before = -1; before !== events.length;) {
    before = events.length
    for (let i = 0; i < 10; i++) await settled()
  }
}

const statusCode = (code: number, headers: Record<string, string> = {}) =>
  function respond({ response }: ReceivedRequest) {
    response.writeHead(code, headers).end()
  }

/** Responses of a proxy to a request with a blocked token. */
const BLOCKING: readonly (readonly [string, (request: ReceivedRequest) => void])[] = [
  ['closes the connection', ({ response }) => void response.destroy()],
  ['responds with 502', statusCode(502)],
  ['responds with 503 and Retry-After', statusCode(503, { 'Retry-After': '120' })],
  ['responds with 504', statusCode(504)],
]

describe('PROBE', () => {
  it('PROBE has the documented limits', () => {
    expect(PROBE).toEqual({ valid: 5, perMinute: 12, quiet: 60 })
  })
})

describe('unknown tokens that make a call fail', () => {
  it.each(BLOCKING)(
    'authorize grants good tokens while a proxy blocks other tokens and %s',
    async (_, script) => {
      const { clock, getOutcome, probes, rest } = await setupProbes(withProxy(script))
      const outcomes: string[] = []
      for (let i = 0; i < 400; i++) {
        expect(await getOutcome(`${BLOCKED}${i}`)).toBe(UNAVAILABLE)
        if (i % 10 === 0) outcomes.push(await getOutcome(`good-${i}`))
        clock.advance(0.05)
      }
      await rest()
      expect(new Set(outcomes)).toEqual(new Set(['granted']))
      expect(new Set(probes())).toEqual(new Set([true]))
      // The loop lasts twenty seconds, and the result of a probe is valid for five seconds.
      expect(probes().length).toBeLessThanOrEqual(5)
    },
  )

  it('the circuit breaker opens after five failed calls for known tokens, even if a probe succeeds', async () => {
    const { clock, endpoint, getOutcome, probes, rest, failed } = await setupProbes(usual)
    for (let i = 0; i < 5; i++) await getOutcome(`good-${i}`)
    clock.advance(11)
    endpoint.answer((request: ReceivedRequest) =>
      isGood(request) || isBlocked(request) ? statusCode(502)(request) : { active: false },
    )
    for (let i = 0; i < 5; i++) {
      await getOutcome(`${BLOCKED}${i}`)
      await rest()
      await getOutcome(`good-${i}`)
    }
    expect(probes()).toEqual([true])
    expect(failed().at(-1)).toMatchObject({ pause: 1 })
    expect(await getOutcome('good-new')).toBe(UNAVAILABLE)
  })

  it('the circuit breaker opens after five failed calls for unknown tokens if a probe also fails', async () => {
    const { endpoint, getOutcome, probes, rest } = await setupProbes(statusCode(502))
    for (let i = 0; i < 5; i++) {
      await getOutcome(`good-${i}`)
      await rest()
    }
    const calls = endpoint.requests.length
    expect(calls).toBe(6)
    expect(probes()).toEqual([false])
    endpoint.answer(ACTIVE)
    expect(await getOutcome('good-new')).toBe(UNAVAILABLE)
    expect(endpoint.requests).toHaveLength(calls)
  })

  it('authorize sends one probe for 50 simultaneous failed introspection calls', async () => {
    let release = () => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    const { endpoint, getOutcome, probes, rest } = await setupProbes(async (request) => {
      if (!isBlocked(request)) await held
      return isBlocked(request) ? 502 : usual(request)
    })
    await Promise.all(Array.from({ length: 50 }, (_, i) => getOutcome(`${BLOCKED}${i}`)))
    await endpoint.received(51)
    release()
    await rest()
    expect(endpoint.requests).toHaveLength(51)
    expect(probes()).toEqual([true])
  })

  it.each([
    ['a closed connection', ({ response }: ReceivedRequest) => void response.destroy()],
    ['status 403', statusCode(403)],
    ['status 500', statusCode(500)],
    ['status 400', statusCode(400)],
    ['no response', () => {}],
  ])(
    'authorize grants a good token after a pause, although the call for the first token after the pause gets %s',
    async (_, script) => {
      const { clock, endpoint, getOutcome, rest } = await setupProbes(statusCode(502))
      for (let i = 0; i < 5; i++) {
        await getOutcome(`${BLOCKED}${i}`)
        await rest()
      }
      expect(await getOutcome('good-0')).toBe(UNAVAILABLE)
      endpoint.answer(withProxy(script))
      clock.advance(10)
      // The first request after the pause has the blocked token. The test ignores the outcome of this request.
      const blocked = getOutcome(BLOCKED)
      await endpoint.received(7)
      await rest()
      expect(await getOutcome('good-1')).toBe('granted')
      clock.advance(3)
      await blocked
    },
  )

  it.each([429, 401])(
    'authorize grants good tokens after a pause that status %s has caused, although probes are not allowed',
    async (code) => {
      const { clock, endpoint, getOutcome, rest } = await setupProbes(statusCode(code))
      for (let i = 0; i < 5; i++) await getOutcome(`first-${i}`)
      endpoint.answer(withProxy(statusCode(403)))
      clock.advance(1)
      await getOutcome(BLOCKED)
      await rest()
      for (let i = 0; i < 5; i++) {
        await getOutcome(`${BLOCKED}${i}`)
        expect(await getOutcome(`good-${i}`)).toBe('granted')
      }
    },
  )

  it('a pause of introspection ends after a successful probe, although the call for a blocked token fails', async () => {
    const { clock, endpoint, getOutcome, rest } = await setupProbes(statusCode(502))
    for (let i = 0; i < 5; i++) {
      await getOutcome(`${BLOCKED}${i}`)
      await rest()
    }
    clock.advance(10)
    endpoint.answer(withProxy(statusCode(502)))
    // The server is available again. Only the probe succeeds, because the proxy blocks this token.
    expect(await getOutcome(BLOCKED)).toBe(UNAVAILABLE)
    await rest()
    expect(await getOutcome('good-new')).toBe('granted')
  })

  it('close() during a probe leaves no timer, and introspection_probed is not published', async () => {
    const { clock, endpoint, getOutcome, probes, rest, server } = await setupProbes((request) =>
      isBlocked(request) ? 502 : undefined,
    )
    await getOutcome(BLOCKED)
    await endpoint.received(2)
    server.close()
    await rest()
    expect(probes()).toEqual([])
    expect(clock.pending()).toBe(0)
  })
})

describe('a probe', () => {
  it('authorize sends at most twelve probes in a minute while the endpoint is alternately unavailable and available', async () => {
    const { clock, endpoint, getOutcome, rest } = await setupProbes(statusCode(502))
    for (let i = 0; i < 120; i++) {
      endpoint.answer(i % 8 < 5 ? statusCode(502) : withProxy(statusCode(502)))
      await getOutcome(`${BLOCKED}${i}`)
      await rest()
      await getOutcome(`good-${i}`)
      await rest()
      clock.advance(0.5)
    }
    const own = endpoint.requests.filter(({ form }) => /^\w{64}$/.test(form.get('token')!))
    expect(own.length).toBeLessThanOrEqual(12)
    expect(own.length).toBeGreaterThan(5)
  })

  it('authorize sends a new probe after a pause, and does not use the result of an earlier probe', async () => {
    const { clock, endpoint, getOutcome, rest } = await setupProbes(statusCode(502))
    for (let i = 0; i < 5; i++) {
      await getOutcome(`${BLOCKED}${i}`)
      await rest()
    }
    endpoint.answer(usual)
    clock.advance(1)
    expect(await getOutcome('good')).toBe('granted')
  })

  /** Sends a blocked token, so its introspection call fails. `own` contains the tokens of the probes that follow. */
  async function probed(options: SetupOptions) {
    const made = await setupProbes(withProxy(statusCode(502)), options)
    await made.getOutcome(BLOCKED)
    await made.rest()
    const request = made.endpoint.requests.map(({ form }) => form.get('token')!)
    return { ...made, own: request.slice(1) }
  }

  it('two probes have different random tokens', async () => {
    const [one, other] = [await probed({}), await probed({})]
    for (const { own } of [one, other]) expect(own).toEqual([expect.stringMatching(/^\w{64}$/)])
    expect(one.own).not.toEqual(other.own)
  })

  it('the function in the option probe is called for the token of each probe', async () => {
    let count = 0
    const { own, clock, getOutcome, rest, endpoint } = await probed({
      introspection: { probe: () => `probe-${++count}` },
    })
    expect(own).toEqual(['probe-1'])
    clock.advance(4.9)
    await getOutcome(`${BLOCKED}1`)
    clock.advance(0.1)
    await getOutcome(`${BLOCKED}2`)
    await rest()
    expect(endpoint.requests.map(({ form }) => form.get('token'))).toContain('probe-2')
    expect(count).toBe(2)
  })

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('of the application')
      },
    ],
    ['returns undefined', () => undefined],
    ['returns two words', () => 'two words'],
    ['returns a promise', async () => 'a-token'],
    ['is async and throws', () => Promise.reject(new Error('of the application'))],
    ['returns too many characters', () => 'a'.repeat(20_000)],
  ])(
    'authorize publishes introspection_failed, sends no probe and counts no failure if the function in the option probe %s',
    async (_, probe) => {
      const { own, getOutcome, failed } = await probed({
        introspection: { probe: probe as () => string },
      })
      expect(own).toEqual([])
      expect(failed()).toContainEqual(
        expect.objectContaining({
          failure: 'unexpected',
          detail: 'introspection.probe did not return a valid token',
        }),
      )
      for (let i = 0; i < 10; i++) await getOutcome(`${BLOCKED}${i}`)
      expect(await getOutcome('good')).toBe('granted')
      expect(await processFaults.faults()).toEqual([])
    },
  )

  it('authorize with probe: false sends no probe, and the circuit breaker counts only failures for known tokens', async () => {
    const { clock, endpoint, getOutcome, rest } = await probed({ introspection: { probe: false } })
    const good = Array.from({ length: 5 }, (_, i) => `good-${i}`)
    const blocked = Array.from({ length: 20 }, (_, i) => `${BLOCKED}${i}`)
    for (const token of good) expect(await getOutcome(token)).toBe('granted')
    clock.advance(11)
    endpoint.answer(502)
    for (const token of [...blocked, ...good]) expect(await getOutcome(token)).toBe(UNAVAILABLE)
    expect(await getOutcome('good-new')).toBe(UNAVAILABLE)
    await rest()
    // The call for good-new is not sent, because the five failures for known tokens have opened the circuit breaker.
    const sent = endpoint.requests.map(({ form }) => form.get('token'))
    expect(sent).toEqual([BLOCKED, ...good, ...blocked, ...good])
  })

  it.each([429, 401])(
    'authorize sends no probe for a minute after status %s, unless a valid response arrives earlier',
    async (code) => {
      const { clock, endpoint, getOutcome, probes, rest } = await setupProbes(statusCode(code))
      await getOutcome('first')
      endpoint.answer(502)
      async function fail(token: string) {
        await getOutcome(token)
        await rest()
      }
      clock.advance(59.9)
      await fail('second')
      expect(probes()).toEqual([])
      clock.advance(0.1)
      await fail('third')
      expect(probes()).toEqual([false])

      endpoint.answer(code)
      await getOutcome('fourth')
      endpoint.answer(usual)
      expect(await getOutcome('good')).toBe('granted')
      endpoint.answer(502)
      clock.advance(5)
      await fail('fifth')
      expect(probes()).toEqual([false, false])
    },
  )
})

describe('known tokens', () => {
  const SLOW_DOWN = statusCode(429, { 'Retry-After': '30' })

  it('authorize grants tokens that were active earlier while status 429 limits calls for unknown tokens', async () => {
    const { clock, endpoint, getOutcome } = await setupProbes(usual)
    for (let i = 0; i < 6; i++) await getOutcome(`good-${i}`)
    endpoint.answer(SLOW_DOWN)
    await getOutcome('unknown')
    endpoint.answer(usual)
    const before = endpoint.requests.length
    const outcomes: string[] = []
    for (let i = 0; i < 80; i++) {
      if (i < 70) expect(await getOutcome(`unknown-${i}`)).toBe(UNAVAILABLE)
      for (let j = 0; j < 6; j++) outcomes.push(await getOutcome(`good-${j}`))
      clock.advance(0.3)
    }
    expect(outcomes).toHaveLength(480)
    expect(new Set(outcomes)).toEqual(new Set(['granted']))
    expect(endpoint.requests.length - before).toBeLessThanOrEqual(6 * 3)
  })

  it('authorize introspects each known token once while the circuit breaker is open, and a valid response closes the circuit breaker', async () => {
    const { clock, endpoint, getOutcome } = await setupProbes(usual)
    for (let i = 0; i < 5; i++) await getOutcome(`good-${i}`)
    clock.advance(11)
    endpoint.answer(502)
    for (let i = 0; i < 5; i++) expect(await getOutcome(`good-${i}`)).toBe(UNAVAILABLE)
    expect(await getOutcome('good-new')).toBe(UNAVAILABLE)
    const before = endpoint.requests.length

    let release = () => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    endpoint.answer(async (request: ReceivedRequest) => {
      await held
      return usual(request)
    })
    const outcomes = Array.from({ length: 20 }, (_, i) => getOutcome(`good-${i % 2}`))
    await endpoint.received(before + 2)
    release()
    expect(new Set(await Promise.all(outcomes))).toEqual(new Set(['granted']))
    expect(endpoint.requests).toHaveLength(before + 2)
    expect(await getOutcome('good-new')).toBe('granted')
  })

  it('authorize introspects a JWT that was verified locally, even after status 429', async () => {
    const { endpoint, getOutcome, token } = await issuing('jwt')
    endpoint.answer(SLOW_DOWN)
    expect(await getOutcome(token(), { introspect: true })).toBe(UNAVAILABLE)
    endpoint.answer({ active: true })
    const other = token({ claims: { jti: 'another' } })
    expect(await getOutcome(other, { introspect: true })).toBe('granted')
  })

  it('status 400, 413, 414 or 422 causes 503 for a token that was active earlier, and 401 for other tokens', async () => {
    const { clock, endpoint, getOutcome, failures } = await setupProbes(usual, {
      introspection: { maxAge: 0 },
    })
    expect(await getOutcome('good-1')).toBe('granted')
    expect(await getOutcome('good-2')).toBe('granted')
    for (const code of [400, 413, 414, 422]) {
      endpoint.answer(code)
      clock.advance(1)
      expect(await getOutcome('good-1')).toBe(UNAVAILABLE)
      expect(await getOutcome('unknown')).toBe('401 inactive')
    }
    expect(failures()).toEqual(Array(4).fill('token_refused'))
  })

  it('authorize makes no call for a known token during a pause if the last response for this token was inactive', async () => {
    const { clock, endpoint, getOutcome } = await setupProbes(usual)
    await getOutcome('good')
    clock.advance(11)
    endpoint.answer({ active: false })
    expect(await getOutcome('good')).toBe('401 inactive')
    clock.advance(4)
    endpoint.answer(SLOW_DOWN)
    await getOutcome('unknown')
    endpoint.answer(usual)
    expect(await getOutcome('good')).toBe(UNAVAILABLE)
  })
})
