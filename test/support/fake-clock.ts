import type { Clock } from '@bearward/core'

/** Wall clock and monotonic clock that change only if a test changes them. */
export interface FakeClock extends Clock {
  /** Returns the wall clock in seconds since the epoch. */
  seconds(): number
  /** Advances both clocks. Each timer that is due is called in order, with the clocks at its time. */
  advance(seconds: number): void
  /** Advances both clocks like `advance`, and waits after each timer until its promises have settled. */
  pass(seconds: number): Promise<void>
  /** Advances only the wall clock, like an adjustment of the system time. */
  jump(seconds: number): void
  /** Advances both clocks and calls no timer, like a process that was suspended. */
  suspend(seconds: number): void
  /** Returns the number of waiting timers. */
  pending(): number
}

interface Timer {
  readonly at: number
  readonly callback: () => void
}

/** Creates a fake clock. `startSeconds` is the wall clock at the start, in seconds since the epoch. */
export function fakeClock(startSeconds = 1_900_000_000): FakeClock {
  let wall = startSeconds * 1000
  let monotonic = 0
  const timers = new Set<Timer>()

  function nextBefore(end: number): Timer | undefined {
    const due = [...timers].filter((timer) => timer.at <= end)
    return due.sort((a, b) => a.at - b.at)[0]
  }
  function moveTo(time: number): void {
    wall += time - monotonic
    monotonic = time
  }
  function fire(timer: Timer): void {
    timers.delete(timer)
    moveTo(Math.max(monotonic, timer.at))
    timer.callback()
  }

  return {
    now: () => wall,
    monotonic: () => monotonic,
    seconds: () => wall / 1000,
    after(milliseconds, callback) {
      const timer = { at: monotonic + milliseconds, callback }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    advance(seconds) {
      const end = monotonic + seconds * 1000
      for (let timer = nextBefore(end); timer; timer = nextBefore(end)) fire(timer)
      moveTo(end)
    },
    async pass(seconds) {
      const end = monotonic + seconds * 1000
      for (let timer = nextBefore(end); timer; timer = nextBefore(end)) {
        fire(timer)
        await settled()
      }
      moveTo(end)
      await settled()
    },
    jump(seconds) {
      wall += seconds * 1000
    },
    suspend: (seconds) => moveTo(monotonic + seconds * 1000),
    pending: () => timers.size,
  }
}

/** Resolves when all promises that need neither a timer nor the network have settled. */
export async function settled(): Promise<void> {
  // One turn of the event loop runs all microtasks. Chains through streams need a few turns.
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve))
}
