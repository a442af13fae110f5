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

/** An authorization server, a clock, and a token source that asks it. */
export async function scene(
  first: Script = granting,
  { server: given, ...options }: Partial<ClientCredentialsOptions> & { server?: TokenServer } = {},
) {
  const clock = fakeClock()
  // Pauses that do not vary.
  closing({ close: () => vi.restoreAllMocks() })
  vi.spyOn(Math, 'random').mockReturnValue(0)
  const server = given ?? closing(await tokenServer(first))
  const events: TokenEvent[] = []
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
    }),
  )
  const value = async () => (await source.getToken()).value
  /** The code of the error that there is in the place of a token. */
  const failure = async () =>
    source.getToken().then(
      () => 'a token',
      (error: TokenError) => error.code,
    )
  const count = (type: TokenEvent['type']) => events.filter((event) => event.type === type).length
  /** Lets time pass until something has come to rest. */
  async function passing<T>(promise: Promise<T>, seconds = 60): Promise<T> {
    const state = { isOver: false }
    const over = () => void (state.isOver = true)
    promise.then(over, over)
    for (let passed = 0; !state.isOver && passed < seconds; passed += 0.05) {
      await turns()
      if (!state.isOver) clock.advance(0.05)
    }
    return promise
  }
  return { clock, server, events, source, value, failure, count, passing }
}

/** Long enough for an exchange on the loopback address. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 15; turn++) await new Promise((resolve) => setImmediate(resolve))
}

export { until } from '../../../test/support/until.ts'
