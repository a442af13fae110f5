import { createPublisher, getMember } from '@bearward/core/internal'
import { createAuthorizedFetch, type SourceFetch } from './authorized-fetch.ts'
import { HeldTokens } from './held-tokens.ts'
import type { ClientCredentialsOptions, GetTokenOptions } from './options.ts'
import { readOptions } from './read-options.ts'
import { createRenewedToken, type RenewedToken } from './renewed-token.ts'
import { createRequestQueue } from './request-queue.ts'
import { createSourcePause } from './source-pause.ts'
import type { TokenEvent } from './token-events.ts'
import type { Token } from './token.ts'
import { createTokenCounters, type TokenCounters } from './token-counters.ts'
import { createTokenEndpoint } from './token-endpoint.ts'
import { resolveTokenTarget, type TokenTarget, toTokenTargetKey } from './token-target.ts'

/** Source of access tokens for one client. Tokens are fetched, cached and renewed as needed. */
export interface TokenSource {
  /**
   * Returns a valid token: the cached one, or a new one if none is cached. Rejects with a `TokenError` if no token is
   * available, with a `ConfigurationError` if `options` is invalid, and with the reason of `signal` if it is aborted.
   *
   * @example
   * ```ts
   * const { value } = await source.getToken({ signal: AbortSignal.timeout(2000) })
   * const headers = { Authorization: `Bearer ${value}` }
   * ```
   */
  getToken(options?: GetTokenOptions): Promise<Token>
  /**
   * Removes a token that an API rejected from the cache. `token` is the token or its value. Returns whether a retry with
   * a new token can succeed. Returns `false` and keeps the token if it was requested less than 5 seconds ago, because a
   * new token would be rejected for the same reason. Without an argument, removes all tokens and returns `true`.
   *
   * @example
   * ```ts
   * const token = await source.getToken()
   * const response = await callApi(token.value)
   * if (response.status === 401 && source.invalidate(token)) return callApi((await source.getToken()).value)
   * ```
   */
  invalidate(token?: Token | string): boolean
  /**
   * Calls `fetch` with a token in the `Authorization` header, for allowed origins only. `request` selects a token other
   * than the configured one. Redirects are not followed.
   *
   * After a 401 with `invalid_token`, or after every 401 with `retryOn: 'any401'`, the request is sent once more with a new
   * token. It is not sent again if its body can be read only once, or if the token was requested less than 5 seconds ago.
   *
   * Rejects like `getToken`, with `origin_not_allowed` for other origins, with a `TypeError` if the request contains an
   * `Authorization` header, and with the errors of `resourceFetch`. The status of the response is NOT checked.
   *
   * @example
   * ```ts
   * const response = await source.fetch('https://api.example.com/reports')
   * if (!response.ok) throw new Error(`the API answered ${response.status}`)
   * ```
   */
  readonly fetch: SourceFetch
  /** Returns counts since the source was created. */
  counters(): TokenCounters
  /** Aborts running requests, rejects all waiting callers, and removes all tokens. */
  close(): void
}

/**
 * Creates a token source for a client that calls APIs as itself (client credentials grant, RFC 6749 section 4.4).
 * Sends no request before the first token is needed. Throws a `ConfigurationError` that lists every problem.
 *
 * @example
 * ```ts
 * const source = clientCredentials({
 *   issuer: 'https://auth.example.com',
 *   clientId: 'reports-cron',
 *   clientAuthentication: { method: 'client_secret_basic', secret: () => process.env.CLIENT_SECRET },
 *   scope: 'read:reports',
 *   resource: 'https://api.example.com',
 * })
 * const response = await source.fetch('https://api.example.com/reports')
 * ```
 */
export function clientCredentials(options: ClientCredentialsOptions): TokenSource {
  const { settings, onEvent } = readOptions(options)
  const closed = new AbortController()
  const endpoint = createTokenEndpoint(settings, closed.signal)
  const counters = createTokenCounters()
  const publish = createPublisher<TokenEvent>(onEvent)
  const pause = createSourcePause(settings.clock)
  const queue = createRequestQueue(() => pause.isProbing())
  const shared = { settings, endpoint, queue, pause, closed: closed.signal, publish, counters }
  const create = (target: TokenTarget, hold: () => boolean) =>
    createRenewedToken({ ...shared, target, hold })

  // The configured token has a place of its own.
  const main = create(settings.target, () => true)
  const mainKey = toTokenTargetKey(settings.target)
  const others = new HeldTokens(settings.clock)
  const getAll = () => [main, ...others.getAll()]

  function getRenewedToken(target: TokenTarget): RenewedToken {
    const key = toTokenTargetKey(target)
    return key === mainKey ? main : others.get(key, (hold) => create(target, hold))
  }

  function clear(): void {
    for (const renewedToken of getAll()) renewedToken.clear()
  }

  return Object.freeze({
    async getToken(request?: GetTokenOptions) {
      const target = resolveTokenTarget(request, settings.target, ['signal'])
      return getRenewedToken(target).get(
        request === undefined ? undefined : getMember(request, 'signal'),
      )
    },
    invalidate(token?: Token | string) {
      if (token === undefined) {
        clear()
        return true
      }
      const value = typeof token === 'string' ? token : token.value
      const canRetry = getAll().map((renewedToken) => renewedToken.drop(value))
      return !canRetry.includes(false)
    },
    fetch: createAuthorizedFetch(settings, getRenewedToken),
    counters: () => Object.freeze({ ...counters }),
    close() {
      closed.abort()
      clear()
    },
  })
}
