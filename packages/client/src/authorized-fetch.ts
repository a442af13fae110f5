import { hasChallengeError } from './challenge.ts'
import type { SourceProofs } from './dpop.ts'
import { createNonceRetry } from './nonce-retry.ts'
import type { TokenRequest } from './token-request-options.ts'
import type { RenewedToken } from './renewed-token.ts'
import type { SourceSettings } from './source-settings.ts'
import type { Token } from './token.ts'
import { createTokenHeaders } from './token-headers.ts'
import { resolveTokenTarget, type TokenTarget } from './token-target.ts'
import { checkOrigin } from './allowed-origins.ts'

/**
 * Type of `source.fetch`: `fetch` that adds an access token. `request` selects a token for another scope, resource or
 * audience.
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
  settings: SourceSettings,
  getRenewedToken: (target: TokenTarget) => RenewedToken,
  dpop: SourceProofs | undefined,
): SourceFetch {
  const { target: defaults, resourceFetch, retryOn } = settings
  return async (input, givenInit = {}, request) => {
    const given = input instanceof Request ? input : undefined
    const url = new URL(given === undefined ? (input as string | URL) : getRequestUrl(given))
    const init = copyInit(givenInit)
    const target = resolveTokenTarget(request, defaults)
    checkOrigin(url, target, settings)
    const headers = new Headers(init.headers ?? given?.headers)
    checkHeaders(headers, dpop)
    const signal = init.signal ?? given?.signal
    const redirect = (init.redirect ?? given?.redirect) === 'error' ? 'error' : 'manual'
    const method = normalizeMethod(init.method ?? given?.method)
    const isRepeatable = canBeSentAgain(given, init)
    const renewedToken = getRenewedToken(target)

    async function sendOnce(token: Token): Promise<Response> {
      const fields = await createTokenHeaders(token, { method, url }, dpop)
      for (const [name, value] of Object.entries(fields)) headers.set(name, value)
      // Uses the checked URL, because `input` can report another URL or can have changed since the check.
      const checkedInput = given === undefined ? url.href : new Request(url.href, given)
      return resourceFetch(checkedInput, { ...init, headers, redirect })
    }

    const nonces = dpop?.apiNonces
    const send =
      nonces === undefined
        ? sendOnce
        : createNonceRetry({ send: sendOnce, nonces, url, isRepeatable, signal })
    const token = await renewedToken.get(signal)
    const response = await send(token)
    if (!isTokenRejected(response, token, retryOn)) return response
    if (!renewedToken.reject(token.value) || !isRepeatable) return response
    const next = await renewedToken.getSuccessor(token.value, signal).catch(() => undefined)
    signal?.throwIfAborted()
    // If there is no new token, the caller gets the 401 of the API.
    if (next === undefined) return response
    response.body?.cancel().catch(() => {})
    return send(next)
  }
}

/** Returns whether the API may accept the request with a new token. A new token does not help if the API rejected the proof. */
function isTokenRejected(
  response: Response,
  { type }: Token,
  retryOn: SourceSettings['retryOn'],
): boolean {
  const hasError = (error: string) => hasChallengeError(response, type, error)
  if (retryOn === 'invalid_token') return hasError('invalid_token')
  return response.status === 401 && !PROOF_ERRORS.some(hasError)
}

/** Error codes for a rejected proof (RFC 9449 sections 7.1 and 9). */
const PROOF_ERRORS = ['use_dpop_nonce', 'invalid_dpop_proof']

function checkHeaders(headers: Headers, dpop: SourceProofs | undefined): void {
  for (const name of dpop === undefined ? ['Authorization'] : ['Authorization', 'DPoP']) {
    if (!headers.has(name)) continue
    throw new TypeError(`source.fetch sets the ${name} header: remove it from the request`)
  }
}

/** Returns the method as `fetch` sends it. `fetch` converts only the usual methods to upper case. */
function normalizeMethod(method = 'GET'): string {
  return /^(?:delete|get|head|options|post|put)$/i.test(method) ? method.toUpperCase() : method
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
