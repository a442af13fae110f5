import type { Clock } from '../lib/clock.ts'
import { FetchError } from './bounded-fetch.ts'

/** Milliseconds by which a timer may be late. One that is later was held up by this process, not by the server. */
const LATE = 100
/** Milliseconds that a server then still has: what it has answered may lie in the socket. */
const GRACE = 500

/** The bounds of outgoing work. */
export interface Bounds {
  readonly clock: Clock
  /** Milliseconds for all of the work together. */
  readonly timeout: number
  /** Ends the work early. */
  readonly closed: AbortSignal
}

/**
 * Runs work under one deadline: its signal is aborted, and the promise rejects with a `FetchError`, when
 * the time is up or `closed` is aborted, also where the work does not listen to the signal. Time in which this process
 * has stood still does not count.
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
  const close = () => stop('closed', 'closed meanwhile')
  const cancel = afterTime(clock, timeout, () => stop('timeout', `not done within ${timeout} ms`))
  const forget = onAbort(closed, close)
  try {
    if (closed.aborted) close()
    return await Promise.race([interrupted, work(abort.signal)])
  } finally {
    cancel()
    forget()
    // Lets go of a connection whose answer was not read to its end.
    abort.abort(new FetchError('closed', 'the exchange is over'))
  }
}

/**
 * Calls back when a time is over. Where the event loop was blocked, or the machine suspended, answers that have come in
 * the meantime are read first. Returns what prevents it.
 */
function afterTime(clock: Clock, milliseconds: number, callback: () => void): () => void {
  const due = clock.monotonic() + milliseconds
  let cancel = clock.after(milliseconds, () => {
    if (clock.monotonic() - due > LATE) cancel = clock.after(GRACE, callback)
    else callback()
  })
  return () => cancel()
}

const waiting = new WeakMap<AbortSignal, Set<() => void>>()

/** Calls back when a signal is aborted; returns what prevents it. A signal that is aborted already does not. */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  let callbacks = waiting.get(signal)
  if (callbacks === undefined) {
    callbacks = new Set()
    waiting.set(signal, callbacks)
    // One listener for all: a signal warns of a leak where many calls at once have one each.
    const all = callbacks
    signal.addEventListener('abort', () => {
      for (const each of all) each()
    })
  }
  callbacks.add(callback)
  return () => void callbacks.delete(callback)
}
