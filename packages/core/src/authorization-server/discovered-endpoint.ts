import type { Clock } from '../clock.ts'
import type { GetJson } from './bounded-fetch.ts'
import { discover, type Endpoint, type Metadata, metadataUrls } from './metadata.ts'
import { issuerOfTenant } from './tenants.ts'

/** Milliseconds after which the metadata is asked for again, to follow an endpoint that has moved. */
export const METADATA_AGE = 300_000

export interface DiscoveredEndpointOptions {
  /** As in the metadata: for an issuer of many tenants, with the placeholder in it. */
  readonly issuer: string
  readonly endpoint: Endpoint
  readonly get: GetJson
  readonly isAcceptable: (url: string) => boolean
  readonly clock: Clock
  readonly reports: DiscoveryReports
}

export interface DiscoveryReports {
  /** The metadata names another endpoint than before. */
  moved(from: string, to: string): void
  /** The metadata could not be had; the endpoint that is known is used. */
  discoveryFailed(error: unknown): void
}

/** An endpoint that an issuer publishes the address of. */
export interface DiscoveredEndpoint {
  /** Where it is, as far as is known. Rejects where nothing is known and nothing can be had. */
  find(signal: AbortSignal): Promise<Metadata>
  /** It was not there: the metadata is asked again the next time. */
  isGone(): void
}

/** Finds an endpoint by discovery. Once known, its address survives an outage of the metadata. */
export function discoveredEndpoint(options: DiscoveredEndpointOptions): DiscoveredEndpoint {
  const { issuer, endpoint, get, isAcceptable, clock, reports } = options
  // An issuer of many tenants publishes its metadata under the name that stands for any of them.
  const allPlaces = metadataUrls(issuerOfTenant(issuer, 'organizations'))
  let known: Metadata | undefined
  let places = allPlaces
  let soughtAt = -Infinity

  return {
    async find(signal) {
      if (known !== undefined && clock.monotonic() - soughtAt < METADATA_AGE) return known
      soughtAt = clock.monotonic()
      try {
        const found = await discover(issuer, places, {
          endpoint,
          get: async (url) => (await get(url, signal)).document,
          isAcceptable,
        })
        if (known !== undefined && known.endpoint !== found.endpoint)
          reports.moved(known.endpoint, found.endpoint)
        known = found
        places = [found.url]
      } catch (error) {
        if (known === undefined) throw error
        reports.discoveryFailed(error)
        places = allPlaces
      }
      return known
    },
    isGone: () => void (soughtAt = -Infinity),
  }
}
