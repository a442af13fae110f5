import {
  type BearwardEvent,
  type CommonOptions,
  createResourceServer,
  type Fetch,
  type Outcome,
} from '@bearward/core'
import { onTestFinished } from 'vitest'
import type { ServerCertificate } from '../support/certificate.ts'
import { fakeClock, settled } from '../support/fake-clock.ts'
import {
  type Fault,
  type FaultyServer,
  type FaultyServerOptions,
  startFaultyServer,
} from '../support/faulty-server.ts'
import { httpFetch } from '../../packages/core/src/authorization-server/node-http-fetch.ts'
import { AUDIENCE, createTestIssuer } from '../support/issuer.ts'
import { generateKey, type TestKey } from '../support/keys.ts'
import { requestWith } from '../support/requests.ts'
import type { Place } from './faults.ts'

export const OPENID = '/.well-known/openid-configuration'
export const OAUTH = '/.well-known/oauth-authorization-server'
/** The path at which django-oauth-toolkit publishes its metadata. */
export const OPENID_SLASH = `${OPENID}/`
export const KEYS = '/jwks'

/** Seconds that an attempt to fetch keys may take: the default of `fetchTimeout`. */
export const TIMEOUT = 3

export const oldKey: TestKey = generateKey('ES256', 'old')
export const newKey: TestKey = generateKey('ES256', 'new')

/** Result of a request. It is filled when the outcome is known. */
export interface Result {
  /** Status of the refusal, or kind of the outcome. `undefined` while the request waits. */
  status?: number | 'granted' | 'anonymous'
  retryAfter?: string | undefined
  /** Seconds until the outcome. */
  waited?: number
}

export interface SetupOptions {
  /** Makes the authorization server use TLS with this certificate, which `fetch` trusts. */
  readonly tls?: { readonly certificate: ServerCertificate; readonly fetch: Fetch }
  /**
   * Function for the outgoing calls if `tls` is not set.
   *
   * @default httpFetch
   */
  readonly fetch?: Fetch
  /** Options of the resource server. */
  readonly times?: Pick<CommonOptions, 'fetchTimeout' | 'jwksMaxAge'>
}

/**
 * Creates a resource server, and an authorization server with two origins on real sockets: one for the metadata, one for the
 * keys. The clock moves only when the test moves it, so the tests measure time without waiting. Everything is closed at the end
 * of the test.
 */
export async function createSetup({ tls, fetch, times }: SetupOptions = {}): Promise<Setup> {
  const clock = fakeClock()
  const requests: string[] = []
  const events: BearwardEvent[] = []
  let attempts = 0
  let ended = 0
  let lateCalls = 0
  let attempting = false
  /** Signals of running attempts, and of discovery that runs at the same time. Each has its own deadline. */
  const running = new Set<AbortSignal>()
  const isAttempting = () => attempting
  let notice = () => {}

  async function until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => (notice = resolve))
  }

  function begin(signal: AbortSignal): void {
    running.add(signal)
    signal.addEventListener('abort', () => {
      running.delete(signal)
      notice()
    })
    if (attempting) return
    attempts++
    attempting = true
  }

  const origin: FaultyServerOptions = {
    onRequest(path) {
      requests.push(path)
      notice()
    },
    onStall: () => notice(),
    ...(tls && { certificate: tls.certificate }),
  }
  const metadata = await startFaultyServer(origin)
  const keys = await startFaultyServer(origin)
  const issuer = metadata.url
  const document = { issuer, jwks_uri: keys.url + KEYS }
  metadata.publish(OPENID, document)
  metadata.publish(OAUTH, document)
  metadata.publish(OPENID_SLASH, document)
  const publish = (...published: readonly TestKey[]) =>
    keys.publish(KEYS, { keys: published.map(({ jwk }) => jwk) })
  publish(oldKey)

  const call = tls?.fetch ?? fetch ?? httpFetch
  const server = createResourceServer({
    issuer,
    audience: AUDIENCE,
    clock,
    ...times,
    fetch(url, init) {
      if (init.signal.aborted) lateCalls++
      else if (!running.has(init.signal)) begin(init.signal)
      return call(url, init)
    },
    onEvent(event) {
      if (event.type === 'verified' || event.type === 'refused') return
      events.push(event)
      if (event.type === 'keys_failed' || event.type === 'keys_refreshed') {
        ended++
        attempting = false
      }
      notice()
    },
  })
  onTestFinished(async () => {
    server.close()
    await Promise.all([metadata.close(), keys.close()])
  })
  const { token } = createTestIssuer({ issuer, algorithms: [], now: clock.seconds })
  let sent = 0

  function at(place: Place): readonly FaultyServer[] {
    return { everywhere: [metadata, keys], metadata: [metadata], keys: [keys] }[place]
  }

  async function attemptEnds(): Promise<void> {
    const stalled = () => metadata.stalled() + keys.stalled()
    const endless = () => metadata.endless() + keys.endless()
    // If a request causes an attempt, the first call of the attempt begins a few microtasks later.
    await settled()
    const before = ended
    const isOver = () => (!attempting || ended > before) && running.size === 0
    await until(() => isOver() || stalled() > 0)
    for (let passed = 0; !isOver() && passed < TIMEOUT; passed += 0.5) await clock.pass(0.5)
    await until(isOver)
    // The next attempt may have begun already, and stalled.
    await until(() => attempting || endless() === 0)
    await settled()
  }

  async function attemptsEnd(): Promise<void> {
    do await attemptEnds()
    while (isAttempting())
  }

  async function pass(seconds: number, isEnough = () => false): Promise<void> {
    for (let passed = 0; passed < seconds && !isEnough(); passed++) {
      await clock.pass(1)
      if (isAttempting()) await attemptsEnd()
    }
  }

  return {
    clock,
    server,
    requests,
    events,
    until,
    publish,
    attempts: () => attempts,
    lateCalls: () => lateCalls,
    hasFreshKeys: () =>
      events.filter(({ type }) => type === 'keys_failed' || type === 'keys_refreshed').at(-1)
        ?.type === 'keys_refreshed',
    attemptEnds,
    attemptsEnd,
    pass,

    async breakServer(place, fault) {
      await Promise.all(at(place).map((one) => one.behave(fault)))
    },
    async repair() {
      await Promise.all(at('everywhere').map((one) => one.behave()))
    },

    send(key) {
      const answer: Result = {}
      const begun = clock.seconds()
      const answered = (outcome: Outcome) => {
        const refused = outcome.kind === 'refused' ? outcome : undefined
        answer.status = refused?.status ?? (outcome.kind as 'granted' | 'anonymous')
        answer.retryAfter = refused?.headers['Retry-After'] as string | undefined
        answer.waited = clock.seconds() - begun
      }
      const sending = requestWith(token({ key, claims: { jti: `t${sent++}` } }))
      const outcome = server.authorize(sending)
      if (outcome instanceof Promise) void outcome.then(answered)
      else answered(outcome)
      return answer
    },
  }
}

export interface Setup {
  readonly clock: ReturnType<typeof fakeClock>
  readonly server: ReturnType<typeof createResourceServer>
  /** Paths of the requests that the authorization server received. */
  readonly requests: string[]
  /** Events, except events about requests. */
  readonly events: BearwardEvent[]
  /** Waits for a condition. It is checked after each request, stall and event. */
  until(condition: () => boolean): Promise<void>
  /** Makes the authorization server publish these keys. */
  publish(...keys: readonly TestKey[]): void
  /** Makes the authorization server have this fault. */
  breakServer(place: Place, fault: Fault): Promise<void>
  /** Makes the authorization server work again. */
  repair(): Promise<void>
  /** Returns the number of attempts to fetch keys. */
  attempts(): number
  /** Returns the number of outgoing calls that began after their deadline. */
  lateCalls(): number
  /** Returns whether the last attempt fetched keys. */
  hasFreshKeys(): boolean
  /** Sends a request with a token signed by this key. The result is filled immediately if the outcome is known. */
  send(key: TestKey): Result
  /**
   * Waits until the running attempt, if any, has ended. If the server stalls, lets the time of the attempt pass. Also waits
   * until connections with an endless response are closed.
   */
  attemptEnds(): Promise<void>
  /** Waits for the running attempt, and for attempts that follow it without a pause. */
  attemptsEnd(): Promise<void>
  /** Lets time pass second by second until `isEnough` returns `true`, and waits for the end of each attempt. */
  pass(seconds: number, isEnough?: () => boolean): Promise<void>
}
