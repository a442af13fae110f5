/** Milliseconds for which work is waited for. It is the longest time for which Cloudflare Workers keeps work alive. */
const LONGEST = 30_000

/** Work that is running, and the time when it started. */
const running = new Map<Promise<unknown>, number>()

/**
 * `true`: the runtime cancels the calls and timers of a request when the request ends, unless they are kept alive. Cloudflare
 * Workers does. Work is therefore started by requests, and not by timers. The work of another request may never be settled: see
 * `joinWork`.
 */
export const WORK_ENDS_WITH_REQUEST = true

/** Calls `work`. If it returns a promise, `getDetachedWork` waits for it. */
export function runDetached<T>(work: () => T): T {
  const result = work()
  if (!(result instanceof Promise)) return result
  running.set(result, Date.now())
  const forget = () => running.delete(result)
  result.then(forget, forget)
  return result
}

/**
 * Returns a promise that is fulfilled when the work that runs now, and the work that it starts, has ended. Returns `undefined` if
 * none is running.
 */
export function getDetachedWork(): Promise<void> | undefined {
  const oldest = Date.now() - LONGEST
  // Work of a request that was cancelled is never settled.
  for (const [work, startedAt] of running) if (startedAt < oldest) running.delete(work)
  return running.size === 0 ? undefined : waitForRunning()
}

async function waitForRunning(): Promise<void> {
  await Promise.allSettled(running.keys())
  await Promise.allSettled(running.keys())
}
