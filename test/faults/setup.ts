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
import { AUDIENCE, createTestIssuer } from '../support/issuer.ts'
import { generateKey, type TestKey } from '../support/keys.ts'
import { requestWith } from '../support/requests.ts'
import type { Place } from './faults.ts'

export const OPENID = '/.well-known/openid-configuration'
export const OAUTH = '/.well-known/oauth-authorization-server'
/** As django-oauth-toolkit has it. */
export const OPENID_SLASH = `${OPENID}/`
export const KEYS = '/jwks'

/** Seconds that an attempt to fetch keys may take: the default of `fetchTimeout`. */
export const TIMEOUT = 3

export const oldKey: TestKey = generateKey('ES256', 'old')
export const newKey: TestKey = generateKey('ES256', 'new')

/** A request, and what has become of it. */
export interface Answer {
  /** The status of the refusal, or how else it went; nothing while it waits. */
  status?: number | 'granted' | 'anonymous'
  retryAfter?: string | undefined
  /** Seconds. */
  waited?: number
}

export interface SceneOptions {
  /** The authorization server speaks TLS, with this certificate, and `fetch` trusts it. */
  readonly tls?: { readonly certificate: ServerCertificate; readonly fetch: Fetch }
  /** Options of the resource server. */
  readonly times?: Pick<CommonOptions, 'fetchTimeout' | 'jwksMaxAge'>
}

/**
 * A resource server, and the two origins of its authorization server on real sockets: one publishes the
 * metadata and one the keys. Time stands still unless the test moves it, so whatever needs time to end,
 * and how much, is seen without waiting for it. All is closed when the test is over.
 */
export async function createSetup({ tls, times }: SceneOptions = {}): Promise<Setup> {
  const clock = fakeClock()
  const asked: string[] = []
  const events: BearwardEvent[] = []
  let attempts = 0
  let ended = 0
  let belatedCalls = 0
  let attempting = false
  /** What runs under a deadline of its own: an attempt, or a search for the endpoint beside it. */
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
      asked.push(path)
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

  const call = tls?.fetch ?? ((url, init) => globalThis.fetch(url, init))
  const server = createResourceServer({
    issuer,
    audience: AUDIENCE,
    clock,
    ...times,
    fetch(url, init) {
      if (init.signal.aborted) belatedCalls++
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
    // An attempt that a request has set off makes its first call a few microtasks later.
    await settled()
    const before = ended
    const isOver = () => (!attempting || ended > before) && running.size === 0
    await until(() => isOver() || stalled() > 0)
    for (let passed = 0; !isOver() && passed < TIMEOUT; passed += 0.5) await clock.pass(0.5)
    await until(isOver)
    // The next one may have begun already, and stalled.
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
    asked,
    events,
    until,
    publish,
    attempts: () => attempts,
    belatedCalls: () => belatedCalls,
    isGood: () =>
      events.filter(({ type }) => type === 'keys_failed' || type === 'keys_refreshed').at(-1)
        ?.type === 'keys_refreshed',
    attemptEnds,
    attemptsEnd,
    pass,

    async spoil(place, fault) {
      await Promise.all(at(place).map((one) => one.behave(fault)))
    },
    async mend() {
      await Promise.all(at('everywhere').map((one) => one.behave()))
    },

    send(key) {
      const answer: Answer = {}
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
  /** The paths of the requests that have come through to the authorization server. */
  readonly asked: string[]
  /** What was reported, apart from the requests. */
  readonly events: BearwardEvent[]
  /** Waits for something that a request, a stall, or an event brings about. */
  until(condition: () => boolean): Promise<void>
  /** From now on the authorization server publishes these keys. */
  publish(...keys: readonly TestKey[]): void
  spoil(place: Place, fault: Fault): Promise<void>
  mend(): Promise<void>
  /** How many attempts to fetch keys have begun. */
  attempts(): number
  /** How many outgoing calls have begun after the time for them was up. */
  belatedCalls(): number
  /** Whether the last attempt has brought keys. */
  isGood(): boolean
  /** A request with a token of this key. The answer is there at once where it is known. */
  send(key: TestKey): Answer
  /**
   * Lets the attempt that runs, if any, come to its end: by itself, or where the server has stalled, by
   * the end of its time. Connections whose answer has no end have to be let go of.
   */
  attemptEnds(): Promise<void>
  /** The same for those that follow it without a pause. */
  attemptsEnd(): Promise<void>
  /** Lets time pass second by second until it is enough, and each attempt come to its end. */
  pass(seconds: number, isEnough?: () => boolean): Promise<void>
}
