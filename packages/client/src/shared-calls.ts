import {
  type Clock,
  getLostAfter,
  getMoment,
  joinOrRestart,
  type Moment,
  onAbort,
  runDetached,
  secondsBetween,
} from '@bearward/core/internal'

/** Calls of one function. At most one call runs at a time, and all its callers share the result. */
export interface SharedCalls<T> {
  /**
   * Returns a function that waits for the running call, or `undefined` if no call is running. A call that the runtime has
   * cancelled is ignored.
   */
  getRunning(): WaitForCall<T> | undefined
  /**
   * Starts a call, and returns a function that waits for it. No other call may be running. The work starts in a later microtask.
   */
  start(): WaitForCall<T>
}

/** Waits for the result of a call. `signal` ends only the wait of this caller. */
export type WaitForCall<T> = (signal: AbortSignal | undefined) => Promise<T>

/** Functions for the work of a call. */
export interface CallContext {
  /**
   * Returns whether a caller waits. Sometimes a call runs although no caller waits, for example during a renewal before the expiry.
   */
  readonly isAwaited: () => boolean
  /**
   * Waits for a number of seconds, and then resolves to `false`. Resolves early to `true` if no caller waits any longer, and to
   * `false` if `closed` is aborted.
   */
  readonly sleep: (seconds: number) => Promise<boolean>
}

/** Options for `createSharedCalls`. */
export interface SharedCallsOptions<T> {
  /** Returns the result of a call. */
  readonly work: (context: CallContext) => Promise<T>
  /**
   * Called if a call is lost, because the runtime has cancelled it. Returns the result if it is known without a call. Otherwise
   * starts a call and returns `undefined`, or throws.
   */
  readonly restart: () => T | undefined
  readonly clock: Clock
  /** Maximum duration of a call, in seconds. */
  readonly timeout: number
  readonly closed: AbortSignal
}

/** The result of a call. An error is stored as a value, because a rejection means that the runtime has cancelled the call. */
type SettledCall<T> = { readonly value: T } | { readonly error: unknown }

interface CallState<T> {
  readonly result: Promise<SettledCall<T>>
  readonly startedAt: Moment
  /** Number of waiting callers. */
  waiting: number
  /** Ends `sleep`. Set only during `sleep`. Called when no caller waits any longer. */
  abandon?: (() => void) | undefined
}

/**
 * Creates shared calls. Cloudflare Workers cancels the work of a request that has ended. If other requests wait for a cancelled
 * call, one of these requests starts another call.
 */
export function createSharedCalls<T>({
  work,
  restart,
  clock,
  timeout,
  closed,
}: SharedCallsOptions<T>): SharedCalls<T> {
  const lostAfter = getLostAfter(timeout * 1000)
  let running: CallState<T> | undefined

  function end(call: CallState<T>): void {
    if (running === call) running = undefined
  }

  function createContext(call: CallState<T>): CallContext {
    return {
      isAwaited: () => call.waiting > 0,
      sleep: (seconds) =>
        new Promise((resolve) => {
          const wake = (isAbandoned: boolean) => {
            cancel()
            stopListening()
            call.abandon = undefined
            resolve(isAbandoned)
          }
          const cancel = clock.after(seconds * 1000, () => wake(false))
          const stopListening = onAbort(closed, () => wake(false))
          call.abandon = () => wake(true)
        }),
    }
  }

  /** Waits for a call that another caller has started. */
  function follow(call: CallState<T>): Promise<SettledCall<T>> {
    return joinOrRestart(call.result, clock, lostAfter, () => replace(call))
  }

  /** Starts a call in place of a lost call, unless another caller has already started one. */
  async function replace(lost: CallState<T>): Promise<SettledCall<T>> {
    if (running !== undefined && running !== lost) return follow(running)
    end(lost)
    try {
      const value = restart()
      return value === undefined ? await running!.result : { value }
    } catch (error) {
      return { error }
    }
  }

  async function join(
    call: CallState<T>,
    result: Promise<SettledCall<T>>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    call.waiting++
    try {
      const settled = await unlessAborted(result, signal)
      if ('error' in settled) throw settled.error
      return settled.value
    } finally {
      call.waiting--
      if (call.waiting === 0) call.abandon?.()
    }
  }

  return {
    getRunning() {
      const call = running
      if (call === undefined) return undefined
      if (secondsBetween(call.startedAt, getMoment(clock)) > lostAfter / 1000) {
        running = undefined
        return undefined
      }
      return (signal) => join(call, follow(call), signal)
    },

    start() {
      // `work` starts in a later microtask, after `call` is assigned.
      const result = runDetached(() =>
        Promise.resolve()
          .then(() => work(createContext(call)))
          .then(
            (value) => ({ value }),
            (error: unknown) => ({ error }),
          )
          .finally(() => end(call)),
      )
      const call: CallState<T> = { result, startedAt: getMoment(clock), waiting: 0 }
      running = call
      // While this caller waits, its request has not ended, so the runtime does not cancel this call.
      return (signal) => join(call, result, signal)
    },
  }
}

/** Settles like the promise. Rejects with the reason of the signal if the signal is aborted first. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  let stopListening = () => {}
  const aborted = new Promise<never>((_, reject) => {
    stopListening = onAbort(signal, () => reject(signal.reason as Error))
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    stopListening()
  }
}
