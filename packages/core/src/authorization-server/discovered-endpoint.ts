import { runDetached } from '#async-context'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { Publish } from '../lib/publisher.ts'
import { toLoggedAddress } from './address.ts'
import { FetchError, type GetJson } from './bounded-fetch.ts'
import { type Bounds, withDeadline } from './deadline.ts'
import { describeFailure, UNEXPECTED } from './describe-failure.ts'
import type { DiscoveryFailedEvent, EndpointMovedEvent } from './discovery-events.ts'
import { discover, type Endpoint, metadataUrls } from './metadata.ts'
import { readRetryAfter, RequestedPause } from './retry-after.ts'
import { toTenantIssuer } from './tenants.ts'

/** Milliseconds after which the metadata is asked for again, to follow an endpoint that has moved. */
export const METADATA_AGE = 300_000

/**
 * Milliseconds for which callers join a search that runs, and for which those wait who know an endpoint that is
 * in doubt. A search that takes longer may hang.
 */
const JOINED_FOR = 500

/** Milliseconds for which an endpoint is not doubted again: what is not there for one request may be there for others. */
const DOUBTED_FOR = 5000

export interface DiscoveredEndpointOptions {
  /** As in the metadata: for an issuer of many tenants, with the placeholder in it. */
  readonly issuer: string
  readonly endpoint: Endpoint
  /** Take the endpoint for clients that authenticate with a certificate, where there is another (RFC 8705 section 5). */
  readonly byCertificate?: boolean
  readonly get: GetJson
  readonly isAcceptable: (url: string) => boolean
  /** Of one search, whoever waits for it. */
  readonly bounds: Bounds
  /** Left out: nobody is told. */
  readonly publish?: Publish<EndpointMovedEvent | DiscoveryFailedEvent>
  /** Called with each address that was found. */
  readonly onFound?: (address: string) => void
}

/** The event for each endpoint. The client has none: its requests show where they went. */
const MOVED_EVENT = {
  jwks_uri: 'keys_moved',
  introspection_endpoint: 'introspection_moved',
  token_endpoint: undefined,
} as const satisfies Record<Endpoint, EndpointMovedEvent['type'] | undefined>

/** An endpoint whose address an issuer publishes. */
export interface DiscoveredEndpoint {
  /**
   * Finds the address: at once where it is known. Rejects where nothing is known and nothing can be had: at once while the
   * metadata have asked for a pause (`Retry-After`), with what is left of it.
   */
  find(): MaybePromise<string>
  /** It was not there: the next `find` waits for the metadata, and takes it for known only where those cannot be had. */
  forget(): void
}

/**
 * Finds an endpoint by discovery. Once known, its address survives an outage of the metadata: it is sought again
 * beside the calls that need it and not before them, so that metadata which hang keep nobody waiting. Callers at
 * the same time share a search.
 */
export function discoveredEndpoint(options: DiscoveredEndpointOptions): DiscoveredEndpoint {
  const { issuer, endpoint, byCertificate = false, get, isAcceptable, bounds, publish } = options
  const { clock, closed } = bounds
  // An issuer of many tenants publishes its metadata under the name that stands for any of them.
  const allPlaces = metadataUrls(toTenantIssuer(issuer, 'organizations'))
  let known: string | undefined
  let begun = 0
  let newest = 0
  /** The number of searches that had begun when the endpoint was last found missing, as long as none of a later one has ended. */
  let doubt: number | undefined
  let doubtedAt = -Infinity
  let places = allPlaces
  let soughtAt = -Infinity
  let search: Promise<string> | undefined
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

  async function seek(): Promise<string> {
    soughtAt = clock.monotonic()
    const number = ++begun
    try {
      const metadata = await withDeadline(bounds, (signal) =>
        discover(issuer, places, {
          endpoint,
          get: async (url) => (await get(url, signal)).document,
          isAcceptable,
        }),
      )
      // A later search has been faster, and knows better.
      if (number < newest && known !== undefined) return known
      newest = number
      pause.end()
      const found = (byCertificate ? metadata.mtlsEndpoint : undefined) ?? metadata.endpoint
      if (known !== undefined && known !== found) publishMoved(known, found)
      options.onFound?.(found)
      known = found
      places = [metadata.url]
    } catch (error) {
      lastError = error
      pause.request(readRetryAfter(error, clock.now()), clock.monotonic())
      if (known === undefined) throw error
      if (!closed.aborted) publishFailed(error)
      places = allPlaces
    }
    if (doubt !== undefined && number > doubt) doubt = undefined
    return known
  }

  function join(): Promise<string> {
    if (search === undefined || clock.monotonic() - soughtAt >= JOINED_FOR) {
      const own = runDetached(seek).finally(() => {
        if (search === own) search = undefined
      })
      search = own
    }
    return search
  }

  /** Waits for the metadata, but not for long where they may hang: the endpoint may be there for others. */
  function joinBriefly(doubted: string): Promise<string> {
    let cancel = () => {}
    const enough = new Promise<string>((resolve) => {
      cancel = clock.after(JOINED_FOR, () => resolve(known ?? doubted))
    })
    return Promise.race([join(), enough]).finally(cancel)
  }

  return {
    find() {
      const now = clock.monotonic()
      if (now < pause.until) return known ?? Promise.reject(inPause(lastError, pause.until - now))
      if (known === undefined) return join()
      if (doubt !== undefined) return joinBriefly(known)
      if (now - soughtAt >= METADATA_AGE) void join()
      return known
    },
    forget() {
      const now = clock.monotonic()
      if (now - doubtedAt < DOUBTED_FOR) return
      doubtedAt = now
      doubt = begun
    },
  }
}

/** The answer from before, with the milliseconds that are left of the pause: those who heed it wait no longer. */
function inPause(error: unknown, left: number): unknown {
  if (!(error instanceof FetchError)) return error
  const { failure, message, status } = error
  return new FetchError(failure, message, { status, retryAfter: String(Math.ceil(left / 1000)) })
}
