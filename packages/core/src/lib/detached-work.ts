import { getDetachedWork as get } from '#async-context'

/**
 * Returns a promise that is fulfilled when the work that the library does in the background has ended, such as a refresh of keys.
 * Returns `undefined` if there is none, or if the runtime does not need to keep it alive. Cloudflare Workers does: an adapter passes
 * the promise to `waitUntil`.
 *
 * @example
 * const work = getDetachedWork()
 * if (work !== undefined) context.waitUntil(work)
 */
export const getDetachedWork: () => Promise<void> | undefined = get
