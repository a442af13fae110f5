import {
  boundedFetch,
  createDiscoveredEndpoint,
  isAcceptableEndpoint,
} from '@bearward/core/internal'
import { toDiscoveryError } from './failure.ts'
import type { SourceSettings } from './source-settings.ts'

/** Token endpoint of a source. */
export interface TokenEndpoint {
  /** Returns the URL. Rejects with a `TokenError` if it is unknown and discovery fails. */
  find(): Promise<string>
  /** Marks the URL as wrong after a 404, 405 or 410, so that the next `find` repeats discovery. */
  forget(): void
}

/** Creates the token endpoint of a source: the configured one, or one that is found by discovery. */
export function createTokenEndpoint(
  {
    issuer,
    tokenEndpoint,
    clientAuthentication,
    fetch,
    insecureHosts,
    ...settings
  }: SourceSettings,
  closed: AbortSignal,
): TokenEndpoint {
  if (tokenEndpoint !== undefined) return { find: async () => tokenEndpoint, forget: () => {} }
  const { clock, fetchTimeout } = settings
  const discovered = createDiscoveredEndpoint({
    issuer: issuer!,
    endpoint: 'token_endpoint',
    byCertificate: clientAuthentication.method === 'tls_client_auth',
    get: boundedFetch(fetch),
    isAcceptable: (url) => isAcceptableEndpoint(url, issuer!, insecureHosts),
    bounds: { clock, timeout: fetchTimeout * 1000, closed },
    // `publish` is not set, because the event of the token request reports success or failure.
  })
  return {
    async find() {
      try {
        return await discovered.find()
      } catch (error) {
        throw toDiscoveryError(error, issuer!, clock.now())
      }
    },
    forget: () => discovered.forget(),
  }
}
