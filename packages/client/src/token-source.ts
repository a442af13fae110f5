import { createPublisher } from '@bearward/core/internal'
import { createAuthorizedFetch, type SourceFetch } from './authorized-fetch.ts'
import { checkOrigin } from './allowed-origins.ts'
import { createDpop } from './dpop.ts'
import type { ClientCredentialsOptions } from './options.ts'
import { RenewedTokens } from './renewed-tokens.ts'
import { readOptions } from './read-options.ts'
import { createRenewedToken, type RenewedToken } from './renewed-token.ts'
import { createRequestQueue } from './request-queue.ts'
import { createSourcePause } from './source-pause.ts'
import type { TokenEvent } from './token-events.ts'
import type { Token } from './token.ts'
import {
  GET_TOKEN_OPTIONS,
  type GetTokenOptions,
  HEADERS_OPTIONS,
  type HeadersRequest,
} from './token-request-options.ts'
import { createTokenCounters, type TokenCounters } from './token-counters.ts'
import { createTokenEndpoint } from './token-endpoint.ts'
import { createTokenHeaders, type TokenHeaders } from './token-headers.ts'
import { readTokenCall, type TokenTarget, toTokenTargetKey } from './token-target.ts'

/** Source of access tokens for one client. It requests, caches and renews tokens. Create it with `clientCredentials`. */
export interface TokenSource {
  /**
   * Returns a valid token. Returns the cached token, or requests a new one if no valid token is cached. Concurrent callers share
   * one request. If `options` is missing, returns the token for the `scope`, `resource` and `audience` of the source.
   *
   * Does NOT verify the token, and does NOT check that all scopes were granted: see `missingScopes`. To send the token with your
   * own HTTP client, call `headers`: with the option `dpop`, the token alone is not accepted by an API.
   *
   * @throws `TokenError` if no token is available
   * @throws `ConfigurationError` if `options` is invalid
   * @throws the reason of `signal` if it is aborted
   *
   * @example
   * ```ts
   * const { expiresAt, missingScopes } = await source.getToken({ signal: AbortSignal.timeout(2000) })
   * ```
   */
  getToken(options?: GetTokenOptions): Promise<Token>
  /**
   * Returns the header fields for one request that your own HTTP client sends: `Authorization`, and a proof in `DPoP` with the
   * option `dpop` (RFC 9449 section 7.1). Call it again for every request, even for a retry: an API accepts a proof only once.
   * Requests a token if no valid token is cached.
   *
   * Does NOT send the request. Your client must not follow redirects with these header fields. If the API responds with 401 and
   * `use_dpop_nonce`, repeat the request once: pass the `DPoP-Nonce` of the response as `nonce`.
   *
   * @throws `TokenError` if no token is available, or with the code `origin_not_allowed` if the origin is not allowed
   * @throws `ConfigurationError` if `request` is invalid
   * @throws the reason of `signal` if it is aborted
   *
   * @example
   * ```ts
   * const url = 'https://api.example.com/reports'
   * const response = await request(url, { headers: await source.headers({ url }) })
   * ```
   */
  headers(request: HeadersRequest): Promise<TokenHeaders>
  /**
   * Removes a token from the cache, after an API rejected it. `token` is the token, its value, or the value of the
   * `Authorization` header. Returns whether a retry with a new token can succeed. If the token was requested less than 5 seconds
   * ago, keeps it and returns `false`. A new token would probably be rejected for the same reason.
   *
   * If `token` is missing, removes all tokens and returns `true`.
   *
   * @example
   * ```ts
   * const headers = await source.headers({ url })
   * const response = await callApi(url, headers)
   * if (response.status === 401 && source.invalidate(headers.Authorization))
   *   return callApi(url, await source.headers({ url }))
   * ```
   */
  invalidate(token?: Token | string): boolean
  /**
   * Calls `fetch` with a token in the `Authorization` header, for allowed origins only. `request` selects a token for another
   * scope, resource or audience. Redirects are not followed. With the option `dpop`, every request has a new proof in the
   * `DPoP` header.
   *
   * After a 401 with `invalid_token` (RFC 6750 section 3.1), sends the request once more with a new token.
   * With `retryOn: 'any401'`, does this after every 401, except one about the DPoP proof. Does not send the request again if its
   * body can be read only once, or if the token was requested less than 5 seconds ago. If no new token is available, returns the
   * 401.
   *
   * After a 401 with `use_dpop_nonce` (RFC 9449 section 9), sends the request once more with the nonce of the API. Does not do
   * this if the body of the request can be read only once.
   *
   * Does NOT check the status of the response.
   *
   * @throws `TokenError` if no token is available, or with the code `origin_not_allowed` if the origin is not allowed
   * @throws `ConfigurationError` if `request` is invalid
   * @throws `TypeError` for an invalid URL, an `init` that is not a plain object, or an `Authorization` header in the request.
   *   With the option `dpop`, a `DPoP` header in the request causes the same error.
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
   * Running calls to an API continue.
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
 * Does NOT support other grants, refresh tokens or shared storage. Does NOT verify the tokens: they are
 * opaque to a client.
 *
 * @throws `ConfigurationError` if `options` is invalid. It lists every problem.
 * @see RFC 6749 section 4.4, RFC 7523, RFC 8705, RFC 8707, RFC 9449
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
  const dpop = createDpop(settings.dpop, settings.clock)
  const shared = {
    settings,
    endpoint,
    queue,
    pause,
    closed: closed.signal,
    publish,
    counters,
    dpop,
  }
  const create = (target: TokenTarget, reservePlace: () => boolean) =>
    createRenewedToken({ ...shared, target, reservePlace })

  // The token for the default target is not in the limited lists of `RenewedTokens`, so it is never evicted.
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
      const { target, values } = readTokenCall(request, settings.target, GET_TOKEN_OPTIONS)
      return getRenewedToken(target).get(values.signal)
    },
    async headers(request: HeadersRequest) {
      const { target, values } = readTokenCall(request, settings.target, HEADERS_OPTIONS)
      const { url, method, nonce, signal } = values
      checkOrigin(url, target, settings)
      dpop?.apiNonces.note(url, nonce)
      const token = await getRenewedToken(target).get(signal)
      return createTokenHeaders(token, { method, url }, dpop)
    },
    invalidate(token?: Token | string) {
      if (token === undefined) {
        clear()
        return true
      }
      // Removes the scheme of an `Authorization` header. A token contains no space, so `replace` never changes a token.
      const value = typeof token === 'string' ? token.replace(/^(?:Bearer|DPoP) /, '') : token.value
      const canRetry = getAll().map((renewedToken) => renewedToken.drop(value))
      return !canRetry.includes(false)
    },
    fetch: createAuthorizedFetch(settings, getRenewedToken, dpop),
    counters: () => Object.freeze({ ...counters }),
    close() {
      closed.abort()
      clear()
    },
  })
}
