import { isInvalidToken } from './challenge.ts'
import { TokenError } from './errors.ts'
import type { TokenRequest } from './options.ts'
import type { RenewedToken } from './renewed-token.ts'
import type { SourceSettings } from './source-settings.ts'
import { getDefaultOrigins, resolveTokenTarget, type TokenTarget } from './token-target.ts'

/**
 * Type of `source.fetch`: `fetch` that adds an access token. `request` selects another token than the configured one.
 *
 * @example
 * ```ts
 * const response = await source.fetch('https://api.example.com/reports', {}, { scope: 'read:reports' })
 * ```
 */
export type SourceFetch = (
  input: string | URL | Request,
  init?: RequestInit,
  request?: TokenRequest,
) => Promise<Response>

/** Creates the `fetch` of a token source. Checks the origin before it requests a token. */
export function createAuthorizedFetch(
  { allowedOrigins, target: defaults, resourceFetch, retryOn }: SourceSettings,
  getRenewedToken: (target: TokenTarget) => RenewedToken,
): SourceFetch {
  return async (input, givenInit = {}, request) => {
    const given = input instanceof Request ? input : undefined
    const url = new URL(given === undefined ? (input as string | URL) : getRequestUrl(given))
    const init = copyInit(givenInit)
    const target = resolveTokenTarget(request, defaults)
    if (!(allowedOrigins ?? getDefaultOrigins(target)).includes(url.origin)) {
      throw new TokenError('origin_not_allowed', { detail: url.origin })
    }
    const headers = new Headers(init.headers ?? given?.headers)
    if (headers.has('authorization')) {
      throw new TypeError('source.fetch sets the Authorization header: remove it from the request')
    }
    const signal = init.signal ?? given?.signal
    const redirect = (init.redirect ?? given?.redirect) === 'error' ? 'error' : 'manual'
    const renewedToken = getRenewedToken(target)

    const send = (value: string) => {
      headers.set('authorization', `Bearer ${value}`)
      // Uses the checked URL, because `input` can report another URL or can have changed since the check.
      const checkedInput = given === undefined ? url.href : new Request(url.href, given)
      return resourceFetch(checkedInput, { ...init, headers, redirect })
    }
    const { value } = await renewedToken.get(signal)
    const response = await send(value)
    const isRejected = retryOn === 'any401' ? response.status === 401 : isInvalidToken(response)
    if (!isRejected) return response
    if (!renewedToken.reject(value) || !canBeSentAgain(given, init)) return response
    const next = await renewedToken.getSuccessor(value, signal).catch(() => undefined)
    signal?.throwIfAborted()
    // Without a new token, the caller gets the 401 of the API.
    if (next === undefined) return response
    response.body?.cancel().catch(() => {})
    return send(next.value)
  }
}

/** Returns the actual URL of a `Request`. A subclass can override `url` and report another URL. */
function getRequestUrl(request: Request): string {
  return Reflect.get(Request.prototype, 'url', request)
}

/**
 * Copies `init`. Throws a `TypeError` if it is not a plain object: a copy would lose inherited members, so that a `POST`
 * would become a `GET`.
 */
function copyInit(init: RequestInit): RequestInit {
  const prototype: unknown = Object.getPrototypeOf(init)
  if (prototype === Object.prototype || prototype === null) return { ...init }
  throw new TypeError('source.fetch requires a plain object as init: pass a Request as input')
}

/** Returns whether a request can be sent again. A stream and the body of a `Request` can be read only once. */
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
