import { onAbort } from '@bearward/core/internal'

/** Maximum number of concurrent token requests of one source. */
export const REQUESTS_AT_ONCE = 10

/** Queue of the token requests of one source. */
export interface RequestQueue {
  /** Resolves when the request may start. Its place in the queue is free again when `signal` is aborted. */
  waitForTurn(signal: AbortSignal): Promise<void>
}

/** Creates a queue. Requests run one at a time while `isProbing` returns `true`. */
export function createRequestQueue(isProbing: () => boolean): RequestQueue {
  /** Running and waiting requests, in order of arrival. */
  const queue = new Map<AbortSignal, () => void>()

  function startNext(): void {
    let places = isProbing() ? 1 : REQUESTS_AT_ONCE
    for (const start of queue.values()) {
      if (places-- === 0) return
      start()
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
        queue.set(signal, resolve)
        startNext()
      })
      signal.throwIfAborted()
    },
  }
}
