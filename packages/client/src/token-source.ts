import { publisher } from '@bearward/core/authorization-server'
import LRU from 'lru-cache'
import { authorizedFetch, type SourceFetch } from './authorized-fetch.ts'
import { TokenError } from './errors.ts'
import type { TokenCounters, TokenEvent } from './events.ts'
import type { ClientCredentialsOptions, GetTokenOptions, TokenRequest } from './options.ts'
import { keyOf, type Purpose, purposeOf } from './purpose.ts'
import { readOptions } from './read-options.ts'
import { renewedToken, type RenewedToken } from './renewed-token.ts'
import type { Token } from './token.ts'
import { tokenEndpointOf } from './token-endpoint.ts'

/** How many kinds of token one source holds at once, beside the one that it is for. */
export const HELD_TOKENS = 100

/** Tokens of one client, as they are needed. */
export interface TokenSource {
  /**
   * A token that is good for some time yet: the held one, or a new one where there is none. Rejects with a
   * `TokenError`, with a `ConfigurationError` where the request itself is wrong, and with the reason of `signal`.
   */
  getToken(options?: GetTokenOptions): Promise<Token>
  /**
   * Drops a token that an API has rejected, unless it has been replaced already. Without one, drops all that are
   * held.
   */
  invalidate(token?: Token | string): void
  /**
   * `fetch` with a token, to the allowed origins only. Redirects are not followed. A 401 with `invalid_token` gets
   * another try with a new token, once, if the body can be sent again. `request` says which token, where it is
   * not the usual one.
   */
  readonly fetch: SourceFetch
  /** What has happened so far. */
  counters(): TokenCounters
  /** Ends requests and waits, and drops all tokens. */
  close(): void
}

/**
 * Makes a source of tokens for a client that acts for itself (RFC 6749 section 4.4). Nothing is sent before the first
 * token is asked for. Throws a `ConfigurationError` that names every problem with the options.
 */
export function clientCredentials(options: ClientCredentialsOptions): TokenSource {
  const settings = readOptions(options)
  const { clientId, issuer, tokenEndpoint, purpose: usual } = settings
  const closed = new AbortController()
  const endpoint = tokenEndpointOf(settings)
  const count = { requested: 0, renewed: 0, cached: 0, failed: 0, duration: 0 }
  const publish = publisher<TokenEvent>(settings.onEvent)
  const server = issuer ?? tokenEndpoint!

  const hold = ({ scopes, resources, audience }: Purpose): RenewedToken => {
    const purpose = { scopes, resources, audience }
    const common = { server, clientId, resource: Object.freeze([...resources]), audience }
    return renewedToken({
      settings,
      purpose,
      endpoint,
      closed: closed.signal,
      reports: {
        granted(type, grant) {
          count[type === 'token_renewed' ? 'renewed' : 'requested']++
          count.duration += grant.duration
          publish(() => ({ type, ...common, ...grant }))
        },
        cached() {
          count.cached++
          publish(() => ({ type: 'token_cached', ...common }))
        },
        failed({ code, fault, message: detail }, duration, covered) {
          count.failed++
          count.duration += duration
          publish(() => {
            return { type: 'token_failed', ...common, code, fault, detail, duration, covered }
          })
        },
        invalidated: () => publish(() => ({ type: 'token_invalidated', ...common })),
      },
    })
  }

  const main = hold(usual)
  const mainKey = keyOf(usual)
  const others = new LRU<string, RenewedToken>({ max: HELD_TOKENS })
  const all = () => [main, ...others.values()]

  function holderFor(request: TokenRequest): RenewedToken {
    const purpose = purposeOf(request, usual)
    const key = keyOf(purpose)
    if (key === mainKey) return main
    const known = others.get(key)
    if (known !== undefined) return known
    const made = hold(purpose)
    others.set(key, made)
    return made
  }

  async function getToken(request?: GetTokenOptions): Promise<Token> {
    if (closed.signal.aborted) throw new TokenError('closed')
    const holder = request === undefined ? main : holderFor(request)
    return holder.get(request?.signal)
  }

  function invalidate(token?: Token | string): void {
    const value = typeof token === 'object' ? token.value : token
    for (const holder of all()) holder.drop(value)
  }

  return Object.freeze({
    getToken,
    invalidate,
    fetch: authorizedFetch({
      settings,
      getToken,
      /** Whether another token may fare better than this one. */
      reject(token: Token): boolean {
        const isTooYoung = all().some((holder) => holder.isTooYoung(token.value))
        if (!isTooYoung) invalidate(token)
        return !isTooYoung
      },
    }),
    counters: () => Object.freeze({ ...count }),
    close() {
      closed.abort()
      invalidate()
    },
  })
}
