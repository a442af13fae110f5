import { fetch } from '#fetch'
import type { Fetch } from '../model/fetch.ts'

/** The default of the option `fetch`: see `node-fetch.ts` for Node, and `portable-fetch.ts` for other runtimes. */
export const defaultFetch: Fetch = fetch
