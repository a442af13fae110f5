/**
 * Maximum age of background work in milliseconds. When new work is recorded, older work is forgotten. Cloudflare Workers never
 * keeps work alive for longer.
 */
const LONGEST = 30_000

/** Work in the background, and the time when it started. */
const inBackground = new Map<Promise<unknown>, number>()

/**
 * `true`: the runtime cancels the calls and timers of a request when the request ends, unless they are kept alive. Cloudflare
 * Workers is such a runtime. So work is started by requests, and not by timers. The promise of work that another request has
 * started may never settle: see `joinWork`.
 */
export const WORK_ENDS_WITH_REQUEST = true

/** Calls `work`. Replaces the function in `node-async-context.ts` in runtimes without an async context. */
export function runDetached<T>(work: () => T): T {
  return work()
}

/** Records work that no request waits for, so that the runtime can keep it alive. `work` must never reject. */
export function keepInBackground(work: Promise<unknown> | undefined): void {
  if (work === undefined) return
  const oldest = Date.now() - LONGEST
  for (const [other, startedAt] of inBackground) {
    // The promise of cancelled work may never settle.
    if (startedAt > oldest) break
    inBackground.delete(other)
  }
  inBackground.set(work, Date.now())
  const forget = () => inBackground.delete(work)
  work.then(forget, forget)
}

/**
 * Returns a promise that is fulfilled when the work in the background, and the work that it starts, has ended. Returns `undefined`
 * if there is no such work.
 */
export function getBackgroundWork(): Promise<void> | undefined {
  return inBackground.size === 0 ? undefined : waitForAll()
}

async function waitForAll(): Promise<void> {
  await Promise.allSettled(inBackground.keys())
  await Promise.allSettled(inBackground.keys())
}
