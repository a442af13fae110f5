import { hasSubscribers } from 'node:diagnostics_channel'
import type { Fetch } from '../model/fetch.ts'
import { httpFetch } from './node-http-fetch.ts'

/** Beginning of the source text of the global `fetch` of Node, which loads undici at its first call. */
const FETCH_OF_NODE =
  /^function fetch\(input, init = undefined\) \{[^}]*require\('internal\/deps\/undici\/undici'\)/

/**
 * Makes a GET request with `httpFetch`, which starts faster than the global `fetch` of Node. Keys and metadata are fetched in
 * this way. POST requests introspect tokens, or request tokens. They use the global `fetch`, which keeps connections open.
 *
 * Every call uses the global `fetch` if the application has used, replaced, configured or observed it. The proxy, the mock or
 * the tracing of the application then applies to these calls, too. Decides at each call, because instrumentation can be
 * installed later.
 */
export const fetch: Fetch = (url, init) =>
  init.method === 'GET' && isUntouched() ? httpFetch(url, init) : globalThis.fetch(url, init)

/** Returns whether the global `fetch` is that of Node, and the application neither uses nor observes it. */
function isUntouched(): boolean {
  const { fetch: current } = globalThis
  return (
    typeof current === 'function' &&
    // In Jest, the global `fetch` belongs to another JavaScript realm. The global dispatcher of that realm is not visible here.
    Object.getPrototypeOf(current) === Function.prototype &&
    FETCH_OF_NODE.test(Function.prototype.toString.call(current)) &&
    !hasGlobalDispatcher() &&
    !hasSubscribers('undici:request:create')
  )
}

/** Returns whether undici is loaded. It then has a global dispatcher, which can be a proxy or a mock. */
function hasGlobalDispatcher(): boolean {
  return Object.getOwnPropertySymbols(globalThis).some((symbol) =>
    symbol.description?.startsWith('undici.globalDispatcher.'),
  )
}
