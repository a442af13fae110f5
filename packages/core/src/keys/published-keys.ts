import { FetchError, type GetJson } from '../authorization-server/bounded-fetch.ts'
import {
  type DiscoveredEndpointOptions,
  createDiscoveredEndpoint,
} from '../authorization-server/discovered-endpoint.ts'
import type { IssuerSettings } from '../model/settings.ts'
import { readKeySet } from './key-set.ts'
import type { FetchedKeySet } from './life-cycle.ts'

export interface PublishedKeysOptions extends Omit<
  DiscoveredEndpointOptions,
  'issuer' | 'endpoint'
> {
  readonly settings: IssuerSettings
  readonly get: GetJson
}

/**
 * Returns a function that fetches the key set of an issuer. The `jwks_uri` is discovered first, unless it is configured.
 * A known `jwks_uri` stays in use while the metadata is unavailable. After a status 404 or 410, the `jwks_uri` is discovered
 * again.
 */
export function publishedKeys(
  options: PublishedKeysOptions,
): (signal: AbortSignal) => Promise<FetchedKeySet> {
  const { settings, get, onFound } = options
  const { keyOrigin, metadataIssuer: issuer } = settings
  const discovered =
    keyOrigin.kind === 'jwks_uri'
      ? { find: () => keyOrigin.uri, forget: () => {} }
      : createDiscoveredEndpoint({ ...options, issuer, endpoint: 'jwks_uri' })

  if (keyOrigin.kind === 'jwks_uri') onFound?.(keyOrigin.uri)
  let hasServed = false
  return async (signal) => {
    const endpoint = await discovered.find()
    try {
      const { document, maxAge, age } = await get(endpoint, signal)
      const set = await readKeySet(document, settings.algorithms)
      hasServed = true
      return { set, maxAge, age }
    } catch (error) {
      const isGone = error instanceof FetchError && [404, 410].includes(error.status ?? 0)
      // A URL that has never returned keys may be wrong, so the next attempt discovers it again.
      if (isGone || !hasServed) discovered.forget()
      throw error
    }
  }
}
