import { type Clock, getLostAfter, onAbort } from '@bearward/core/internal'

/** Maximum number of concurrent token requests of one source. */
export const REQUESTS_AT_ONCE = 10

/** Queue of the token requests of one source. */
export interface RequestQueue {
  /**
   * Resolves when the request may start. Abort `signal` when the request has ended: then the place of the request is free
   * again.
   */
  waitForTurn(signal: AbortSignal): Promise<void>
}

/**
 * Creates a queue. Requests run one at a time while `isProbing` returns `true`. `timeout` is the maximum duration of a request,
 * in seconds.
 */
export function createRequestQueue(
  isProbing: () => boolean,
  clock: Pick<Clock, 'monotonic'>,
  timeout: number,
): RequestQueue {
  /** Running and waiting requests, in order of arrival. */
  const queue = new Map<AbortSignal, { readonly start: () => void; readonly lostAt: number }>()

  function startNext(): void {
    const now = clock.monotonic()
    let places = isProbing() ? 1 : REQUESTS_AT_ONCE
    for (const [signal, { start, lostAt }] of queue) {
      if (lostAt <= now) queue.delete(signal)
      else if (places-- === 0) return
      else start()
    }
  }

  return {
    async waitForTurn(signal) {
      signal.throwIfAborted()
      onAbort(signal, () => {
        queue.delete(signal)
        startNext()
      })
      await new Promise<void>((resolve) => {
        const lostAt = clock.monotonic() + getLostAfter(timeout * 1000)
        queue.set(signal, { start: resolve, lostAt })
        startNext()
      })
      signal.throwIfAborted()
    },
  }
}
