import {
  boundedFetch,
  discoveredEndpoint,
  isAcceptableEndpoint,
  onAbort,
} from '@bearward/core/for-clients'
import { TokenError } from './errors.ts'
import { discoveryErrorOf } from './failure.ts'
import type { Settings } from './read-options.ts'

/** Requests of one source at the same time. */
export const REQUESTS_AT_ONCE = 10

/** Where tokens are asked for, and what all who ask there have to keep to. */
export interface TokenEndpoint {
  /** Its address. Rejects with a `TokenError` where that cannot be known. */
  find(): Promise<string>
  /** It was not there. */
  forget(): void
  /** Resolves when a request may begin, of which there are only so many at once. Its turn ends with its signal. */
  turn(signal: AbortSignal): Promise<void>
  /** The server has asked to be left alone, if this error says so. */
  leaveAlone(error: TokenError): void
  /** Why nothing may be asked now, if that is so. */
  pause(): TokenError | undefined
}

/** The token endpoint of the settings: the given one, or the one that the issuer publishes. */
export function tokenEndpointOf(settings: Settings, closed: AbortSignal): TokenEndpoint {
  const { clock } = settings
  const inLine = new Map<AbortSignal, () => void>()
  let asked: { readonly error: TokenError; readonly until: number } | undefined

  function admit(): void {
    for (const begin of [...inLine.values()].slice(0, REQUESTS_AT_ONCE)) begin()
  }

  function pause(): TokenError | undefined {
    if (asked === undefined) return undefined
    const retryAfter = (asked.until - clock.monotonic()) / 1000
    const { code, serverStatus, detail } = asked.error
    return retryAfter > 0 ? new TokenError(code, { serverStatus, detail, retryAfter }) : undefined
  }

  return {
    ...addressOf(settings, closed),
    pause,

    async turn(signal) {
      signal.throwIfAborted()
      onAbort(signal, () => {
        inLine.delete(signal)
        admit()
      })
      await new Promise<void>((resolve) => {
        inLine.set(signal, resolve)
        admit()
      })
      signal.throwIfAborted()
    },

    leaveAlone(error) {
      if (error.retryAfter === undefined || pause() !== undefined) return
      asked = { error, until: clock.monotonic() + error.retryAfter * 1000 }
    },
  }
}

function addressOf(
  { issuer, tokenEndpoint, clientAuthentication, fetch, insecureHosts, ...settings }: Settings,
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
    // An endpoint that has moved is followed; one that is known is used. Requests tell how that went.
    reports: { moved: () => {}, discoveryFailed: () => {} },
  })
  return {
    async find() {
      try {
        return await discovered.find()
      } catch (error) {
        throw discoveryErrorOf(error, issuer!, clock.now())
      }
    },
    forget: () => discovered.forget(),
  }
}
