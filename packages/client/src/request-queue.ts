import { onAbort } from '@bearward/core/internal'

/** Maximum number of concurrent token requests of one source. */
export const REQUESTS_AT_ONCE = 10

/** Queue of the token requests of one source. */
export interface RequestQueue {
  /** Resolves when the number of running requests allows another one. Aborting `signal` frees the place. */
  waitForTurn(signal: AbortSignal): Promise<void>
}

/** Creates a queue. While `isProbing` returns `true`, requests run one at a time. */
export function createRequestQueue(isProbing: () => boolean): RequestQueue {
  /** Requests that run or wait, in order of arrival. */
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
