import { isInvalidToken } from './challenge.ts'
import { TokenError } from './errors.ts'
import type { TokenRequest } from './options.ts'
import { originsOf, type Purpose, purposeOf } from './purpose.ts'
import type { Settings } from './read-options.ts'
import type { RenewedToken } from './renewed-token.ts'

/** `fetch` with a token. `request` says which, where it is not the usual one. */
export type SourceFetch = (
  input: string | URL | Request,
  init?: RequestInit,
  request?: TokenRequest,
) => Promise<Response>

/** Makes the `fetch` of a token source. Where a token goes is decided before there is one. */
export function authorizedFetch(
  { origins, purpose: usual, resourceFetch }: Settings,
  tokensFor: (purpose: Purpose) => RenewedToken,
): SourceFetch {
  return async (input, givenInit = {}, request) => {
    const given = input instanceof Request ? input : undefined
    const url = new URL(given === undefined ? (input as string | URL) : addressOf(given))
    const init = copyOf(givenInit)
    const purpose = purposeOf(request, usual)
    if (!(origins ?? originsOf(purpose)).includes(url.origin)) {
      throw new TokenError('origin_not_allowed', { detail: url.origin })
    }
    const headers = new Headers(init.headers ?? given?.headers)
    if (headers.has('authorization')) {
      throw new TypeError('source.fetch writes the Authorization header: leave it out')
    }
    const signal = init.signal ?? given?.signal
    const redirect = (init.redirect ?? given?.redirect) === 'error' ? 'error' : 'manual'
    const tokens = tokensFor(purpose)

    const send = (value: string) => {
      headers.set('authorization', `Bearer ${value}`)
      // What was checked is what is called, whatever `input` says of itself, and whatever has become of it since.
      const target = given === undefined ? url.href : new Request(url.href, given)
      return resourceFetch(target, { ...init, headers, redirect })
    }
    const { value } = await tokens.get(signal)
    const response = await send(value)
    if (!isInvalidToken(response)) return response
    if (!tokens.reject(value) || !canBeSentAgain(given, init)) return response
    const next = await tokens.successorOf(value, signal).catch(() => undefined)
    signal?.throwIfAborted()
    // Without a new token, what the API has said is all that there is to say.
    if (next === undefined) return response
    response.body?.cancel().catch(() => {})
    return send(next.value)
  }
}

/** The address that a `Request` really has: a subclass could say that it has another. */
function addressOf(request: Request): string {
  return Reflect.get(Request.prototype, 'url', request)
}

/** What is inherited would be lost with the copy, and a `POST` become a `GET`. */
function copyOf(init: RequestInit): RequestInit {
  const prototype: unknown = Object.getPrototypeOf(init)
  if (prototype === Object.prototype || prototype === null) return { ...init }
  throw new TypeError('source.fetch takes a plain object as init: give a Request as input')
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
