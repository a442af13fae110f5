import { afterTime, type Lateness } from '../lib/after-time.ts'
import type { Clock } from '../lib/clock.ts'
import { getLostAfter } from '../lib/shared-work.ts'
import { FetchError } from './bounded-fetch.ts'

/** Limits for a process that was blocked: the work gets 500 ms more, to read a response that has already arrived. */
const LATENESS: Lateness = { late: 100, grace: 500 }

/** Clock, timeout and abort signal for outgoing work. */
export interface Bounds {
  readonly clock: Clock
  /** Milliseconds for the whole work. */
  readonly timeout: number
  /** Ends the work early. */
  readonly closed: AbortSignal
}

/**
 * Runs work with a deadline. When the time is over or `closed` is aborted, aborts the signal of the work. Then rejects with
 * a `FetchError`, even if the work ignores the signal. If this process was blocked, the work gets 500 ms more. The signal is
 * also aborted when the work has ended.
 */
export async function withDeadline<T>(
  { clock, timeout, closed }: Bounds,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const abort = new AbortController()
  const interrupted = new Promise<never>((_, reject) => {
    abort.signal.addEventListener('abort', () => reject(abort.signal.reason as Error))
  })
  const stop = (failure: 'timeout' | 'closed', detail: string) =>
    abort.abort(new FetchError(failure, detail))
  const close = () => stop('closed', 'closed before completion')
  const cancel = afterTime(clock, timeout, LATENESS, () =>
    stop('timeout', `timed out after ${timeout} ms`),
  )
  const stopListening = onAbort(closed, close)
  try {
    if (closed.aborted) close()
    return await Promise.race([interrupted, work(abort.signal)])
  } finally {
    cancel()
    stopListening()
    // Frees the connection of a response that was not read to its end.
    abort.abort(new FetchError('closed', 'the work has ended'))
  }
}

const callbacksOfSignals = new WeakMap<AbortSignal, Map<() => void, number>>()

/**
 * Milliseconds after which a callback is removed. No work takes longer, so the runtime has cancelled the work that added the
 * callback: see `getLostAfter`.
 */
const FORGOTTEN_AFTER = getLostAfter(600_000)

/**
 * Calls `callback` when a signal is aborted, but never for a signal that is already aborted. Returns a function that removes
 * `callback`.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  let callbacks = callbacksOfSignals.get(signal)
  if (callbacks === undefined) {
    callbacks = new Map()
    callbacksOfSignals.set(signal, callbacks)
    // One listener calls all callbacks, because Node warns of a memory leak if a signal has many listeners.
    const all = callbacks
    signal.addEventListener('abort', () => {
      for (const each of all.keys()) each()
    })
  }
  const now = Date.now()
  for (const [other, addedAt] of callbacks) {
    if (now - addedAt < FORGOTTEN_AFTER) break
    callbacks.delete(other)
  }
  callbacks.set(callback, now)
  return () => void callbacks.delete(callback)
}
