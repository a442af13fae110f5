import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../test/support/fake-clock.ts'
import { clientCredentials, type ClientCredentialsOptions } from '../src/index.ts'
import { closing, until } from './setup.ts'
import { grantTokens, createTokenServer } from './token-server.ts'

/** Milliseconds since the epoch. */
const START = 1_900_000_000_000

/** Creates a source with this clock. */
async function setup(clock: ClientCredentialsOptions['clock']) {
  const server = closing(await createTokenServer(grantTokens))
  const source = closing(
    clientCredentials({
      tokenEndpoint: `${server.url}/token`,
      clientId: 'orders',
      clientAuthentication: { method: 'client_secret_basic', secret: 'a-test-secret' },
      maxWait: 0,
      clock: clock!,
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
    ['an object with now', (testClock) => ({ now: () => testClock.now() })],
    ['an instance of a class', (testClock) => testClock],
    [
      'an object with now and monotonic',
      (testClock) => ({ now: () => testClock.now(), monotonic: () => testClock.now() - START }),
    ],
  ])('clock as %s decides when a token is renewed and when it expires', async (_case, toClock) => {
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
  })

  it('clock with after() also controls timeouts', async () => {
    const clock = fakeClock()
    const { server, source } = await setup(clock)
    server.answer(() => undefined)
    const failed = source.getToken().catch((error: unknown) => error)
    await server.received(1)
    clock.advance(5)
    expect(await failed).toMatchObject({ code: 'timeout' })
  })

  it('clock without after() runs timers in real time', async () => {
    const { server, source } = await setup(() => START)
    server.answer(() => undefined)
    const abort = new AbortController()
    const failed = source.getToken({ signal: abort.signal })
    await server.received(1)
    abort.abort(new Error('enough'))
    await expect(failed).rejects.toThrow('enough')
  })
})
