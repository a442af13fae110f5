import type { KeyStatus } from '@bearward/core'
import { describe, expect, it } from 'vitest'
import type { TestKey } from '../support/keys.ts'
import { globalFetch } from '../support/fetches.ts'
import { startOtherOrigin } from './other-origin.ts'
import { type FaultCase, createFaults, NO_FAULTS, type Place, tlsFaults } from './faults.ts'
import {
  createSetup,
  KEYS,
  newKey,
  OAUTH,
  oldKey,
  OPENID,
  OPENID_SLASH,
  type Setup,
  type SetupOptions,
  TIMEOUT,
} from './setup.ts'
import { certificates, trustingFetch } from './tls.ts'

/** State of a resource server when a fault begins, and its expected behavior. */
interface State {
  /** Brings the resource server into this state, while the authorization server works. */
  readonly reach: (setup: Setup) => Promise<void>
  /** The key that signs the token of the request. */
  readonly key: TestKey
  /** Result of the request: `failed` if the keys cannot be fetched, and `fetched` if the keys are fetched. */
  readonly answer: { readonly failed: number | 'granted'; readonly fetched: number | 'granted' }
  /** State of the keys if they cannot be fetched. */
  readonly keys: KeyStatus['state']
  /**
   * Use of discovery by the attempt. `first` tries all URLs. `again`: the metadata is at least five minutes old, so it is fetched
   * again, but only from the URL that worked before. `again everywhere` tries all URLs, because an earlier attempt failed at the
   * URL that worked before. `not`: the metadata is younger, so it is not fetched.
   */
  readonly discovery: 'first' | 'again' | 'again everywhere' | 'not'
  /** `true` if the attempt is scheduled, and not caused by a request. */
  readonly scheduled?: true
  /** `true` if the request does not wait for the attempt. */
  readonly atOnce?: true
}

/** Waits until the resource server has keys, and lets sixty seconds pass. */
async function startRecently({ server, clock }: Setup): Promise<void> {
  await server.ready()
  await clock.pass(60)
}

/**
 * Returns a function that waits for the keys, and then advances the clock. No timer fires in this time, as in a suspended
 * process.
 */
const suspendFor = (seconds: number) =>
  async function sleep({ server, clock }: Setup): Promise<void> {
    await server.ready()
    clock.suspend(seconds)
  }

/**
 * Lets attempts fail with a refused connection until the keys are stale and the next attempt is due. Then repairs the server. The
 * fault under test begins after that.
 */
async function enterOutage({ server, clock, breakServer, repair, pass }: Setup): Promise<void> {
  await server.ready()
  await breakServer('everywhere', { refuses: true })
  await pass(520)
  clock.suspend(301)
  await repair()
}

const STATES: Readonly<Record<string, State>> = {
  'without keys': {
    reach: async () => {},
    key: oldKey,
    answer: { failed: 503, fetched: 'granted' },
    keys: 'unavailable',
    discovery: 'first',
  },
  'with fresh keys': {
    async reach({ server, clock }) {
      await server.ready()
      await clock.pass(449)
    },
    key: oldKey,
    answer: { failed: 'granted', fetched: 'granted' },
    keys: 'fresh',
    discovery: 'again',
    scheduled: true,
    atOnce: true,
  },
  'with stale keys': {
    reach: suspendFor(601),
    key: oldKey,
    answer: { failed: 'granted', fetched: 'granted' },
    keys: 'stale',
    discovery: 'again',
  },
  'in an outage with stale keys': {
    reach: enterOutage,
    key: oldKey,
    answer: { failed: 'granted', fetched: 'granted' },
    keys: 'stale',
    discovery: 'again everywhere',
    atOnce: true,
  },
  'with keys beyond the stale limit': {
    reach: suspendFor(86_401),
    key: oldKey,
    answer: { failed: 503, fetched: 'granted' },
    keys: 'unavailable',
    discovery: 'again',
  },
  'with fresh keys and an unknown kid': {
    reach: startRecently,
    key: newKey,
    answer: { failed: 503, fetched: 401 },
    keys: 'fresh',
    discovery: 'not',
  },
  'with stale keys and an unknown kid': {
    reach: suspendFor(601),
    key: newKey,
    answer: { failed: 503, fetched: 401 },
    keys: 'stale',
    discovery: 'again',
  },
  'in an outage with stale keys and an unknown kid': {
    reach: enterOutage,
    key: newKey,
    answer: { failed: 503, fetched: 401 },
    keys: 'stale',
    discovery: 'again everywhere',
  },
}

/** Returns the expected requests and failures of one attempt. */
function expected(
  { failure, discovery, isRefusedEarly, repeated }: FaultCase,
  place: Place,
  state: State,
) {
  const looks = state.discovery !== 'not'
  const metadata = looks && place !== 'keys' ? failure.metadata : undefined
  const keys = place !== 'metadata' ? failure.keys : undefined
  // If metadata is already known, a failed discovery does not end the attempt.
  const ends = metadata !== undefined && state.discovery === 'first'
  const continues =
    metadata !== undefined && discovery === 'continues' && state.discovery !== 'again'
  const requests = [
    ...(looks ? [OPENID] : []),
    ...(continues ? [OAUTH, OPENID_SLASH] : []),
    ...(ends ? [] : [KEYS]),
  ]
  const calls = (path: string) => {
    const isBroken = (path === KEYS ? keys : metadata) !== undefined
    if (!isBroken) return 1
    return isRefusedEarly ? 0 : repeated ? 2 : 1
  }
  return {
    requests: requests.flatMap((path) => Array<string>(calls(path)).fill(path)),
    keysFailed: ends ? metadata : keys,
    discoveryFailed: ends ? undefined : metadata,
  }
}

const getPlaces = ({ failure: { metadata, keys } }: FaultCase): readonly Place[] => {
  if (metadata === undefined && keys === undefined) return ['everywhere']
  return [
    ...(metadata && keys ? (['everywhere'] as const) : []),
    ...(metadata ? (['metadata'] as const) : []),
    ...(keys ? (['keys'] as const) : []),
  ]
}

type Answer = State['answer']['failed']

function getAnswer({ answer }: State, keysFailed: string | undefined): Answer {
  return keysFailed === undefined ? answer.fetched : answer.failed
}

/** Returns the part of a title that describes an answer. */
function describeAnswer(answer: Answer): string {
  return answer === 'granted' ? 'grants a request' : `responds with ${answer}`
}

const otherOrigin = await startOtherOrigin()

/** Checks the responses and the outgoing requests during a fault, and the recovery after it. */
async function checkFault(fault: FaultCase, place: Place, state: State, options: SetupOptions) {
  const setup = await createSetup(options)
  const { clock, server, requests, events, send, attemptEnds } = setup
  const failures = (type: 'keys_failed' | 'discovery_failed') =>
    events.flatMap((event) => (event.type === type ? [event.failure] : []))
  await state.reach(setup)
  requests.length = 0
  events.length = 0
  await setup.breakServer(place, fault.fault)
  const before = setup.attempts()
  while (state.scheduled && setup.attempts() === before) await clock.pass(1)

  const first = send(state.key)
  if (state.atOnce) expect(first).toMatchObject({ status: 'granted', waited: 0 })
  await attemptEnds()

  const { keysFailed, discoveryFailed, ...outgoing } = expected(fault, place, state)
  const answer = getAnswer(state, keysFailed)
  expect(first.status, 'status after the attempt').toBe(answer)
  expect(first.waited).toBeLessThanOrEqual(TIMEOUT)
  // A known URL of the keys is called at the same time as the URL of the metadata, so the order varies.
  expect([...requests].sort()).toEqual([...outgoing.requests].sort())
  expect(failures('keys_failed')).toEqual(keysFailed ? [keysFailed] : [])
  expect(failures('discovery_failed')).toEqual(discoveryFailed ? [discoveryFailed] : [])
  expect(server.status().issuers[0]!.keys.state).toBe(keysFailed ? state.keys : 'fresh')
  if (answer === 503) expect(first.retryAfter).toMatch(/^[1-5]$/)

  // A later request does not wait.
  if (state.key === oldKey) expect(send(oldKey)).toMatchObject({ status: answer, waited: 0 })
  await setup.attemptsEnd()

  setup.publish(oldKey, newKey)
  await setup.repair()
  await setup.pass(75, setup.hasFreshKeys)
  expect(setup.hasFreshKeys()).toBe(true)
  expect(send(oldKey)).toMatchObject({ status: 'granted', waited: 0 })
  // If the keys stayed fresh, a token with an unknown kid causes a refresh. At most one such refresh starts in five seconds.
  await setup.pass(5)
  const rotated = send(newKey)
  await attemptEnds()
  expect(rotated).toMatchObject({ status: 'granted', waited: 0 })
  expect(server.status().issuers[0]!.keys.state).toBe('fresh')
  expect(otherOrigin.connections(), 'calls to another origin').toBe(0)

  server.close()
  expect(clock.pending(), 'timers that remain').toBe(0)
}

/** A long timeout for a busy machine. The tests use a fake clock and do not wait. */
const LENIENT = { timeout: 30_000 }

/** Runs every fault in every state. `kind` is the noun for a fault in the titles. */
function describeMatrix(
  title: string,
  kind: string,
  faults: readonly FaultCase[],
  options: SetupOptions = {},
  states = STATES,
) {
  describe(title, () => {
    for (const fault of faults) {
      for (const place of getPlaces(fault)) {
        const name = `${fault.title} (${place === 'everywhere' ? 'metadata and keys' : place})`
        describe(name, () => {
          const rows = Object.entries(states).map(([stateTitle, state]) => {
            const { keysFailed } = expected(fault, place, state)
            return [stateTitle, describeAnswer(getAnswer(state, keysFailed)), state] as const
          })
          it.each(rows)(
            `a resource server %s %s during ${kind} "${name}", and grants requests afterwards`,
            LENIENT,
            async (_state, _answer, state) => {
              await checkFault(fault, place, state, options)
            },
          )
        })
      }
    }
  })
}

describeMatrix('faults of the authorization server', 'the fault', createFaults(otherOrigin))
describeMatrix('unusual behavior of the authorization server', 'the behavior', NO_FAULTS)
// The resource server behaves in the same way with the option `fetch` and with the global `fetch`. So one state is enough here.
describeMatrix(
  'faults of the authorization server, with the global fetch',
  'the fault',
  createFaults(otherOrigin),
  { fetch: globalFetch },
  { 'without keys': STATES['without keys']! },
)
describeMatrix('faults of TLS', 'the fault', tlsFaults(certificates), {
  tls: { certificate: certificates.good, fetch: trustingFetch },
})
