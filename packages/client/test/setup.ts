import { vi } from 'vitest'
import { closing } from '../../../test/support/closing.ts'
import { fakeClock } from '../../../test/support/fake-clock.ts'
import {
  clientCredentials,
  type ClientCredentialsOptions,
  type TokenError,
  type TokenEvent,
} from '../src/index.ts'
import { granting, type Script, tokenServer, type TokenServer } from './token-server.ts'

export { closing }

export const SECRET = 'a-secret-that-nobody-sees'
export const API = 'https://api.example.com'

/** Creates an authorization server, a clock, and a token source that uses both. */
export async function setup(
  first: Script = granting,
  { server: given, ...options }: Partial<ClientCredentialsOptions> & { server?: TokenServer } = {},
) {
  const clock = fakeClock()
  // No jitter.
  closing({ close: () => vi.restoreAllMocks() })
  vi.spyOn(Math, 'random').mockReturnValue(0)
  const server = given ?? closing(await tokenServer(first))
  const events: TokenEvent[] = []
  const calls = { begun: 0, over: 0 }
  const { fetch: send = (url, init) => globalThis.fetch(url, init) } = options
  const source = closing(
    clientCredentials({
      issuer: server.url,
      clientId: 'orders',
      clientAuthentication: { method: 'client_secret_basic', secret: SECRET },
      scope: 'read write',
      resource: API,
      clock,
      onEvent: (event: TokenEvent) => events.push(event),
      ...options,
      fetch: async (url, init) => {
        calls.begun++
        return send(url, init).finally(() => calls.over++)
      },
    }),
  )
  /** A request on its way takes as many turns as a busy machine needs. One without a response waits for the time. */
  async function arrivals(): Promise<void> {
    for (let turn = 0; turn < 200 && calls.over < calls.begun; turn++) await turns()
  }
  const value = async () => (await source.getToken()).value
  /** Returns the code of the error of `getToken`, or 'a token' if it succeeds. */
  const failure = async () =>
    source.getToken().then(
      () => 'a token',
      (error: TokenError) => error.code,
    )
  const count = (type: TokenEvent['type']) => events.filter((event) => event.type === type).length
  /** Advances the clock until the promise is settled. */
  async function passing<T>(promise: Promise<T>, seconds = 60): Promise<T> {
    const state = { isOver: false }
    const over = () => void (state.isOver = true)
    promise.then(over, over)
    for (let passed = 0; !state.isOver && passed < seconds; passed += 0.05) {
      await turns()
      await arrivals()
      await turns()
      if (!state.isOver) clock.advance(0.05)
    }
    return promise
  }
  return { clock, server, events, source, value, failure, count, passing }
}

/** Waits long enough for a request and its response on loopback. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 15; turn++) await new Promise((resolve) => setImmediate(resolve))
}

export { until } from '../../../test/support/until.ts'
