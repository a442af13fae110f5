import { isAcceptableAddress } from '@bearward/core/authorization-server'
import { isInvalidToken } from './challenge.ts'
import { TokenError } from './errors.ts'
import type { GetTokenOptions, TokenRequest } from './options.ts'
import { originsOf, purposeOf } from './purpose.ts'
import type { Settings } from './read-options.ts'
import type { Token } from './token.ts'

/** `fetch` with a token. `request` says which, where it is not the usual one. */
export type SourceFetch = (
  input: string | URL | Request,
  init?: RequestInit,
  request?: TokenRequest,
) => Promise<Response>

export interface AuthorizedFetchOptions {
  readonly settings: Settings
  readonly getToken: (options?: GetTokenOptions) => Promise<Token>
  /** An API has rejected this token. Returns whether another one may fare better. */
  readonly reject: (token: Token) => boolean
}

/** Makes the `fetch` of a token source. Where a token goes is decided before there is one. */
export function authorizedFetch(options: AuthorizedFetchOptions): SourceFetch {
  const { settings, getToken, reject } = options
  const { origins, purpose: usual, insecureHosts, resourceFetch } = settings

  function check(url: URL, request: TokenRequest | undefined): void {
    const purpose = request === undefined ? usual : purposeOf(request, usual)
    const allowed = origins ?? originsOf(purpose)
    const isAllowed = allowed.includes(url.origin) && isAcceptableAddress(url.origin, insecureHosts)
    if (!isAllowed) throw new TokenError('origin_not_allowed', { detail: url.origin })
  }

  return async (input, init = {}, request) => {
    const given = input instanceof Request ? input : undefined
    const url = new URL(input instanceof Request ? input.url : input)
    check(url, request)
    const headers = new Headers(init.headers ?? given?.headers)
    if (headers.has('authorization')) {
      throw new TypeError('source.fetch writes the Authorization header: leave it out')
    }
    const signal = init.signal ?? given?.signal
    const wanted = { ...request, ...(signal && { signal }) }
    const redirect = (init.redirect ?? given?.redirect) === 'error' ? 'error' : 'manual'

    const send = (token: Token) => {
      headers.set('authorization', `Bearer ${token.value}`)
      // What was checked is what is called, whatever has become of `input` since.
      return resourceFetch(given ?? url.href, { ...init, headers, redirect })
    }
    const token = await getToken(wanted)
    const response = await send(token)
    if (!isInvalidToken(response)) return response
    const isWorthIt = reject(token)
    if (!isWorthIt || !canBeSentAgain(given, init)) return response
    const next = await getToken(wanted).catch(() => undefined)
    // Without a new token, what the API has said is all that there is to say.
    if (next === undefined || next.value === token.value) return response
    await response.body?.cancel()
    return send(next)
  }
}

/** A stream is gone when it has been sent, and so is the body of a `Request`. */
function canBeSentAgain(given: Request | undefined, { body }: RequestInit): boolean {
  if (body === undefined || body === null) return given === undefined || given.body === null
  return (
    typeof body === 'string' ||
    body instanceof URLSearchParams ||
    body instanceof FormData ||
    body instanceof Blob ||
    body instanceof ArrayBuffer ||
    ArrayBuffer.isView(body)
  )
}
