import { createPublisher, getMember } from '@bearward/core/internal'
import { createAuthorizedFetch, type SourceFetch } from './authorized-fetch.ts'
import { RenewedTokens } from './renewed-tokens.ts'
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

/** Source of access tokens for one client. It requests, caches and renews tokens. Create it with `clientCredentials`. */
export interface TokenSource {
  /**
   * Returns a valid token. Returns the cached token, or requests a new one if no valid token is cached. Concurrent callers
   * share one request. Without `options`, returns the token that the source is configured for.
   *
   * Does NOT verify the token, and does NOT check that all scopes were granted: see `missingScopes`.
   *
   * @throws `TokenError` if no token is available
   * @throws `ConfigurationError` if `options` is invalid
   * @throws the reason of `signal` if it is aborted
   *
   * @example
   * ```ts
   * const { value } = await source.getToken({ signal: AbortSignal.timeout(2000) })
   * const headers = { Authorization: `Bearer ${value}` }
   * ```
   */
  getToken(options?: GetTokenOptions): Promise<Token>
  /**
   * Removes a token from the cache, after an API rejected it. `token` is the token or its value. Returns whether a retry with
   * a new token can succeed. If the token was requested less than 5 seconds ago, keeps it and returns `false`. A new token
   * would probably be rejected for the same reason.
   *
   * Without an argument, removes all tokens and returns `true`.
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
   * Calls `fetch` with a token in the `Authorization` header, for allowed origins only. `request` selects another token than
   * the configured one. Redirects are not followed.
   *
   * After a 401 with `invalid_token` (RFC 6750 section 3.1), sends the request once more with a new token. With
   * `retryOn: 'any401'`, does this after every 401. Does not send the request again if its body can be read only once, or if
   * the token was requested less than 5 seconds ago. Also returns the 401 if no new token is available.
   *
   * Does NOT check the status of the response.
   *
   * @throws `TokenError` if no token is available, or with the code `origin_not_allowed` for other origins
   * @throws `ConfigurationError` if `request` is invalid
   * @throws `TypeError` for an invalid URL, an `init` that is not a plain object, or an `Authorization` header in the request
   * @throws the reason of `signal` if it is aborted, and the errors of `resourceFetch`
   *
   * @example
   * ```ts
   * const response = await source.fetch('https://api.example.com/reports')
   * if (!response.ok) throw new Error(`the API responded with ${response.status}`)
   * ```
   */
  readonly fetch: SourceFetch
  /**
   * Returns the counts since the source was created.
   *
   * @example
   * ```ts
   * const { issued, renewed, failed } = source.counters()
   * ```
   */
  counters(): TokenCounters
  /**
   * Closes the source: aborts running token requests, rejects waiting callers with the code `closed`, and removes all tokens.
   * Calls to an API that are running continue.
   *
   * @example
   * ```ts
   * process.once('SIGTERM', () => source.close())
   * ```
   */
  close(): void
}

/**
 * Creates a token source for a client that calls APIs as itself (client credentials grant, RFC 6749 section 4.4). Create one
 * source when the program starts, and share it. Sends no request before the first token is needed.
 *
 * Does NOT support other grants, refresh tokens, DPoP (RFC 9449) or shared storage. Does NOT verify the tokens: they are
 * opaque to a client.
 *
 * @throws `ConfigurationError` if `options` is invalid. It lists every problem.
 * @see RFC 6749 section 4.4, RFC 7523, RFC 8705, RFC 8707
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
  const queue = createRequestQueue(() => pause.isProbing(), settings.clock, settings.fetchTimeout)
  const shared = { settings, endpoint, queue, pause, closed: closed.signal, publish, counters }
  const create = (target: TokenTarget, reservePlace: () => boolean) =>
    createRenewedToken({ ...shared, target, reservePlace })

  // The configured token has a reserved place.
  const main = create(settings.target, () => true)
  const mainKey = toTokenTargetKey(settings.target)
  const others = new RenewedTokens(settings.clock)
  const getAll = () => [main, ...others.getAll()]

  function getRenewedToken(target: TokenTarget): RenewedToken {
    const key = toTokenTargetKey(target)
    return key === mainKey ? main : others.get(key, (reservePlace) => create(target, reservePlace))
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
