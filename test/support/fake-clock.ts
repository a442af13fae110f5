import type { Clock } from '@bearward/core'

/** Time that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /** Seconds since the epoch. */
  seconds(): number
  /** Lets time pass, for both clocks: each timer that comes due is called at its own time, in order. */
  advance(seconds: number): void
  /** The same, and lets whatever each timer has set off come to rest before time goes on. */
  pass(seconds: number): Promise<void>
  /** Sets the wall clock alone, as an adjustment of the system time does. */
  jump(seconds: number): void
  /** Lets time pass without calling any timer, as a process that is suspended sees it. */
  suspend(seconds: number): void
  /** How many timers are waiting. */
  pending(): number
}

interface Timer {
  readonly at: number
  readonly callback: () => void
}

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

/** Resolves when all that can go on without time or network has gone on. */
export async function settled(): Promise<void> {
  // One turn of the event loop runs every microtask; a few make sure of chains through streams.
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve))
}
