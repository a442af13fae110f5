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

/** How the server has its keys. `published`: the first guard waits for them. */
type Keys = 'configured' | 'published'
const KEYS: readonly Keys[] = ['configured', 'published']

interface SceneOptions {
  readonly keys?: Keys
  /** What the issuer answers, to its first call and to the others. A number is a status. */
  readonly answers?: readonly [first: object | number, others: object | number]
  /** Called for every event. */
  readonly hear?: (event: BearwardEvent) => void
}

/** A resource server whose issuer answers at once, in this process, and one request. */
function setup({ keys = 'configured', answers, hear }: SceneOptions = {}) {
  const wall = fakeClock()
  /** What the clock throws as long as it is set. */
  const fault: { current?: Error } = {}
  const read = (now: () => number) => () => {
    if (fault.current !== undefined) throw fault.current
    return now()
  }
  const clock = { ...wall, now: read(wall.now), monotonic: read(wall.monotonic) }
  const [first, others] = answers ?? [{ active: true }, { active: true }]
  const asked: string[] = []
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
        const answer = asked.push(url) === 1 ? first : others
        return typeof answer === 'number'
          ? new Response('', { status: answer })
          : Response.json(answer)
      },
      onEvent: (event: BearwardEvent) => hear?.(event),
    }),
  )
  const request = requestWith(createTestIssuer({ now: wall.seconds }).token({ key }))
  const send = async (requirements: Requirements = {}) => server.guard(requirements)(request)
  const judge = async (requirements?: Requirements) => summarizeOutcome(await send(requirements))
  const distrust = () => server.distrustKey({ issuer: ISSUER, thumbprint })
  return { server, request, send, judge, distrust, asked, fault }
}

/** From when on awaits are counted: from the call of the first guard, or from an event. */
type Start = 'the call of a guard' | 'verified' | 'introspection_called'

interface Race extends SceneOptions {
  readonly start: Start
  readonly first: Requirements
  readonly second?: Requirements | undefined
  /** Awaits before the second guard is called. */
  readonly secondAfter?: number
  /** Awaits before `distrustKey` is called. Without it, the key stays trusted. */
  readonly distrustAfter?: number
}

/** Runs two guards of one request against each other, and against `distrustKey`. */
async function race({ start, first, second, secondAfter = 0, distrustAfter, ...options }: Race) {
  const late: string[] = []
  /** Since when no guard may grant: a key was distrusted, or a guard has learned that the token is inactive. */
  let isOver = false
  let secondOutcome: Promise<Outcome> | undefined
  const begin = () => {
    if (hasBegun) return
    hasBegun = true
    if (distrustAfter !== undefined) {
      void afterAwaits(distrustAfter, () => {
        isOver = true
        made.distrust()
      })
    }
    if (second === undefined) return
    secondOutcome = afterAwaits(secondAfter, () => made.send(watched('second', second)))
  }
  let hasBegun = false
  const made = setup({
    ...options,
    hear(event) {
      if (event.type === 'refused' && event.reason === 'inactive') isOver = true
      if (event.type === start) begin()
    },
  })
  /** `check` is called last: a guard whose `check` returns `true` at once grants at once. */
  const watched = (name: string, requirements: Requirements): Requirements => ({
    ...requirements,
    check() {
      if (isOver) late.push(name)
      return true
    },
  })
  const firstOutcome = made.send(watched('first', first))
  if (start === 'the call of a guard') begin()
  const outcomes = [summarizeOutcome(await firstOutcome)]
  await settled()
  expect(hasBegun).toBe(true)
  if (secondOutcome !== undefined) outcomes.push(summarizeOutcome(await secondOutcome))
  return { ...made, outcomes, late, later: await made.judge() }
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

describe.each(KEYS)('distrustKey, with %s keys', (keys) => {
  it.each(RACES)(
    'up to 8 awaits after %s: no guard grants afterwards, first guard %j, second guard %j',
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
      // Otherwise there was no race.
      expect(seen).toContain('401 unknown_key')
    },
  )
})

describe('distrustKey', () => {
  // A guard goes on one await after `confirmActive` has compared its result with the newest one.
  it('up to 30 awaits after introspection_called: a guard with introspect does not grant afterwards', async () => {
    const late: number[] = []
    for (let distrustAfter = 0; distrustAfter <= 30; distrustAfter++) {
      const start = 'introspection_called'
      const played = await race({ start, first: INTROSPECT, distrustAfter })
      if (played.late.length > 0) late.push(distrustAfter)
    }
    expect(late).toEqual([])
  })

  it('in onEvent for verified: the guard that has verified the token refuses it, and so do later guards', async () => {
    for (const requirements of [{}, INTROSPECT]) {
      const { judge, distrust } = setup({ hear: ({ type }) => type === 'verified' && distrust() })
      expect(await judge(requirements)).toBe('401 unknown_key')
      expect(await judge()).toBe('401 unknown_key')
    }
  })

  // The outer verification overwrites the result of the inner one, and counts as made after `distrustKey`.
  it('in onEvent for verified, followed by a guard of the same request: the token is refused', async () => {
    let isFirst = true
    const { judge, distrust, send } = setup({
      hear({ type }) {
        if (type !== 'verified' || !isFirst) return
        isFirst = false
        distrust()
        void send()
      },
    })
    expect([await judge(), await judge()]).toEqual(['401 unknown_key', '401 unknown_key'])
  })
})

describe('guards of one request in parallel', () => {
  it.each(KEYS)(
    'make one introspection call and grant the same token, however many awaits apart: %s keys',
    async (keys) => {
      for (const awaits of DEPTHS) {
        const { send, asked, request } = setup({ keys, answers: [{ active: true }, 503] })
        const guards = [INTROSPECT, LENIENT, INTROSPECT, {}, INTROSPECT].map((requirements, i) =>
          afterAwaits(i * awaits, () => send(requirements)),
        )
        const tokens = (await Promise.all(guards)).map(tokenIn)
        expect([awaits, asked.length, new Set(tokens).size]).toEqual([awaits, 1, 1])
        expect(getToken(request)).toBe(tokens[0])
      }
    },
  )

  it.each<[string, number | object]>([
    ['a status of 503', 503],
    ['a status of 400', 400],
    ['a malformed answer', { active: 'yes' }],
  ])('make one introspection call and refuse with 503 after %s', async (_, answer) => {
    for (const keys of KEYS) {
      const { send, asked, judge } = setup({ keys, answers: [answer, { active: true }] })
      const guards = Array.from({ length: 10 }, () => send(INTROSPECT))
      for (const outcome of await Promise.all(guards)) {
        expect(outcome).toMatchObject({ reason: 'introspection_unavailable', status: 503 })
      }
      expect(asked).toHaveLength(1)
      expect(await judge()).toBe('granted')
    }
  })

  describe.each([
    ['would fail', 503],
    ['would call the token active', { active: true }],
  ])('after an inactive answer, where a second call %s', (_, others) => {
    it.each(RACES.filter(([, first]) => first === INTROSPECT))(
      'make no second call and refuse, up to 8 awaits after %s: first guard %j, second guard %j',
      async (start, first, second) => {
        for (const keys of KEYS) {
          for (const secondAfter of DEPTHS) {
            const given = { keys, start, first, second, secondAfter }
            const played = await race({ ...given, answers: [INACTIVE, others] })
            const { outcomes, asked, request } = played
            expect(outcomes[0]).toBe('401 inactive')
            if (second === INTROSPECT) expect(outcomes[1]).toBe('401 inactive')
            expect({
              ...given,
              late: played.late,
              later: played.later,
              calls: asked.length,
            }).toEqual({ ...given, late: [], later: '401 inactive', calls: 1 })
            expect(() => getToken(request)).toThrow('no requireToken')
          }
        }
      },
    )
  })
})

describe('an exception while a guard decides', () => {
  const error = new RangeError('the clock is broken')

  it('rejects the guards that wait for introspection, and later guards ask again and grant', async () => {
    for (const awaits of DEPTHS) {
      const { send, judge, asked, fault, request } = setup({
        hear({ type }) {
          if (type === 'introspection_called' && asked.length === 1) fault.current = error
        },
      })
      const guards = [
        send(INTROSPECT),
        afterAwaits(awaits, () => send(INTROSPECT)),
        afterAwaits(awaits, () => send()),
      ]
      const [first, ...others] = await Promise.allSettled(guards)
      delete fault.current
      expect(first).toEqual({ status: 'rejected', reason: error })
      for (const other of others) {
        if (other.status === 'rejected') expect(other.reason).toBe(error)
      }
      expect(await judge()).toBe('granted')
      expect(await judge(INTROSPECT)).toBe('granted')
      // The guards that have thrown have not decided.
      expect(() => getToken(request)).toThrow('not decided')
    }
  })

  it('rejects the guards that wait for the verification, and later guards verify again and grant', async () => {
    const { send, judge, fault } = setup({
      keys: 'published',
      hear({ type }) {
        if (type === 'keys_refreshed') fault.current = error
      },
    })
    const guards = await Promise.allSettled([send(), send(), send({ scope: 'read' })])
    delete fault.current
    expect(guards).toEqual(guards.map(() => ({ status: 'rejected', reason: error })))
    expect(await judge()).toBe('granted')
  })

  // `start` notes that the verification was made after `distrustKey`, although it has thrown.
  it('after distrustKey does not make the result from before count again', async () => {
    const { judge, distrust, fault } = setup({ keys: 'published' })
    expect(await judge()).toBe('granted')
    distrust()
    fault.current = error
    await expect(judge()).rejects.toBe(error)
    delete fault.current
    expect(await judge()).toBe('401 unknown_key')
  })
})
