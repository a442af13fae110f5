import { publisher } from '@bearward/core/for-clients'
import LRU from 'lru-cache'
import { authorizedFetch, type SourceFetch } from './authorized-fetch.ts'
import type { TokenCounters, TokenEvent } from './events.ts'
import { textOf } from './failure.ts'
import type { ClientCredentialsOptions, GetTokenOptions } from './options.ts'
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
   * An API has rejected this token, or the one with this value: it is not handed out any more. Returns whether another
   * try is worth it. It is not, and the token is kept, where it was asked for less than `TOKEN_TIMES.tooYoung` seconds
   * ago: the next would be rejected, too. Without a token, drops all that are held.
   */
  invalidate(token?: Token | string): boolean
  /**
   * `fetch` with a token, to the allowed origins only. Redirects are not followed. A 401 with `invalid_token` gets
   * another try with a new token, once, if the body can be sent again. `request` says which token, where it is
   * not the usual one. Rejects as `getToken` does, and with what the `fetch` below it throws, as it comes.
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
  const endpoint = tokenEndpointOf(settings, closed.signal)
  const count = { issued: 0, renewed: 0, cached: 0, failed: 0, invalidated: 0, duration: 0 }
  const publish = publisher<TokenEvent>(settings.onEvent)
  const server = issuer ?? tokenEndpoint!

  const hold = (purpose: Purpose): RenewedToken => {
    const { scopes: scope, resources: resource, audience } = purpose
    const common = { server, clientId, scope, resource, audience }
    return renewedToken({
      settings,
      purpose,
      endpoint,
      closed: closed.signal,
      reports: {
        issued(type, grant) {
          count[type === 'token_renewed' ? 'renewed' : 'issued']++
          count.duration += grant.duration
          publish(() => ({ type, ...common, ...grant }))
        },
        cached() {
          count.cached++
          publish(() => ({ type: 'token_cached', ...common }))
        },
        failed(error, duration, covered) {
          count.failed++
          count.duration += duration
          publish(() => {
            const { code, fault } = error
            const detail = textOf(error)
            return { type: 'token_failed', ...common, code, fault, detail, duration, covered }
          })
        },
        invalidated() {
          count.invalidated++
          publish(() => ({ type: 'token_invalidated', ...common }))
        },
      },
    })
  }

  const main = hold(usual)
  const mainKey = keyOf(usual)
  const others = new LRU<string, RenewedToken>({ max: HELD_TOKENS })
  const all = () => [main, ...others.values()]

  function holderFor(purpose: Purpose): RenewedToken {
    const key = keyOf(purpose)
    if (key === mainKey) return main
    const known = others.get(key)
    if (known !== undefined) return known
    const made = hold(purpose)
    others.set(key, made)
    return made
  }

  function clear(): void {
    for (const holder of all()) holder.clear()
  }

  return Object.freeze({
    async getToken(request?: GetTokenOptions) {
      return holderFor(purposeOf(request, usual, ['signal'])).get(request?.signal)
    },
    invalidate(token?: Token | string) {
      if (token === undefined) {
        clear()
        return true
      }
      const value = typeof token === 'string' ? token : token.value
      const verdicts = all().map((holder) => holder.drop(value))
      return !verdicts.includes(false)
    },
    fetch: authorizedFetch(settings, holderFor),
    counters: () => Object.freeze({ ...count }),
    close() {
      closed.abort()
      clear()
    },
  })
}
