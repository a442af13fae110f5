/** Milliseconds after which work is not waited for. It is the longest time for which Cloudflare Workers keeps work alive. */
const LONGEST = 30_000

/** Work in the background, and the time when it started. */
const inBackground = new Map<Promise<unknown>, number>()

/**
 * `true`: the runtime cancels the calls and timers of a request when the request ends, unless they are kept alive. Cloudflare
 * Workers does. Work is therefore started by requests, and not by timers. The work of another request may never be settled: see
 * `joinWork`.
 */
export const WORK_ENDS_WITH_REQUEST = true

/** Calls `work`. Replacement for runtimes without an async context. */
export function runDetached<T>(work: () => T): T {
  return work()
}

/** Records work that no request waits for, so that it can be kept alive. It must never reject. */
export function keepInBackground(work: Promise<unknown> | undefined): void {
  if (work === undefined) return
  const oldest = Date.now() - LONGEST
  for (const [other, startedAt] of inBackground) {
    // Work of a request that was cancelled is never settled.
    if (startedAt > oldest) break
    inBackground.delete(other)
  }
  inBackground.set(work, Date.now())
  const forget = () => inBackground.delete(work)
  work.then(forget, forget)
}

/**
 * Returns a promise that is fulfilled when the work in the background, and the work that it starts, has ended. Returns `undefined` if
 * there is none.
 */
export function getBackgroundWork(): Promise<void> | undefined {
  return inBackground.size === 0 ? undefined : waitForAll()
}

async function waitForAll(): Promise<void> {
  await Promise.allSettled(inBackground.keys())
  await Promise.allSettled(inBackground.keys())
}
