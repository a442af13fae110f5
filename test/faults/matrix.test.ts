import type { KeyStatus } from '@bearward/core'
import { describe, expect, it } from 'vitest'
import type { TestKey } from '../support/keys.ts'
import { startCanary } from './canary.ts'
import { type FaultCase, faultsOf, HARMLESS, type Place, tlsFaults } from './faults.ts'
import {
  createSetup,
  KEYS,
  newKey,
  OAUTH,
  oldKey,
  OPENID,
  OPENID_SLASH,
  type Setup,
  type SceneOptions,
  TIMEOUT,
} from './setup.ts'
import { certificates, trustingFetch } from './tls.ts'

/** What a resource server knows when the fault meets it, and what it is then asked. */
interface State {
  /** Gets there, while the authorization server is good. */
  readonly reach: (setup: Setup) => Promise<void>
  /** The key of the token of the request. */
  readonly key: TestKey
  /** The answer where keys cannot be fetched, and where they can be. */
  readonly answer: { readonly failed: number | 'granted'; readonly fetched: number | 'granted' }
  /** How it stands with the keys where they cannot be fetched. */
  readonly keys: KeyStatus['state']
  /**
   * Whether an attempt looks for metadata: for the first time; again where it was found five minutes ago;
   * again everywhere, after that has failed; or not.
   */
  readonly discovery: 'first' | 'again' | 'again everywhere' | 'not'
  /** The attempt is a scheduled one, and does not wait for a request. */
  readonly scheduled?: true
  /** The request does not wait for the attempt. */
  readonly atOnce?: true
}

/** Sixty seconds after a start. */
async function young({ server, clock }: Setup): Promise<void> {
  await server.ready()
  await clock.pass(60)
}

/** The process was suspended, and no timer has gone off meanwhile. */
const asleep = (seconds: number) =>
  async function sleep({ server, clock }: Setup): Promise<void> {
    await server.ready()
    clock.suspend(seconds)
  }

/** Attempts have failed for another reason, and the next one is due. */
async function inAnOutage({ server, clock, spoil, mend, pass }: Setup): Promise<void> {
  await server.ready()
  await spoil('everywhere', { refuses: true })
  await pass(520)
  clock.suspend(301)
  await mend()
}

const STATES: Readonly<Record<string, State>> = {
  'without keys': {
    reach: async () => {},
    key: oldKey,
    answer: { failed: 503, fetched: 'granted' },
    keys: 'unavailable',
    discovery: 'first',
  },
  'whose set is fresh': {
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
  'whose set has passed its maximum age': {
    reach: asleep(601),
    key: oldKey,
    answer: { failed: 'granted', fetched: 'granted' },
    keys: 'stale',
    discovery: 'again',
  },
  'whose set has passed its maximum age in an outage': {
    reach: inAnOutage,
    key: oldKey,
    answer: { failed: 'granted', fetched: 'granted' },
    keys: 'stale',
    discovery: 'again everywhere',
    atOnce: true,
  },
  'whose set has passed the stale limit': {
    reach: asleep(86_401),
    key: oldKey,
    answer: { failed: 503, fetched: 'granted' },
    keys: 'unavailable',
    discovery: 'again',
  },
  'that looks for an unknown key, and whose set is fresh': {
    reach: young,
    key: newKey,
    answer: { failed: 503, fetched: 401 },
    keys: 'fresh',
    discovery: 'not',
  },
  'that looks for an unknown key, and whose set has passed its maximum age': {
    reach: asleep(601),
    key: newKey,
    answer: { failed: 503, fetched: 401 },
    keys: 'stale',
    discovery: 'again',
  },
  'that looks for an unknown key, and whose set has passed its maximum age in an outage': {
    reach: inAnOutage,
    key: newKey,
    answer: { failed: 503, fetched: 401 },
    keys: 'stale',
    discovery: 'again everywhere',
  },
}

/** What one attempt comes to. */
function expected({ failure, discovery, unseen, repeated }: FaultCase, place: Place, state: State) {
  const looks = state.discovery !== 'not'
  const metadata = looks && place !== 'keys' ? failure.metadata : undefined
  const keys = place !== 'metadata' ? failure.keys : undefined
  // Metadata that is known already is not missed.
  const ends = metadata !== undefined && state.discovery === 'first'
  const asksOn = metadata !== undefined && discovery === 'asks on' && state.discovery !== 'again'
  const asked = [
    ...(looks ? [OPENID] : []),
    ...(asksOn ? [OAUTH, OPENID_SLASH] : []),
    ...(ends ? [] : [KEYS]),
  ]
  const calls = (path: string) => {
    const isSpoilt = (path === KEYS ? keys : metadata) !== undefined
    if (!isSpoilt) return 1
    return unseen ? 0 : repeated ? 2 : 1
  }
  return {
    asked: asked.flatMap((path) => Array<string>(calls(path)).fill(path)),
    keysFailed: ends ? metadata : keys,
    discoveryFailed: ends ? undefined : metadata,
  }
}

const placesOf = ({ failure: { metadata, keys } }: FaultCase): readonly Place[] => {
  if (metadata === undefined && keys === undefined) return ['everywhere']
  return [
    ...(metadata && keys ? (['everywhere'] as const) : []),
    ...(metadata ? (['metadata'] as const) : []),
    ...(keys ? (['keys'] as const) : []),
  ]
}

const canary = await startCanary()

async function meets(fault: FaultCase, place: Place, state: State, options: SceneOptions) {
  const setup = await createSetup(options)
  const { clock, server, asked, events, send, attemptEnds } = setup
  const failures = (type: 'keys_failed' | 'discovery_failed') =>
    events.flatMap((event) => (event.type === type ? [event.failure] : []))
  await state.reach(setup)
  asked.length = 0
  events.length = 0
  await setup.spoil(place, fault.fault)
  const before = setup.attempts()
  while (state.scheduled && setup.attempts() === before) await clock.pass(1)

  const first = send(state.key)
  if (state.atOnce) expect(first).toMatchObject({ status: 'granted', waited: 0 })
  await attemptEnds()

  const { keysFailed, discoveryFailed, ...outgoing } = expected(fault, place, state)
  const answer = keysFailed ? state.answer.failed : state.answer.fetched
  expect(first.status, 'the status, when the attempt is over').toBe(answer)
  expect(first.waited).toBeLessThanOrEqual(TIMEOUT)
  // A known address is asked at the same time as the metadata.
  expect([...asked].sort()).toEqual([...outgoing.asked].sort())
  expect(failures('keys_failed')).toEqual(keysFailed ? [keysFailed] : [])
  expect(failures('discovery_failed')).toEqual(discoveryFailed ? [discoveryFailed] : [])
  expect(server.status()[0]!.keys.state).toBe(keysFailed ? state.keys : 'fresh')
  if (answer === 503) expect(first.retryAfter).toMatch(/^[1-5]$/)

  // The next one knows, and does not wait.
  if (state.key === oldKey) expect(send(oldKey)).toMatchObject({ status: answer, waited: 0 })
  await setup.attemptsEnd()

  setup.publish(oldKey, newKey)
  await setup.mend()
  await setup.pass(75, setup.isGood)
  expect(setup.isGood()).toBe(true)
  expect(send(oldKey)).toMatchObject({ status: 'granted', waited: 0 })
  // Where the set was good all the time, the new key is sought, of which there may be one in five seconds.
  await setup.pass(5)
  const rotated = send(newKey)
  await attemptEnds()
  expect(rotated).toMatchObject({ status: 'granted', waited: 0 })
  expect(server.status()[0]!.keys.state).toBe('fresh')
  expect(canary.connections(), 'calls to another origin').toBe(0)

  server.close()
  expect(clock.pending(), 'timers that are left').toBe(0)
}

/** For a loaded machine: nothing here waits for time to pass. */
const LENIENT = { timeout: 30_000 }

function describeMatrix(title: string, faults: readonly FaultCase[], options: SceneOptions = {}) {
  describe(title, () => {
    for (const fault of faults) {
      for (const place of placesOf(fault)) {
        describe(`${fault.title} (${place})`, () => {
          it.each(Object.entries(STATES))(
            'meets a resource server %s',
            LENIENT,
            async (_title, state) => {
              await meets(fault, place, state, options)
            },
          )
        })
      }
    }
  })
}

describeMatrix('a fault of the authorization server', faultsOf(canary))
describeMatrix('no fault of the authorization server', HARMLESS)
describeMatrix('a fault of its TLS', tlsFaults(certificates), {
  tls: { certificate: certificates.good, fetch: trustingFetch },
})
