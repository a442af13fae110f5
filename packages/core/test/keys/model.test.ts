import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fakeClock, settled } from '../../../../test/support/fake-clock.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../../test/support/issuer.ts'
import { generateKey } from '../../../../test/support/keys.ts'
import { requestWith } from '../../../../test/support/requests.ts'
import { createResourceServer, type Outcome } from '../../src/index.ts'
import { KEY_TIMES } from '../../src/keys/life-cycle.ts'

/** Four keys with three `kid` values: the last two are different keys with the same `kid`. */
const KEYS = ['a', 'b', 'c', 'c'].map((kid) => generateKey('ES256', kid))
const JWKS_URI = `${ISSUER}/jwks`
const FETCH_TIMEOUT = 3
const STALE_LIMIT = 7200
/** Default of `clockTolerance`, in seconds. */
const TOLERANCE = 5
/** Milliseconds. Tolerance for rounding errors in sums of times. */
const ROUNDING = 0.001

/** Values of `Retry-After`, and the seconds for which no fetch may start. */
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
  | {
      readonly does: 'request'
      readonly key: number
      readonly times: number
      /** Seconds since the token was issued. `undefined`: the token has no `iat`. */
      readonly age: number | undefined
    }

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
      age: fc.constantFrom(undefined, 0, TOLERANCE - 1, 700),
    }),
  },
)

/** State of the model: the published keys, the behavior of the issuer, and its last response with keys. */
interface Model {
  published: readonly number[]
  mode: Mode
  returned:
    | { readonly keys: readonly number[]; readonly at: number; readonly call: number }
    | undefined
  /** End of the pause that the issuer requested, in monotonic milliseconds. */
  pauseEnds: number
}

/** A token: its key, its `iat` as monotonic milliseconds, its arrival, and the number of fetches before the arrival. */
interface Arrival {
  readonly key: number
  readonly issuedAt: number | undefined
  readonly at: number
  readonly calls: number
}

function expectedStatus({ returned }: Model, token: Arrival, now: number): number | 'granted' {
  if (returned === undefined || now - returned.at >= STALE_LIMIT * 1000) return 503
  if (returned.keys.includes(token.key)) return 'granted'
  const isCertain =
    returned.call > token.calls ||
    (token.issuedAt !== undefined &&
      returned.at >= token.issuedAt + (TOLERANCE + KEY_TIMES.issuedEarlier) * 1000)
  return isCertain ? 401 : 503
}

/** Runs the steps and compares each outcome with the model. */
async function runSteps(steps: readonly Step[]): Promise<void> {
  const clock = fakeClock()
  const issuer = createTestIssuer({ now: clock.seconds })
  const model: Model = {
    published: [0],
    mode: 'up',
    returned: undefined,
    pauseEnds: -Infinity,
  }
  const calls: number[] = []
  const tooEarly: number[] = []

  async function fetch(): Promise<Response> {
    calls.push(clock.monotonic())
    if (clock.monotonic() < model.pauseEnds - ROUNDING) tooEarly.push(clock.monotonic())
    switch (model.mode) {
      case 'up':
        model.returned = { keys: model.published, at: clock.monotonic(), call: calls.length }
        model.pauseEnds = -Infinity
        return Response.json({ keys: model.published.map((i) => KEYS[i]!.jwk) })
      case 'hang':
        return new Promise(() => {})
      case 'refuse':
        throw new TypeError('fetch failed')
      case 'error':
        return new Response('', { status: 500 })
      case 'empty':
        return Response.json({ keys: [] })
      default: {
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

  async function request(key: number, age?: number): Promise<void> {
    const { kid } = KEYS[key]!
    const iat = age === undefined ? undefined : Math.floor(clock.seconds()) - age
    const claims = { iat, exp: clock.seconds() + 1e6 }
    const token = issuer.token({ key: KEYS[key]!, header: { kid }, claims })
    const begun = clock.monotonic()
    const issuedAt = iat === undefined ? undefined : begun - (clock.seconds() - iat) * 1000
    const arrival: Arrival = { key, issuedAt, at: begun, calls: calls.length }
    const before = expectedStatus(model, arrival, begun)
    let outcome: Outcome | undefined
    const result = Promise.resolve(server.authorize(requestWith(token))).then(
      (known) => (outcome = known),
    )
    await settled()
    // A request with a fresh cached key does not wait. Other requests may wait for the next fetch and its response.
    if (before === 'granted' && outcome === undefined) expect(isOld(begun)).toBe(true)
    const isOver = () => outcome !== undefined
    const bound = KEY_TIMES.longestWait + 2 * FETCH_TIMEOUT
    for (let waited = 0; !isOver() && waited < bound; waited += 0.1) await clock.pass(0.1)
    expect(outcome, 'an outcome within the longest wait').toBeDefined()
    await result
    const status = outcome!.kind === 'refused' ? outcome!.status : outcome!.kind
    const expected = [expectedStatus(model, arrival, clock.monotonic())]
    // A request for which the model expects 503 at its arrival does not wait for every attempt. So it can get 503 even if the
    // model now expects another status.
    if (before === 503) expected.push(503)
    expect(expected).toContain(status)
  }

  /** Returns whether the cached keys are stale. Requests then wait briefly for a refresh. */
  function isOld(now: number): boolean {
    return now - (model.returned?.at ?? -Infinity) >= KEY_TIMES.maxAge * 1000 - ROUNDING
  }

  for (const action of steps) {
    if (action.does === 'pass') await clock.pass(action.seconds)
    else if (action.does === 'publish') model.published = action.keys
    else if (action.does === 'switch') model.mode = action.mode
    else for (let i = 0; i < action.times; i++) await request(action.key, action.age)
  }

  // After the issuer is available again, tokens of all published keys are granted within a bounded time, and stay granted.
  model.mode = 'up'
  await request(model.published[0]!)
  // This time is longer than every pause that the issuer can request.
  await clock.pass(61)
  for (const key of model.published) {
    await request(key)
    await clock.pass(31)
  }
  for (const key of model.published) {
    await request(key)
    expect(model.returned?.keys).toContain(key)
  }
  server.close()
  expect(clock.pending()).toBe(0)
  expect(tooEarly, 'fetches during a pause that the issuer requested').toEqual([])

  // In ten seconds, requests start at most 13 fetches while no keys are cached, and at most 3 fetches for unknown keys.
  for (const from of calls) {
    const within = calls.filter((at) => at >= from && at < from + 10_000)
    expect(within.length).toBeLessThanOrEqual(16)
  }
}

type Move =
  | { readonly does: 'pass'; readonly seconds: number }
  /** Forged tokens: with a random kid, the kid of the newest published key, or the kid of the next key. */
  | { readonly does: 'attack'; readonly kid: number | 'published' | 'next'; readonly times: number }
  /** A valid token of the newest key, or of the key that is always published. */
  | { readonly does: 'use'; readonly newest: boolean }
  /** The issuer publishes a new key, with a new kid or with the kid of the newest key. */
  | { readonly does: 'rotate'; readonly sameKid: boolean }

const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant('pass'),
      seconds: fc.oneof(fc.double({ min: 0, max: 2, noNaN: true }), fc.constantFrom(0.01, 3.5, 60)),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant('attack'),
      kid: fc.oneof(fc.nat(1000), fc.constantFrom('published', 'next')),
      times: fc.constantFrom(1, 1, 5, 300),
    }),
  },
  { weight: 4, arbitrary: fc.record({ does: fc.constant('use'), newest: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('rotate'), sameKid: fc.boolean() }) },
)

const ATTACKER_KEY = generateKey('ES256', 'attacker')
const CONSTANT_KEY = generateKey('ES256', 'constant')

/** Runs the moves and checks the limits of fetches and delays. */
async function runMoves(moves: readonly Move[]): Promise<void> {
  const clock = fakeClock()
  const issuer = createTestIssuer({ now: clock.seconds })
  let newest = { key: generateKey('ES256', 'key-0'), at: -Infinity, number: 0 }
  const calls: number[] = []
  const server = createResourceServer({
    issuer: ISSUER,
    audience: AUDIENCE,
    jwksUri: JWKS_URI,
    // This age is longer than a run, so no scheduled refresh starts.
    jwksMaxAge: 86_400,
    clock,
    async fetch() {
      calls.push(clock.monotonic())
      return Response.json({ keys: [newest.key.jwk, CONSTANT_KEY.jwk] })
    },
  })
  await server.ready()
  calls.length = 0
  const results: Promise<void>[] = []
  let sent = 0

  function attack(kid: number | string): void {
    const token = issuer.token({
      key: ATTACKER_KEY,
      header: { kid },
      claims: { jti: String(sent++) },
    })
    results.push(
      Promise.resolve(server.authorize(requestWith(token))).then((outcome) => {
        const reason = outcome.kind === 'refused' ? outcome.reason : outcome.kind
        expect(['unknown_key', 'invalid_signature', 'keys_refresh_pending']).toContain(reason)
      }),
    )
  }

  /** Sends a valid token of the newest key, and checks its outcome. */
  function useNewest(): void {
    const { key, at } = newest
    const begun = clock.monotonic()
    const token = issuer.token({ key, claims: { jti: String(sent++) } })
    results.push(
      Promise.resolve(server.authorize(requestWith(token))).then((outcome) => {
        const isReplaced = newest.key !== key
        if (outcome.kind === 'granted') {
          expect(clock.monotonic() - begun).toBeLessThanOrEqual(1000 + ROUNDING)
        } else if (!isReplaced) {
          expect(outcome).toMatchObject({ status: 503, reason: 'keys_refresh_pending' })
          expect(begun - at, 'the time for which a new key is unknown').toBeLessThan(4000)
        }
      }),
    )
  }

  for (const one of moves) {
    if (one.does === 'pass') await clock.pass(one.seconds)
    else if (one.does === 'rotate') {
      const number = newest.number + (one.sameKid ? 0 : 1)
      newest = { key: generateKey('ES256', `key-${number}`), at: clock.monotonic(), number }
    } else if (one.does === 'attack') {
      const kids = { published: newest.key.kid, next: `key-${newest.number + 1}` }
      const kid = typeof one.kid === 'number' ? `random-${one.kid}` : kids[one.kid]
      // For the number 1000, each token has a different kid.
      for (let i = 0; i < one.times; i++) attack(one.kid === 1000 ? `${kid}-${sent}` : kid)
    } else if (one.newest) useNewest()
    else {
      const outcome = server.authorize(requestWith(issuer.token({ key: CONSTANT_KEY })))
      // The outcome is not a promise, because the request does not wait for a fetch.
      expect(outcome).toMatchObject({ kind: 'granted' })
    }
    await settled()
  }
  await clock.pass(1)
  await Promise.all(results)
  for (const from of calls) {
    const within = calls.filter((at) => at >= from && at < from + 10_000)
    expect(within.length, 'fetches in ten seconds').toBeLessThanOrEqual(3)
  }
  server.close()
}

/** Timeout for slow machines. The tests use a fake clock and do not wait. */
const SLOW_MACHINE = { timeout: 240_000 }

describe('the life-cycle of a key set, with random inputs', () => {
  it(
    'authorize() returns an outcome that the model allows for any sequence of pauses, rotations, failures and requests',
    SLOW_MACHINE,
    async () => {
      await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), runSteps), {
        numRuns: 120,
      })
    },
  )

  it(
    'forged tokens and rotations cause at most three fetches in ten seconds. Tokens of a new key are refused with 503 for less than four seconds',
    SLOW_MACHINE,
    async () => {
      await fc.assert(fc.asyncProperty(fc.array(move, { minLength: 5, maxLength: 60 }), runMoves), {
        numRuns: 60,
      })
    },
  )
})
