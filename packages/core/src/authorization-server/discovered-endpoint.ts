import { keepInBackground, runDetached } from '#async-context'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { getLostAfter, joinOrRestart } from '../lib/shared-work.ts'
import { withTimeLimit } from '../lib/with-time-limit.ts'
import type { Publish } from '../lib/publisher.ts'
import { toLoggedAddress } from './address.ts'
import { FetchError, type GetJson } from './bounded-fetch.ts'
import { type Bounds, withDeadline } from './deadline.ts'
import { describeFailure, UNEXPECTED } from './describe-failure.ts'
import type { DiscoveryFailedEvent, EndpointMovedEvent } from './discovery-events.ts'
import { discover, type Endpoint, metadataUrls } from './metadata.ts'
import { readRetryAfter, RequestedPause } from './retry-after.ts'
import { toTenantIssuer } from './tenants.ts'

/** Milliseconds after which the metadata is fetched again, because the address of an endpoint can change. */
export const METADATA_AGE = 300_000

/**
 * Milliseconds for which callers join a running search. A longer search probably hangs, so later callers start another search.
 * After `forget`, `find` waits at most this long for new metadata.
 */
const JOIN_WINDOW = 500

/**
 * Minimum milliseconds between two effective calls of `forget`. A 404 for one request does not prove that the endpoint has
 * moved.
 */
const FORGET_INTERVAL = 5000

/** Options for `createDiscoveredEndpoint`. */
export interface DiscoveredEndpointOptions {
  /** Issuer as in the metadata. The issuer of a multi-tenant server contains the tenant placeholder. */
  readonly issuer: string
  readonly endpoint: Endpoint
  /**
   * Uses the endpoint for clients that authenticate with a certificate (RFC 8705 section 5), if the metadata contains this endpoint.
   *
   * @default false
   */
  readonly byCertificate?: boolean
  readonly get: GetJson
  readonly isAcceptable: (url: string) => boolean
  /** Limits of one search. All callers that wait for the search share these limits. */
  readonly bounds: Bounds
  /** Publishes events. If it is omitted, no events are published. */
  readonly publish?: Publish<EndpointMovedEvent | DiscoveryFailedEvent>
  /** Called with each address that is found. */
  readonly onFound?: (address: string) => void
}

/** Type of the event for a new address of each endpoint. `@bearward/client`, which uses the token endpoint, has no such event. */
const MOVED_EVENT = {
  jwks_uri: 'keys_moved',
  introspection_endpoint: 'introspection_moved',
  token_endpoint: undefined,
} as const satisfies Record<Endpoint, EndpointMovedEvent['type'] | undefined>

/**
 * The result of a search. A failed search resolves with its error and does not reject, because `joinOrRestart` treats a rejection
 * as work that the runtime has cancelled.
 */
type SearchResult = { readonly found: string } | { readonly error: unknown }

/** Endpoint whose address is in the metadata of an issuer. */
export interface DiscoveredEndpoint {
  /**
   * Returns the address, synchronously if it is known. Rejects if no address is known and discovery fails. If no address is
   * known during a pause (`Retry-After`), rejects immediately, and the error contains the remaining time.
   */
  find(): MaybePromise<string>
  /**
   * Reports that the endpoint does not exist at the known address. The next `find` waits up to 500 ms for new metadata. If the
   * metadata is unavailable, `find` returns the known address. Calls within 5 seconds after an effective call are ignored.
   */
  forget(): void
}

/**
 * Creates an endpoint that is found by discovery. A known address stays in use if the metadata is unavailable. The
 * address is refreshed in the background, so that a slow metadata server does not delay requests. Concurrent callers share one
 * search.
 */
export function createDiscoveredEndpoint(options: DiscoveredEndpointOptions): DiscoveredEndpoint {
  const { issuer, endpoint, byCertificate = false, get, isAcceptable, bounds, publish } = options
  const { clock, closed } = bounds
  // A multi-tenant server publishes the metadata of all tenants under the tenant name `organizations`.
  const allUrls = metadataUrls(toTenantIssuer(issuer, 'organizations'))
  let known: string | undefined
  let searchCount = 0
  let newestResult = 0
  /**
   * Value of `searchCount` at the last `forget`. Is set to `undefined` when a search that started after this `forget` has ended.
   */
  let forgottenAfter: number | undefined
  let forgottenAt = -Infinity
  let urls = allUrls
  let searchedAt = -Infinity
  let running: Promise<SearchResult> | undefined
  const pause = new RequestedPause()
  let lastError: unknown

  function publishMoved(from: string, to: string): void {
    const type = MOVED_EVENT[endpoint]
    if (type !== undefined)
      publish?.(type, () => ({ issuer, from: toLoggedAddress(from), to: toLoggedAddress(to) }))
  }

  function publishFailed(error: unknown): void {
    const failure = describeFailure<'jwks_uri' | 'introspection_endpoint'>(error) ?? UNEXPECTED
    publish?.('discovery_failed', () => ({ issuer, ...failure }))
  }

  async function search(): Promise<SearchResult> {
    searchedAt = clock.monotonic()
    const number = ++searchCount
    try {
      const metadata = await withDeadline(bounds, (signal) =>
        discover(issuer, urls, {
          endpoint,
          get: async (url) => (await get(url, signal)).document,
          isAcceptable,
        }),
      )
      // A search that started later has already ended: its result is newer.
      if (number < newestResult && known !== undefined) return { found: known }
      newestResult = number
      pause.end()
      const found = (byCertificate ? metadata.mtlsEndpoint : undefined) ?? metadata.endpoint
      if (known !== undefined && known !== found) publishMoved(known, found)
      options.onFound?.(found)
      known = found
      urls = [metadata.url]
    } catch (error) {
      lastError = error
      pause.request(readRetryAfter(error, clock.now()), clock.monotonic())
      if (known === undefined) return { error }
      if (!closed.aborted) publishFailed(error)
      urls = allUrls
    }
    if (forgottenAfter !== undefined && number > forgottenAfter) forgottenAfter = undefined
    return { found: known }
  }

  function start(): Promise<SearchResult> {
    const own = runDetached(search).finally(() => {
      if (running === own) running = undefined
    })
    running = own
    return own
  }

  /** Waits for a search of another request. If the runtime has cancelled that search, starts a new one or joins a newer one. */
  function follow(joined: Promise<SearchResult>): Promise<SearchResult> {
    return joinOrRestart(joined, clock, getLostAfter(bounds.timeout), () =>
      running === joined || running === undefined ? start() : follow(running),
    )
  }

  /** Joins the running search if it began less than 500 ms ago. Otherwise, starts a new search. */
  async function join(): Promise<string> {
    const joined = clock.monotonic() - searchedAt < JOIN_WINDOW ? running : undefined
    const result = await (joined === undefined ? start() : follow(joined))
    if ('error' in result) throw result.error
    return result.found
  }

  /** Waits for new metadata for at most 500 ms. Then returns the known address, which may still work for other requests. */
  function joinBriefly(current: string): Promise<string> {
    return withTimeLimit(join(), JOIN_WINDOW, clock, () => known ?? current)
  }

  return {
    find() {
      const now = clock.monotonic()
      if (now < pause.until)
        return known ?? Promise.reject(toPauseError(lastError, pause.until - now))
      if (known === undefined) return join()
      if (forgottenAfter !== undefined) return joinBriefly(known)
      if (now - searchedAt >= METADATA_AGE) keepInBackground(start())
      return known
    },
    forget() {
      const now = clock.monotonic()
      if (now - forgottenAt < FORGET_INTERVAL) return
      forgottenAt = now
      forgottenAfter = searchCount
    },
  }
}

/** Returns the error of the last search. Its `Retry-After` is the remaining pause. `left` is that pause in milliseconds. */
function toPauseError(error: unknown, left: number): unknown {
  if (!(error instanceof FetchError)) return error
  const { failure, message, status } = error
  return new FetchError(failure, message, { status, retryAfter: String(Math.ceil(left / 1000)) })
}
