import { createServer } from 'node:http'
import { describe, expect, it } from 'vitest'
import { closing } from '../../../../test/support/closing.ts'
import { fakeClock, settled } from '../../../../test/support/fake-clock.ts'
import { listen } from '../../../../test/support/servers.ts'
import { withDeadline } from '../../src/authorization-server/deadline.ts'
import { systemClock } from '../../src/lib/clock.ts'

/** Runs work with a deadline of 3 s. The test completes it with `finish`. */
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
  it('withDeadline rejects exactly when the timeout is over', async () => {
    const { clock, state } = setup()
    await clock.pass(2.999)
    expect(state.outcome).toBe('none')
    await clock.pass(0.001)
    expect(state).toEqual({ aborted: true, outcome: 'timed out after 3000 ms' })
    expect(clock.pending()).toBe(0)
  })

  it('withDeadline accepts a result after the event loop was blocked beyond the timeout', async () => {
    const { clock, state, finish } = setup()
    clock.suspend(3.2)
    await clock.pass(0)
    expect(state).toEqual({ aborted: false, outcome: 'none' })
    finish('a response that was in the socket')
    await settled()
    expect(state.outcome).toBe('a response that was in the socket')
    expect(clock.pending()).toBe(0)
  })

  it('withDeadline rejects half a second after the event loop was blocked beyond the timeout', async () => {
    const { clock, state } = setup()
    clock.suspend(60)
    await clock.pass(0.499)
    expect(state.outcome).toBe('none')
    await clock.pass(0.001)
    expect(state).toEqual({ aborted: true, outcome: 'timed out after 3000 ms' })
  })

  it('withDeadline rejects at once if it is closed after the event loop was blocked beyond the timeout', async () => {
    const { clock, closed, state } = setup()
    clock.suspend(3.2)
    await clock.pass(0)
    closed.abort()
    await settled()
    expect(state).toEqual({ aborted: true, outcome: 'closed before completion' })
    expect(clock.pending()).toBe(0)
  })

  it('withDeadline accepts responses of a real server after this process was blocked beyond the timeout', async () => {
    const server = closing(
      await listen(createServer((_request, response) => void response.end('a response'))),
    )
    const bounds = { clock: systemClock, timeout: 200, closed: new AbortController().signal }
    const responses = Array.from({ length: 6 }, () =>
      withDeadline(bounds, async (signal) => (await fetch(server.url, { signal })).text()),
    )
    // Gives the event loop time to send the requests.
    await settled()
    const end = performance.now() + 400
    while (performance.now() < end);
    expect(await Promise.all(responses)).toEqual(Array(6).fill('a response'))
  })
})
