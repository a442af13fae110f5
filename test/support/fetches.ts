import type { Fetch } from '@bearward/core'
import { httpFetch } from '../../packages/core/src/authorization-server/node-http-fetch.ts'

/** The global `fetch`, read at each call. */
export const globalFetch: Fetch = (url, init) => globalThis.fetch(url, init)

/** The default of the option `fetch` is one of these functions. They must behave in the same way. */
export const FETCHES: readonly (readonly [name: string, fetch: Fetch])[] = [
  ['httpFetch', httpFetch],
  ['the global fetch', globalFetch],
]
