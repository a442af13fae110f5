import {
  type BoundedResponse,
  CredentialsError,
  type ErrorResponse,
  FetchError,
  MetadataError,
  secondsUntil,
  toLoggedAddress,
} from '@bearward/core/internal'
import { ERRORS, TokenError, type TokenErrorCode } from './errors.ts'
import { TOKEN_TIMES } from './token-times.ts'

/**
 * Returns the error code for an HTTP status that is not 2xx. For a 4xx other than 429, `getResponseErrorCode` returns the code in
 * the body instead, if the code is known.
 */
function getStatusErrorCode(status: number): TokenErrorCode {
  switch (status) {
    case 401:
      return 'invalid_client'
    case 404:
    case 405:
    case 410:
      return 'endpoint_not_found'
    case 408:
    case 425:
    case 503:
      return 'temporarily_unavailable'
    case 429:
      return 'throttled'
    default:
      if (status >= 500) return 'server_error'
      return status >= 400 ? 'refused' : 'invalid_response'
  }
}

/**
 * Converts a thrown value to a `TokenError`. Drops every part that can contain a secret. `now` is in milliseconds since the
 * epoch. `status` is the status of the response, for errors that do not contain it.
 */
export function toTokenError(thrown: unknown, now: number, status?: number): TokenError {
  if (thrown instanceof TokenError) return thrown
  if (thrown instanceof CredentialsError)
    return new TokenError('credentials_unavailable', { detail: thrown.message })
  if (!(thrown instanceof FetchError)) return new TokenError('unexpected', { serverStatus: status })
  const { failure, status: serverStatus = status, message: detail } = thrown
  return new TokenError(getFetchErrorCode(thrown), {
    serverStatus,
    retryAfter: readRetryAfter(serverStatus, thrown.retryAfter, now),
    detail: failure === 'closed' ? undefined : detail,
  })
}

function getFetchErrorCode({ failure, status }: FetchError): TokenErrorCode {
  switch (failure) {
    case 'unreachable':
    case 'timeout':
    case 'closed':
      return failure
    case 'redirect':
      return 'redirected'
    case 'status':
      return getStatusErrorCode(status!)
    case 'content_type':
    case 'too_large':
    case 'malformed':
      return 'invalid_response'
  }
}

/**
 * Creates a `TokenError` from a value that discovery has thrown. A server that responds without metadata is probably the wrong
 * server, so the code is `no_token_endpoint`.
 */
export function toDiscoveryError(thrown: unknown, issuer: string, now: number): TokenError {
  if (thrown instanceof MetadataError) {
    const code = thrown.failure === 'issuer_mismatch' ? 'issuer_mismatch' : 'no_token_endpoint'
    return new TokenError(code, { detail: thrown.message })
  }
  const error = toTokenError(thrown, now)
  if (error.code === 'timeout')
    return new TokenError('timeout', { detail: `the metadata of ${issuer}: ${error.detail}` })
  const hasResponded = thrown instanceof FetchError && thrown.failure !== 'closed'
  const isWrong = error.code === 'invalid_response' || !error.isTransient
  if (!hasResponded || !isWrong) return error
  const { detail, serverStatus } = error
  return new TokenError('no_token_endpoint', { detail, serverStatus })
}

/** Converts an error response of a token endpoint (RFC 6749 section 5.2) to a `TokenError`. */
export function toResponseError(
  { code: named, text }: ErrorResponse,
  { status, headers }: Pick<BoundedResponse, 'status' | 'headers'>,
  endpoint: string,
  now: number,
): TokenError {
  return new TokenError(getResponseErrorCode(status, named), {
    detail: `${toLoggedAddress(endpoint)}: ${text}`,
    serverStatus: status,
    retryAfter: readRetryAfter(status, headers.get('retry-after') ?? undefined, now),
  })
}

function getResponseErrorCode(status: number, named: ErrorResponse['code']): TokenErrorCode {
  if (status < 400) return isErrorCode(named) ? named : 'refused'
  const isDecidedByStatus = status === 429 || status >= 500
  return !isDecidedByStatus && isErrorCode(named) ? named : getStatusErrorCode(status)
}

/** Returns whether a registered OAuth error code is also an error code of this library. */
function isErrorCode(code: ErrorResponse['code']): code is ErrorResponse['code'] & TokenErrorCode {
  return code !== undefined && Object.hasOwn(ERRORS, code)
}

/**
 * Returns whether the cause of an error is an unusable 2xx response. The server may have issued a token, and a retry would make
 * the server issue another one.
 */
export function isUnusableToken({ serverStatus = 0 }: TokenError): boolean {
  return serverStatus >= 200 && serverStatus < 300
}

/** Returns the message and the detail of an error as one text. */
export function toEventDetail({ message, detail }: TokenError): string {
  return detail === undefined ? message : `${message} (${detail})`
}

/**
 * Parses `Retry-After`. Returns seconds, at most `TOKEN_TIMES.retryAfter`. The result pauses the requests for all targets. With
 * a status other than 429 and 503, the header is about one target only, so it is ignored.
 */
function readRetryAfter(
  status: number | undefined,
  retryAfter: string | undefined,
  now: number,
): number | undefined {
  if (status !== 429 && status !== 503) return undefined
  const seconds = secondsUntil(retryAfter, now)
  return seconds === undefined ? undefined : Math.min(seconds, TOKEN_TIMES.retryAfter)
}
