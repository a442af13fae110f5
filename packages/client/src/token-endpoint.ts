import {
  boundedFetch,
  discoveredEndpoint,
  FetchError,
  isAcceptableAddress,
} from '@bearward/core/authorization-server'
import { TokenError } from './errors.ts'
import type { Settings } from './read-options.ts'

/** Where tokens are asked for. */
export interface TokenEndpoint {
  find(signal: AbortSignal): Promise<string>
  /** It was not there. */
  isGone(): void
}

/** The token endpoint of the settings: the given one, or the one that the issuer publishes. */
export function tokenEndpointOf(settings: Settings): TokenEndpoint {
  const { issuer, tokenEndpoint, clientAuthentication, fetch, insecureHosts, clock } = settings
  if (tokenEndpoint !== undefined) return { find: async () => tokenEndpoint, isGone: () => {} }
  const discovered = discoveredEndpoint({
    issuer: issuer!,
    endpoint: 'token_endpoint',
    get: boundedFetch(fetch),
    isAcceptable: (url) => isAcceptableAddress(url, insecureHosts),
    clock,
    // An endpoint that has moved is followed; one that is known is used. Requests tell how that went.
    reports: { moved: () => {}, discoveryFailed: () => {} },
  })
  let seeking: ReturnType<typeof discovered.find> | undefined
  return {
    async find(signal) {
      // The first of several requests at once asks for all of them, and gives up before any other would.
      seeking ??= discovered.find(signal).finally(() => (seeking = undefined))
      const found = await seeking.catch(explain)
      const isByCertificate = clientAuthentication.method === 'tls_client_auth'
      return (isByCertificate ? found.mtlsEndpoint : undefined) ?? found.endpoint
    },
    isGone: () => discovered.isGone(),
  }
}

const NO_METADATA = ['redirect', 'content_type', 'malformed', 'too_large']

/** A server that answers, and has no metadata where they should be, is the wrong one. */
function explain(error: unknown): never {
  if (!(error instanceof FetchError)) throw error
  const { status = 200, failure, message } = error
  const isRefused = failure === 'status' && status >= 400 && status < 500 && status !== 429
  if (!isRefused && !NO_METADATA.includes(failure)) throw error
  throw new TokenError('no_token_endpoint', { detail: message, status: error.status })
}
