import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../test/support/fake-clock.ts'
import { clientCredentials, type ClientCredentialsOptions } from '../src/index.ts'
import { closing, until } from './setup.ts'
import { granting, tokenServer } from './token-server.ts'

/** Milliseconds since the epoch. */
const START = 1_900_000_000_000

async function setup(clock: ClientCredentialsOptions['clock']) {
  const server = closing(await tokenServer(granting))
  const source = closing(
    clientCredentials({
      tokenEndpoint: `${server.url}/token`,
      clientId: 'orders',
      clientAuthentication: { method: 'client_secret_basic', secret: 'a-test-secret' },
      maxWait: 0,
      clock: clock!,
    }),
  )
  return { server, source, value: async () => (await source.getToken()).value }
}

/** A clock whose functions need their object. */
class Watch {
  #now = START
  now(): number {
    return this.#now
  }
  pass(seconds: number): void {
    this.#now += seconds * 1000
  }
}

describe('clock', () => {
  it.each<[string, (watch: Watch) => ClientCredentialsOptions['clock']]>([
    ['a function', (watch) => () => watch.now()],
    ['an object with now', (watch) => ({ now: () => watch.now() })],
    ['an instance of a class', (watch) => watch],
    [
      'an object with now and monotonic',
      (watch) => ({ now: () => watch.now(), monotonic: () => watch.now() - START }),
    ],
  ])('is %s: it decides when a token is renewed and when it expires', async (_case, toClock) => {
    const watch = new Watch()
    const { server, source, value } = await setup(toClock(watch))
    expect((await source.getToken()).expiresAt).toBe(START / 1000 + 600)
    watch.pass(479)
    expect(await value()).toBe('token-1')
    expect(server.asked).toHaveLength(1)
    watch.pass(1)
    expect(await value()).toBe('token-1')
    await until(() => source.counters().renewed === 1)
    watch.pass(595)
    expect(await value()).toBe('token-3')
  })

  it('is a complete clock, which also calls back', async () => {
    const clock = fakeClock()
    const { server, source } = await setup(clock)
    server.answer(() => undefined)
    const failed = source.getToken().catch((error: unknown) => error)
    await server.received(1)
    clock.advance(5)
    expect(await failed).toMatchObject({ code: 'timeout' })
  })

  it('runs timers in real time if it has no after', async () => {
    const { server, source } = await setup(() => START)
    server.answer(() => undefined)
    const abort = new AbortController()
    const failed = source.getToken({ signal: abort.signal })
    await server.received(1)
    abort.abort(new Error('enough'))
    await expect(failed).rejects.toThrow('enough')
  })
})
