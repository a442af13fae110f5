import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../test/support/fake-clock.ts'
import { clientCredentials, type ClientCredentialsOptions } from '../src/index.ts'
import { closing, until } from './setup.ts'
import { grantTokens, createTokenServer } from './token-server.ts'

/** Milliseconds since the epoch. */
const START = 1_900_000_000_000

/** Creates a source with this clock. */
async function setup(
  clock: ClientCredentialsOptions['clock'],
  options: Partial<ClientCredentialsOptions> = {},
) {
  const server = closing(await createTokenServer(grantTokens))
  const source = closing(
    clientCredentials({
      tokenEndpoint: `${server.url}/token`,
      clientId: 'orders',
      clientAuthentication: { method: 'client_secret_basic', secret: 'a-test-secret' },
      maxWait: 0,
      clock: clock!,
      ...options,
    }),
  )
  return { server, source, getValue: async () => (await source.getToken()).value }
}

/** Clock whose methods use `this`. */
class TestClock {
  #now = START
  now(): number {
    return this.#now
  }
  pass(seconds: number): void {
    this.#now += seconds * 1000
  }
}

describe('clock', () => {
  it.each<[string, (testClock: TestClock) => ClientCredentialsOptions['clock']]>([
    ['a function', (testClock) => () => testClock.now()],
    ['an object with now()', (testClock) => ({ now: () => testClock.now() })],
    ['an instance of a class', (testClock) => testClock],
    [
      'an object with now() and monotonic()',
      (testClock) => ({ now: () => testClock.now(), monotonic: () => testClock.now() - START }),
    ],
  ])(
    'getToken() with a clock that is %s renews a token of 600 s in the background after 480 s, and waits for a new token after 595 s',
    async (_case, toClock) => {
      const testClock = new TestClock()
      const { server, source, getValue } = await setup(toClock(testClock))
      expect((await source.getToken()).expiresAt).toBe(START / 1000 + 600)
      testClock.pass(479)
      expect(await getValue()).toBe('token-1')
      expect(server.requests).toHaveLength(1)
      testClock.pass(1)
      expect(await getValue()).toBe('token-1')
      await until(() => source.counters().renewed === 1)
      testClock.pass(595)
      expect(await getValue()).toBe('token-3')
    },
  )

  it('getToken() uses after() of the clock for its timeout', async () => {
    const clock = fakeClock()
    const { server, source } = await setup(clock)
    server.answer(() => undefined)
    const failed = source.getToken().catch((error: unknown) => error)
    await server.received(1)
    clock.advance(5)
    expect(await failed).toMatchObject({ code: 'timeout' })
  })

  it('getToken() times out in real time if the clock has no after()', async () => {
    const { server, source } = await setup(() => START, { fetchTimeout: 0.05 })
    server.answer(() => undefined)
    await expect(source.getToken()).rejects.toMatchObject({ code: 'timeout' })
  })

  it('getToken() rejects when its signal is aborted, even if the clock has no after()', async () => {
    const { server, source } = await setup(() => START)
    server.answer(() => undefined)
    const abort = new AbortController()
    const failed = source.getToken({ signal: abort.signal })
    await server.received(1)
    abort.abort(new Error('enough'))
    await expect(failed).rejects.toThrow('enough')
  })
})
