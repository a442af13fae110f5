import {
  boundedFetch,
  discoveredEndpoint,
  isAcceptableEndpoint,
  onAbort,
} from '@bearward/core/internal'
import { TokenError } from './errors.ts'
import { toDiscoveryError } from './failure.ts'
import type { SourceSettings } from './source-settings.ts'

/** Maximum number of concurrent token requests of one source. */
export const REQUESTS_AT_ONCE = 10

/** Token endpoint of a source, with the limits that all its requests share. */
export interface TokenEndpoint {
  /** Returns the URL. Rejects with a `TokenError` if it is unknown and discovery fails. */
  find(): Promise<string>
  /** Marks the URL as wrong after a 404, so that the next `find` repeats discovery. */
  forget(): void
  /** Resolves when the number of running requests allows another one. Aborting `signal` frees the place. */
  waitForTurn(signal: AbortSignal): Promise<void>
  /** Starts the pause that the server requested with `Retry-After`, if the error contains one. */
  applyRetryAfter(error: TokenError): void
  /** Returns the error that explains the current pause, or `undefined` if requests are allowed. */
  getPauseError(): TokenError | undefined
}

/** Creates the token endpoint for the settings: the configured one, or the one that discovery finds. */
export function createTokenEndpoint(settings: SourceSettings, closed: AbortSignal): TokenEndpoint {
  const { clock } = settings
  /** Requests that run or wait, in order of arrival. */
  const queue = new Map<AbortSignal, () => void>()
  let pause: { readonly error: TokenError; readonly until: number } | undefined

  function startNext(): void {
    for (const start of [...queue.values()].slice(0, REQUESTS_AT_ONCE)) start()
  }

  function getPauseError(): TokenError | undefined {
    if (pause === undefined) return undefined
    const retryAfter = (pause.until - clock.monotonic()) / 1000
    const { code, serverStatus, detail } = pause.error
    return retryAfter > 0 ? new TokenError(code, { serverStatus, detail, retryAfter }) : undefined
  }

  return {
    ...createEndpointUrl(settings, closed),
    getPauseError,

    async waitForTurn(signal) {
      signal.throwIfAborted()
      onAbort(signal, () => {
        queue.delete(signal)
        startNext()
      })
      await new Promise<void>((resolve) => {
        queue.set(signal, resolve)
        startNext()
      })
      signal.throwIfAborted()
    },

    applyRetryAfter(error) {
      if (error.retryAfter === undefined || getPauseError() !== undefined) return
      pause = { error, until: clock.monotonic() + error.retryAfter * 1000 }
    },
  }
}

function createEndpointUrl(
  {
    issuer,
    tokenEndpoint,
    clientAuthentication,
    fetch,
    insecureHosts,
    ...settings
  }: SourceSettings,
  closed: AbortSignal,
): Pick<TokenEndpoint, 'find' | 'forget'> {
  if (tokenEndpoint !== undefined) return { find: async () => tokenEndpoint, forget: () => {} }
  const { clock, fetchTimeout } = settings
  const discovered = discoveredEndpoint({
    issuer: issuer!,
    endpoint: 'token_endpoint',
    byCertificate: clientAuthentication.method === 'tls_client_auth',
    get: boundedFetch(fetch),
    isAcceptable: (url) => isAcceptableEndpoint(url, issuer!, insecureHosts),
    bounds: { clock, timeout: fetchTimeout * 1000, closed },
    // Without `publish`: the token request that follows reports success or failure.
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
