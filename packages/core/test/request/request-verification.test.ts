import { calculateJwkThumbprint } from 'jose'
import { describe, expect, it } from 'vitest'
import { fakeClock, settled } from '../../../../test/support/fake-clock.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../../test/support/issuer.ts'
import { generateKey } from '../../../../test/support/keys.ts'
import { requestWith } from '../../../../test/support/requests.ts'
import {
  type BearwardEvent,
  createResourceServer,
  getToken,
  type Outcome,
  type Requirements,
} from '../../src/index.ts'
import { afterAwaits } from '../support/after-awaits.ts'
import { closing, CREDENTIALS, summarizeOutcome, tokenIn } from '../token/introspection/setup.ts'

const key = generateKey('ES256', 'first')
const otherKey = generateKey('ES256', 'second')
const JWKS = { keys: [key.jwk, otherKey.jwk] }
const thumbprint = await calculateJwkThumbprint(key.jwk)

const DEPTHS = Array.from({ length: 9 }, (_, awaits) => awaits)
const INTROSPECT: Requirements = { introspect: true }
const LENIENT: Requirements = { introspect: { maxAge: 60 } }
const INACTIVE = { active: false }

/** The origin of the keys. `published`: the first guard waits until they are fetched. */
type Keys = 'configured' | 'published'
const KEYS: readonly Keys[] = ['configured', 'published']

interface SetupOptions {
  readonly keys?: Keys
  /** The introspection responses to the first call and to later calls. A number is a status. */
  readonly answers?: readonly [first: object | number, others: object | number]
  /** Called for each event. */
  readonly onEvent?: (event: BearwardEvent) => void
}

/** Creates a resource server with one request. Its issuer responds immediately, in this process. */
function setup({ keys = 'configured', answers, onEvent }: SetupOptions = {}) {
  const baseClock = fakeClock()
  /** The error that the clock throws. Nothing is thrown if `current` is missing. */
  const fault: { current?: Error } = {}
  const read = (now: () => number) => () => {
    if (fault.current !== undefined) throw fault.current
    return now()
  }
  const clock = { ...baseClock, now: read(baseClock.now), monotonic: read(baseClock.monotonic) }
  const [first, others] = answers ?? [{ active: true }, { active: true }]
  const calls: string[] = []
  const server = closing(
    createResourceServer({
      issuer: ISSUER,
      audience: AUDIENCE,
      ...(keys === 'configured' ? { jwks: JWKS } : { jwksUri: `${ISSUER}/jwks` }),
      introspection: { ...CREDENTIALS, endpoint: `${ISSUER}/introspect` },
      tokenCache: false,
      clock,
      fetch: async (url: string) => {
        if (url.endsWith('/jwks')) return Response.json(JWKS)
        const answer = calls.push(url) === 1 ? first : others
        return typeof answer === 'number'
          ? new Response('', { status: answer })
          : Response.json(answer)
      },
      onEvent: (event: BearwardEvent) => onEvent?.(event),
    }),
  )
  const request = requestWith(createTestIssuer({ now: baseClock.seconds }).token({ key }))
  const send = async (requirements: Requirements = {}) => server.guard(requirements)(request)
  const decide = async (requirements?: Requirements) => summarizeOutcome(await send(requirements))
  const distrust = () => server.distrustKey({ issuer: ISSUER, thumbprint })
  return { server, request, send, decide, distrust, calls, fault }
}

/** The moment from which awaits are counted: the call of the first guard, or an event. */
type Start = 'the call of a guard' | 'verified' | 'introspection_called'

interface Race extends SetupOptions {
  readonly start: Start
  readonly first: Requirements
  readonly second?: Requirements | undefined
  /** Awaits before the second guard is called. */
  readonly secondAfter?: number
  /** Awaits before `distrustKey` is called. If it is missing, the key stays trusted. */
  readonly distrustAfter?: number
}

/** Runs two guards of one request in parallel, with `distrustKey` at a chosen moment. */
async function race({ start, first, second, secondAfter = 0, distrustAfter, ...options }: Race) {
  const late: string[] = []
  /** `true` from the moment when no guard may grant: the key is distrusted, or the token was reported as inactive. */
  let isOver = false
  let secondOutcome: Promise<Outcome> | undefined
  const begin = () => {
    if (hasBegun) return
    hasBegun = true
    if (distrustAfter !== undefined) {
      void afterAwaits(distrustAfter, () => {
        isOver = true
        scene.distrust()
      })
    }
    if (second === undefined) return
    secondOutcome = afterAwaits(secondAfter, () => scene.send(watched('second', second)))
  }
  let hasBegun = false
  const scene = setup({
    ...options,
    onEvent(event) {
      if (event.type === 'refused' && event.reason === 'inactive') isOver = true
      if (event.type === start) begin()
    },
  })
  /** Adds a function `check` that records late grants. A guard calls `check` last, and grants as soon as `check` returns `true`. */
  const watched = (name: string, requirements: Requirements): Requirements => ({
    ...requirements,
    check() {
      if (isOver) late.push(name)
      return true
    },
  })
  const firstOutcome = scene.send(watched('first', first))
  if (start === 'the call of a guard') begin()
  const outcomes = [summarizeOutcome(await firstOutcome)]
  await settled()
  expect(hasBegun).toBe(true)
  if (secondOutcome !== undefined) outcomes.push(summarizeOutcome(await secondOutcome))
  return { ...scene, outcomes, late, later: await scene.decide() }
}

const RACES: readonly (readonly [Start, first: Requirements, second: Requirements])[] = [
  ['the call of a guard', {}, {}],
  ['the call of a guard', {}, INTROSPECT],
  ['the call of a guard', INTROSPECT, {}],
  ['the call of a guard', INTROSPECT, INTROSPECT],
  ['verified', {}, {}],
  ['verified', {}, INTROSPECT],
  ['verified', INTROSPECT, {}],
  ['verified', INTROSPECT, INTROSPECT],
  ['introspection_called', INTROSPECT, {}],
  ['introspection_called', INTROSPECT, INTROSPECT],
]

describe.each(KEYS)('distrustKey with %s keys', (keys) => {
  it.each(RACES)(
    'guards never grant after distrustKey if it is called 0 to 8 awaits after %s: first guard %j, second guard %j',
    async (start, first, second) => {
      const seen = new Set<string>()
      for (const distrustAfter of DEPTHS) {
        for (const secondAfter of DEPTHS) {
          const given = { keys, start, first, second, secondAfter, distrustAfter }
          const { late, later, outcomes } = await race(given)
          expect({ ...given, late, later }).toEqual({
            ...given,
            late: [],
            later: '401 unknown_key',
          })
          for (const outcome of outcomes) seen.add(outcome)
        }
      }
      // If no guard has this reason, `distrustKey` was never called before a grant.
      expect(seen).toContain('401 unknown_key')
    },
  )
})

describe('distrustKey', () => {
  // `confirmActive` checks that its result is the newest one. The guard continues one await later, so `distrustKey` can be called
  // in between.
  it('a guard with introspect does not grant after distrustKey if distrustKey is called 0 to 30 awaits after introspection_called', async () => {
    const late: number[] = []
    for (let distrustAfter = 0; distrustAfter <= 30; distrustAfter++) {
      const start = 'introspection_called'
      const result = await race({ start, first: INTROSPECT, distrustAfter })
      if (result.late.length > 0) late.push(distrustAfter)
    }
    expect(late).toEqual([])
  })

  it('guards refuse a token if onEvent calls distrustKey when it gets the event "verified"', async () => {
    for (const requirements of [{}, INTROSPECT]) {
      const { decide, distrust } = setup({
        onEvent: ({ type }) => type === 'verified' && distrust(),
      })
      expect(await decide(requirements)).toBe('401 unknown_key')
      expect(await decide()).toBe('401 unknown_key')
    }
  })

  // The result of the outer verification replaces the result of the inner one, but must not count as newer than `distrustKey`.
  it('guards refuse a token if onEvent calls distrustKey and then another guard when it gets the event "verified"', async () => {
    let isFirst = true
    const { decide, distrust, send } = setup({
      onEvent({ type }) {
        if (type !== 'verified' || !isFirst) return
        isFirst = false
        distrust()
        void send()
      },
    })
    expect([await decide(), await decide()]).toEqual(['401 unknown_key', '401 unknown_key'])
  })
})

describe('guards of one request in parallel', () => {
  it.each(KEYS)(
    'guards that are called 0 to 8 awaits apart share one introspection call and grant the same token: %s keys',
    async (keys) => {
      for (const awaits of DEPTHS) {
        const { send, calls, request } = setup({ keys, answers: [{ active: true }, 503] })
        const guards = [INTROSPECT, LENIENT, INTROSPECT, {}, INTROSPECT].map((requirements, i) =>
          afterAwaits(i * awaits, () => send(requirements)),
        )
        const tokens = (await Promise.all(guards)).map(tokenIn)
        expect([awaits, calls.length, new Set(tokens).size]).toEqual([awaits, 1, 1])
        expect(getToken(request)).toBe(tokens[0])
      }
    },
  )

  it.each<[string, number | object]>([
    ['a status of 503', 503],
    ['a status of 400', 400],
    ['a malformed response', { active: 'yes' }],
  ])(
    'guards in parallel make one introspection call and return 503 after %s',
    async (_, answer) => {
      for (const keys of KEYS) {
        const { send, calls, decide } = setup({ keys, answers: [answer, { active: true }] })
        const guards = Array.from({ length: 10 }, () => send(INTROSPECT))
        for (const outcome of await Promise.all(guards)) {
          expect(outcome).toMatchObject({ reason: 'introspection_unavailable', status: 503 })
        }
        expect(calls).toHaveLength(1)
        expect(await decide()).toBe('granted')
      }
    },
  )

  describe.each([
    ['fail', 503],
    ['report the token as active', { active: true }],
  ])('an inactive introspection response, if a second call would %s', (_, others) => {
    it.each(RACES.filter(([, first]) => first === INTROSPECT))(
      'guards neither grant nor introspect after an inactive response if the second guard is called 0 to 8 awaits after %s: first guard %j, second guard %j',
      async (start, first, second) => {
        for (const keys of KEYS) {
          for (const secondAfter of DEPTHS) {
            const given = { keys, start, first, second, secondAfter }
            const result = await race({ ...given, answers: [INACTIVE, others] })
            const { outcomes, calls, request } = result
            expect(outcomes[0]).toBe('401 inactive')
            if (second === INTROSPECT) expect(outcomes[1]).toBe('401 inactive')
            expect({
              ...given,
              late: result.late,
              later: result.later,
              calls: calls.length,
            }).toEqual({ ...given, late: [], later: '401 inactive', calls: 1 })
            expect(() => getToken(request)).toThrow('before a guard granted')
          }
        }
      },
    )
  })
})

describe('an exception while a guard decides', () => {
  const error = new RangeError('the clock is broken')

  it('an exception during introspection rejects all guards of a request, and later guards introspect again and grant', async () => {
    for (const awaits of DEPTHS) {
      const { send, decide, calls, fault, request } = setup({
        onEvent({ type }) {
          if (type === 'introspection_called' && calls.length === 1) fault.current = error
        },
      })
      const guards = [
        send(INTROSPECT),
        afterAwaits(awaits, () => send(INTROSPECT)),
        afterAwaits(awaits, () => send()),
      ]
      const settledGuards = await Promise.allSettled(guards)
      delete fault.current
      expect(settledGuards).toEqual(guards.map(() => ({ status: 'rejected', reason: error })))
      expect(await decide()).toBe('granted')
      expect(await decide(INTROSPECT)).toBe('granted')
      expect(calls).toHaveLength(2)
      // A guard that throws does not decide, so the request is still pending.
      expect(() => getToken(request)).toThrow('before a guard granted')
    }
  })

  it('an exception during verification rejects all guards of a request, and later guards verify again and grant', async () => {
    const { send, decide, fault } = setup({
      keys: 'published',
      onEvent({ type }) {
        if (type === 'keys_refreshed') fault.current = error
      },
    })
    const guards = await Promise.allSettled([send(), send(), send({ scope: 'read' })])
    delete fault.current
    expect(guards).toEqual(guards.map(() => ({ status: 'rejected', reason: error })))
    expect(await decide()).toBe('granted')
  })

  // A verification that throws must not count as newer than `distrustKey`.
  it('an exception in a guard after distrustKey does not restore the earlier result of the request', async () => {
    const { decide, distrust, fault } = setup({ keys: 'published' })
    expect(await decide()).toBe('granted')
    distrust()
    fault.current = error
    await expect(decide()).rejects.toBe(error)
    delete fault.current
    expect(await decide()).toBe('401 unknown_key')
  })
})
