import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { closing } from '../../../../test/support/closing.ts'
import { fakeClock, settled } from '../../../../test/support/fake-clock.ts'
import { listen } from '../../../../test/support/servers.ts'
import { withDeadline } from '../../src/authorization-server/deadline.ts'
import { type Clock, systemClock } from '../../src/lib/clock.ts'

/** Runs work with a deadline of 3 s. The test completes the work with `finish`. */
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

  it('withDeadline rejects immediately if the signal closed is aborted after the event loop was blocked beyond the timeout', async () => {
    const { clock, closed, state } = setup()
    clock.suspend(3.2)
    await clock.pass(0)
    closed.abort()
    await settled()
    expect(state).toEqual({ aborted: true, outcome: 'closed before completion' })
    expect(clock.pending()).toBe(0)
  })

  it('withDeadline accepts responses of a real server that arrive while this process is blocked beyond the timeout', async () => {
    const { clock, block, timers } = createBlockedClock()
    const held: ServerResponse[] = []
    const server = closing(
      await listen((_request, response) => {
        if (held.push(response) < 6) return
        // All responses are in the sockets before this process is blocked. No response has been read.
        for (const each of held) each.end('a response')
        block(400)
      }),
    )
    const bounds = { clock, timeout: 200, closed: new AbortController().signal }
    const responses = Array.from({ length: 6 }, () =>
      withDeadline(bounds, async (signal) => (await fetch(server.url, { signal })).text()),
    )
    expect(await Promise.all(responses)).toEqual(Array(6).fill('a response'))
    // Each deadline started a second timer: its first timer was called late, before the response was read.
    expect(timers).toEqual({ started: 12, waiting: new Map() })
  })
})

/**
 * Returns a clock that advances only while `block` blocks this process, so the speed of the machine has no effect.
 * `block` starts the waiting timers as real timers. Timers that are started later are never called.
 */
function createBlockedClock() {
  const timers = { started: 0, waiting: new Map<() => void, number>() }
  let elapsed = 0
  const clock: Clock = {
    now: () => systemClock.now(),
    monotonic: () => elapsed,
    after(milliseconds, callback) {
      const timer = () => {
        if (timers.waiting.delete(timer)) callback()
      }
      timers.waiting.set(timer, milliseconds)
      timers.started += 1
      return () => void timers.waiting.delete(timer)
    },
  }
  function block(milliseconds: number): void {
    const start = systemClock.monotonic()
    for (const [timer, delay] of timers.waiting) systemClock.after(delay, timer)
    while (elapsed < milliseconds) elapsed = systemClock.monotonic() - start
  }
  return { clock, block, timers }
}
