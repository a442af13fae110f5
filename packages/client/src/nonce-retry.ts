import { hasChallengeError } from './challenge.ts'
import type { ServerNonces } from './nonces.ts'
import type { Token } from './token.ts'

/** Sends a request with a token. Each call creates another proof, with the newest nonce. */
export type SendWithToken = (token: Token) => Promise<Response>

export interface NonceRetryOptions {
  readonly send: SendWithToken
  readonly nonces: ServerNonces
  readonly url: URL
  /** `false` if the request cannot be sent again. */
  readonly isRepeatable: boolean
  readonly signal: AbortSignal | null | undefined
}

/**
 * Creates a function that sends a request to an API. If the API requires and sends another nonce (RFC 9449 section 9), the
 * function sends the request again. At most one request is sent again, even if the function is called several times. The function
 * records the nonces of the responses.
 */
export function createNonceRetry({
  send,
  nonces,
  url,
  isRepeatable,
  signal,
}: NonceRetryOptions): SendWithToken {
  let canRetry = isRepeatable

  return async (token) => {
    const before = nonces.get(url)
    const response = await send(token)
    const isRequired = noteNonce(response, token)
    if (!canRetry || !isRequired || nonces.get(url) === before) return response
    canRetry = false
    signal?.throwIfAborted()
    response.body?.cancel().catch(() => {})
    const next = await send(token)
    noteNonce(next, token)
    return next
  }

  /** Records the nonce of a response. Returns whether the API requires another nonce. */
  function noteNonce(response: Response, { type }: Token): boolean {
    // A `resourceFetch` that follows redirects can return the response of another server.
    const nonce = response.redirected ? null : response.headers.get('dpop-nonce')
    nonces.note(url, nonce)
    const hasError = (error: string) => hasChallengeError(response, type, error)
    if (hasError('invalid_dpop_proof') && nonce === null) nonces.forget(url)
    return hasError('use_dpop_nonce')
  }
}
