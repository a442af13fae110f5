import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fakeClock, settled } from '../../../../test/support/fake-clock.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../../test/support/issuer.ts'
import { generateKey } from '../../../../test/support/keys.ts'
import { requestWith } from '../../../../test/support/requests.ts'
import { createResourceServer, type Outcome } from '../../src/index.ts'

/** Four keys under three names: the last two are different material under one `kid`. */
const KEYS = ['a', 'b', 'c', 'c'].map((kid) => generateKey('ES256', kid))
const JWKS_URI = `${ISSUER}/jwks`
const FETCH_TIMEOUT = 3
const STALE_LIMIT = 7200
/** Milliseconds that sums of times may be apart. */
const ROUNDING = 0.001

/** What a server may write into Retry-After, and the seconds that it is heeded for. */
const RETRY_AFTER = [
  ['0', 0],
  ['7', 7],
  ['10', 10],
  ['11', 10],
  ['86400', 10],
  ['9'.repeat(400), 10],
  ['Fri, 31 Dec 9999 23:59:59 GMT', 10],
  ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ['-7', 0],
  ['1e9', 0],
  ['soon', 0],
] as const

type Mode = 'up' | 'refuse' | 'hang' | 'error' | 'empty' | (typeof RETRY_AFTER)[number]
type Step =
  | { readonly does: 'pass'; readonly seconds: number }
  | { readonly does: 'publish'; readonly keys: readonly number[] }
  | { readonly does: 'switch'; readonly mode: Mode }
  | { readonly does: 'request'; readonly key: number; readonly times: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constant('pass'),
      seconds: fc.oneof(fc.nat(6), fc.nat(700), fc.nat(2 * STALE_LIMIT)),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant('publish'),
      keys: fc.uniqueArray(fc.nat(3), { minLength: 1 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant('switch'),
      mode: fc.oneof(
        {
          weight: 3,
          arbitrary: fc.constantFrom('up', 'up', 'refuse', 'hang', 'error', 'empty'),
        },
        { weight: 1, arbitrary: fc.constantFrom(...RETRY_AFTER) },
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant('request'),
      key: fc.nat(3),
      times: fc.integer({ min: 1, max: 3 }),
    }),
  },
)

/** What can be known from outside: which keys the issuer has handed out last, and how the last call went. */
interface Model {
  published: readonly number[]
  mode: Mode
  handedOut: { readonly keys: readonly number[]; readonly at: number } | undefined
  lastFailed: boolean
  /** When the pause that the issuer has asked for is over, in monotonic milliseconds. */
  pauseEnds: number
}

function expectedStatus(model: Model, key: number, now: number): number | 'granted' {
  const { handedOut } = model
  if (handedOut === undefined || now - handedOut.at >= STALE_LIMIT * 1000) return 503
  if (handedOut.keys.includes(key)) return 'granted'
  const sameName = handedOut.keys.some((other) => KEYS[other]!.kid === KEYS[key]!.kid)
  return model.lastFailed && !sameName ? 503 : 401
}

async function run(steps: readonly Step[]): Promise<void> {
  const clock = fakeClock()
  const issuer = createTestIssuer({ now: clock.seconds })
  const model: Model = {
    published: [0],
    mode: 'up',
    handedOut: undefined,
    lastFailed: false,
    pauseEnds: -Infinity,
  }
  const calls: number[] = []
  const tooEarly: number[] = []
  let lastSucceeded = 0

  async function fetch(_url: string, { signal }: { signal: AbortSignal }): Promise<Response> {
    calls.push(clock.monotonic())
    if (clock.monotonic() < model.pauseEnds - ROUNDING) tooEarly.push(clock.monotonic())
    const call = calls.length
    // What fails after a later call has succeeded is of no account.
    const failed = () => {
      if (call > lastSucceeded) model.lastFailed = true
    }
    switch (model.mode) {
      case 'up':
        model.handedOut = { keys: model.published, at: clock.monotonic() }
        model.lastFailed = false
        model.pauseEnds = -Infinity
        lastSucceeded = call
        return Response.json({ keys: model.published.map((i) => KEYS[i]!.jwk) })
      case 'hang':
        signal.addEventListener('abort', failed)
        return new Promise(() => {})
      case 'refuse':
        failed()
        throw new TypeError('fetch failed')
      case 'error':
        failed()
        return new Response('', { status: 500 })
      case 'empty':
        failed()
        return Response.json({ keys: [] })
      default: {
        failed()
        const [text, seconds] = model.mode
        model.pauseEnds = Math.max(model.pauseEnds, clock.monotonic() + seconds * 1000)
        return new Response('', { status: 429, headers: { 'retry-after': text } })
      }
    }
  }

  const server = createResourceServer({
    issuer: ISSUER,
    audience: AUDIENCE,
    jwksUri: JWKS_URI,
    jwksStaleIfError: STALE_LIMIT,
    fetch,
    clock,
  })

  async function request(key: number): Promise<void> {
    const { kid } = KEYS[key]!
    const token = issuer.token({
      key: KEYS[key]!,
      header: { kid },
      claims: { exp: clock.seconds() + 1e6 },
    })
    const begun = clock.monotonic()
    const before = expectedStatus(model, key, begun)
    let outcome: Outcome | undefined
    const answer = Promise.resolve(server.authorize(requestWith(token))).then(
      (known) => (outcome = known),
    )
    await settled()
    // Only an attempt that hangs makes anybody wait, and never for longer than the timeout.
    if (outcome === undefined) {
      expect(model.mode === 'hang' || calls.some((at) => at > begun - FETCH_TIMEOUT * 1000)).toBe(
        true,
      )
      await clock.pass(FETCH_TIMEOUT)
    }
    expect(outcome, 'an answer within the timeout').toBeDefined()
    await answer
    const status = outcome!.kind === 'refused' ? outcome!.status : outcome!.kind
    const expected = [expectedStatus(model, key, clock.monotonic())]
    // Without keys, and after a failure, an answer does not wait for the attempt that it sets off.
    if (before === 503) expected.push(503)
    expect(expected).toContain(status)
  }

  for (const action of steps) {
    if (action.does === 'pass') await clock.pass(action.seconds)
    else if (action.does === 'publish') model.published = action.keys
    else if (action.does === 'switch') model.mode = action.mode
    else for (let i = 0; i < action.times; i++) await request(action.key)
  }

  // However it went: once the issuer is up, all that it publishes works within a window, for good.
  model.mode = 'up'
  await request(model.published[0]!).catch(() => {})
  // The pause that it has asked for is the longest of all windows.
  await clock.pass(61)
  for (const key of model.published) {
    await request(key)
    await clock.pass(31)
  }
  for (const key of model.published) {
    await request(key)
    expect(expectedStatus(model, key, clock.monotonic())).toBe('granted')
  }
  server.close()
  expect(clock.pending()).toBe(0)
  expect(tooEarly, 'calls within a pause that the issuer has asked for').toEqual([])

  // No ten seconds see more calls than the budgets of schedule, unknown and changed keys allow together.
  for (const from of calls) {
    const within = calls.filter((at) => at >= from && at < from + 10_000)
    expect(within.length).toBeLessThanOrEqual(16)
  }
}

/** For a loaded machine: nothing here waits for time to pass. */
const LENIENT = { timeout: 60_000 }

describe('the life of a key set', () => {
  it(
    'agrees with what can be known from outside, through any course of time, rotation, failure and requests',
    LENIENT,
    async () => {
      await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), run), {
        numRuns: 200,
      })
    },
  )
})
