import { vi } from 'vitest'
import { closing } from '../../../test/support/closing.ts'
import { fakeClock } from '../../../test/support/fake-clock.ts'
import {
  clientCredentials,
  type ClientCredentialsOptions,
  type TokenError,
  type TokenEvent,
} from '../src/index.ts'
import { createTokenServer, grantTokens, type Script, type TokenServer } from './token-server.ts'

export { closing }

export const SECRET = 'a-secret-for-tests'
export const API = 'https://api.example.com'

/** Creates an authorization server, a fake clock, and a token source that uses both. */
export async function setup(
  first: Script = grantTokens,
  { server: given, ...options }: Partial<ClientCredentialsOptions> & { server?: TokenServer } = {},
) {
  const clock = fakeClock()
  // Removes the jitter.
  closing({ close: () => vi.restoreAllMocks() })
  vi.spyOn(Math, 'random').mockReturnValue(0)
  const server = given ?? closing(await createTokenServer(first))
  const events: TokenEvent[] = []
  const calls = { started: 0, completed: 0 }
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
        calls.started++
        return send(url, init).finally(() => calls.completed++)
      },
    }),
  )
  /** Waits until running requests are completed, with a limit for requests that get no response. */
  async function waitForResponses(): Promise<void> {
    for (let turn = 0; turn < 200 && calls.completed < calls.started; turn++)
      await waitForRequests()
  }
  /** Returns the value of the token of `getToken`. */
  const getValue = async () => (await source.getToken()).value
  /** Returns the code of the error of `getToken`, or 'a token' if it succeeds. */
  const getErrorCode = async () =>
    source.getToken().then(
      () => 'a token',
      (error: TokenError) => error.code,
    )
  /** Returns the number of events of a type. */
  const count = (type: TokenEvent['type']) => events.filter((event) => event.type === type).length
  /** Advances the clock until the promise is settled. */
  async function advanceUntilSettled<T>(promise: Promise<T>, seconds = 60): Promise<T> {
    const state = { isSettled: false }
    const onSettled = () => void (state.isSettled = true)
    promise.then(onSettled, onSettled)
    for (let passed = 0; !state.isSettled && passed < seconds; passed += 0.05) {
      await waitForRequests()
      await waitForResponses()
      await waitForRequests()
      if (!state.isSettled) clock.advance(0.05)
    }
    return promise
  }
  return { clock, server, events, source, getValue, getErrorCode, count, advanceUntilSettled }
}

/** Waits long enough for a request and its response on loopback. */
export async function waitForRequests(): Promise<void> {
  for (let turn = 0; turn < 15; turn++) await new Promise((resolve) => setImmediate(resolve))
}

export { until } from '../../../test/support/until.ts'
