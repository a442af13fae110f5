import { FetchError, type GetJson } from '../authorization-server/bounded-fetch.ts'
import { discover, type Metadata, metadataUrls } from '../authorization-server/metadata.ts'
import type { Clock } from '../clock.ts'
import type { IssuerSettings } from '../issuers/issuer-settings.ts'
import { issuerOfTenant } from '../authorization-server/tenants.ts'
import { type KeySet, readKeySet } from './key-set.ts'

/** Milliseconds after which the metadata is asked for again, to follow a `jwks_uri` that has moved. */
export const METADATA_AGE = 300_000

export interface PublishedKeysOptions {
  readonly settings: IssuerSettings
  readonly get: GetJson
  readonly isAcceptable: (url: string) => boolean
  readonly clock: Clock
  readonly reports: {
    /** The metadata names another `jwks_uri` than before. */
    moved(from: string, to: string): void
    /** The metadata could not be had; the `jwks_uri` that is known is used. */
    discoveryFailed(error: unknown): void
  }
}

/**
 * Fetches the set that an issuer publishes, and finds out first where that is. Once known, the address
 * survives an outage of the metadata, and a `jwks_uri` that is gone is looked for anew.
 */
export function publishedKeys(
  options: PublishedKeysOptions,
): (signal: AbortSignal) => Promise<{ set: KeySet; maxAge: number | undefined }> {
  const { settings, get, isAcceptable, clock, reports } = options
  let known: Metadata | undefined
  let places = metadataPlaces(settings)
  let soughtAt = -Infinity

  async function jwksUri(signal: AbortSignal): Promise<string> {
    if (settings.keyOrigin.kind === 'jwks_uri') return settings.keyOrigin.uri
    if (known !== undefined && clock.monotonic() - soughtAt < METADATA_AGE) return known.jwksUri
    soughtAt = clock.monotonic()
    try {
      const found = await discover(settings.metadataIssuer, places, {
        get: async (url) => (await get(url, signal)).document,
        isAcceptable,
      })
      if (known !== undefined && known.jwksUri !== found.jwksUri)
        reports.moved(known.jwksUri, found.jwksUri)
      known = found
      places = [found.url]
    } catch (error) {
      if (known === undefined) throw error
      reports.discoveryFailed(error)
      places = metadataPlaces(settings)
    }
    return known.jwksUri
  }

  return async (signal) => {
    const uri = await jwksUri(signal)
    try {
      const { document, maxAge } = await get(uri, signal)
      return { set: await readKeySet(document, settings.algorithms), maxAge }
    } catch (error) {
      const isGone = error instanceof FetchError && (error.status === 404 || error.status === 410)
      if (isGone) soughtAt = -Infinity
      throw error
    }
  }
}

/** An issuer of many tenants publishes its metadata under the name that stands for any of them. */
function metadataPlaces({ metadataIssuer, keyOrigin }: IssuerSettings): readonly string[] {
  return keyOrigin.kind === 'discovery'
    ? metadataUrls(issuerOfTenant(metadataIssuer, 'organizations'))
    : []
}
