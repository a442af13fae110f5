import { fetch } from '#fetch'
import type { Fetch } from '../model/fetch.ts'

/** The default of the option `fetch`: see `node-fetch.ts`. Other packages import it from here. */
export const defaultFetch: Fetch = fetch
