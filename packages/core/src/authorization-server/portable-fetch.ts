import type { Fetch } from '../model/fetch.ts'

/** Calls the global `fetch`. Reads it at each call, because instrumentation can replace it later. */
export const fetch: Fetch = (url, init) => globalThis.fetch(url, init)
