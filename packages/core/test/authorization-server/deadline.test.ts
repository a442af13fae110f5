import { createServer } from 'node:http'
import { describe, expect, it } from 'vitest'
import { closing } from '../../../../test/support/closing.ts'
import { fakeClock, settled } from '../../../../test/support/fake-clock.ts'
import { listen } from '../../../../test/support/servers.ts'
import { withDeadline } from '../../src/authorization-server/deadline.ts'
import { systemClock } from '../../src/lib/clock.ts'

/** Work that a test ends, under a deadline of 3 s. */
function setup() {
  const clock = fakeClock()
  const closed = new AbortController()
  const state = { aborted: false, outcome: 'none' }
  let finish = (_value: string) => {}
  const work = (signal: AbortSignal) => {
    signal.addEventListener('abort', () => (state.aborted = true))
    return new Promise<string>((resolve) => (finish = resolve))
  }
  withDeadline({ clock, timeout: 3000, closed: closed.signal }, work).then(
    (value) => (state.outcome = value),
    (error: Error) => (state.outcome = error.message),
  )
  return { clock, closed, state, finish: (value: string) => finish(value) }
}

describe('withDeadline', () => {
  it('ends work that takes too long, exactly when its time is up', async () => {
    const { clock, state } = setup()
    await clock.pass(2.999)
    expect(state.outcome).toBe('none')
    await clock.pass(0.001)
    expect(state).toEqual({ aborted: true, outcome: 'not done within 3000 ms' })
    expect(clock.pending()).toBe(0)
  })

  it('reads what has come while the event loop was blocked, before it ends the work', async () => {
    const { clock, state, finish } = setup()
    clock.suspend(3.2)
    await clock.pass(0)
    expect(state).toEqual({ aborted: false, outcome: 'none' })
    finish('an answer that lay in the socket')
    await settled()
    expect(state.outcome).toBe('an answer that lay in the socket')
    expect(clock.pending()).toBe(0)
  })

  it('ends work half a second after a blocked event loop, where nothing has come', async () => {
    const { clock, state } = setup()
    clock.suspend(60)
    await clock.pass(0.499)
    expect(state.outcome).toBe('none')
    await clock.pass(0.001)
    expect(state).toEqual({ aborted: true, outcome: 'not done within 3000 ms' })
  })

  it('is closed at once, also after a blocked event loop', async () => {
    const { clock, closed, state } = setup()
    clock.suspend(3.2)
    await clock.pass(0)
    closed.abort()
    await settled()
    expect(state).toEqual({ aborted: true, outcome: 'closed meanwhile' })
    expect(clock.pending()).toBe(0)
  })

  it('takes the answers of a real server that came while this process was blocked', async () => {
    const server = closing(
      await listen(createServer((_request, response) => void response.end('an answer'))),
    )
    const bounds = { clock: systemClock, timeout: 200, closed: new AbortController().signal }
    const answers = Array.from({ length: 6 }, () =>
      withDeadline(bounds, async (signal) => (await fetch(server.url, { signal })).text()),
    )
    // Until the requests are on their way.
    await settled()
    const end = performance.now() + 400
    while (performance.now() < end);
    expect(await Promise.all(answers)).toEqual(Array(6).fill('an answer'))
  })
})
