import {
  type BoundedResponse,
  type ClientCredentials,
  CredentialsError,
  FetchError,
  type JsonObject,
  MetadataError,
  readContent,
  readJson,
  secondsUntil,
} from '@bearward/core/internal'
import { TokenError, type TokenErrorCode } from './errors.ts'
import { TOKEN_TIMES } from './token-life-cycle.ts'
import { ANSWER } from './token-response.ts'

/** Returns the error code for an HTTP status, for responses whose body contains no known code. */
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

/** Codes of RFC 6749 section 5.2 and RFC 8707 section 2 that are error codes of this library, too. */
const OAUTH_CODES: readonly TokenErrorCode[] = [
  'invalid_client',
  'unauthorized_client',
  'invalid_scope',
  'invalid_target',
  'unsupported_grant_type',
  'invalid_request',
  'server_error',
  'temporarily_unavailable',
]

/**
 * Converts a thrown value to a `TokenError`. Drops every part of it that could contain a secret. `now` is in
 * milliseconds since the epoch.
 */
export function toTokenError(thrown: unknown, now: number): TokenError {
  if (thrown instanceof TokenError) return thrown
  if (thrown instanceof CredentialsError)
    return new TokenError('credentials_unavailable', { detail: thrown.message })
  if (!(thrown instanceof FetchError)) return new TokenError('unexpected')
  const { failure, status: serverStatus, message: detail } = thrown
  const retryAfter = readRetryAfter(thrown.retryAfter, now)
  return new TokenError(getFetchErrorCode(thrown), {
    serverStatus,
    retryAfter,
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
 * Converts a value thrown by discovery to a `TokenError`. A server that responds without metadata where the metadata
 * should be is the wrong server: `no_token_endpoint`.
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

/** Reads an error response of a token endpoint (RFC 6749 section 5.2). Accepts any body. */
export async function readErrorResponse(
  response: BoundedResponse,
  endpoint: string,
  secrets: readonly string[],
  now: number,
): Promise<TokenError> {
  const members = await readContent(response, endpoint, ANSWER)
    .then((bytes) => readJson(bytes, endpoint))
    // The status of an unreadable error page is sufficient.
    .catch((): JsonObject => ({}))
  return toResponseError(members, response, endpoint, secrets, now)
}

/** Converts the members of an error response to a `TokenError`. Drops server texts that contain one of `secrets`. */
export function toResponseError(
  { error, error_description: description }: JsonObject,
  { status, headers }: BoundedResponse,
  endpoint: string,
  secrets: readonly string[],
  now: number,
): TokenError {
  const named = OAUTH_CODES.find((code) => code === error)
  const code =
    status === 429 ? 'throttled' : (named ?? getStatusErrorCode(status === 200 ? 400 : status))
  // If the credentials are wrong, the server is likely to repeat them in its description.
  const texts = code === 'invalid_client' ? [named] : [error, description]
  const serverTexts = texts.flatMap((text) => readServerText(text, secrets) ?? [])
  return new TokenError(code, {
    detail: [`${endpoint}: status ${status}`, ...serverTexts].join(', '),
    serverStatus: status,
    retryAfter: readRetryAfter(headers.get('retry-after') ?? undefined, now),
  })
}

/** Returns message and detail of an error in one text. */
export function toEventDetail({ message, detail }: TokenError): string {
  return detail === undefined ? message : `${message} (${detail})`
}

/** Parses `Retry-After`. Returns seconds, at most `TOKEN_TIMES.retryAfter`. */
function readRetryAfter(retryAfter: string | undefined, now: number): number | undefined {
  const seconds = secondsUntil(retryAfter, now)
  return seconds === undefined ? undefined : Math.min(seconds, TOKEN_TIMES.retryAfter)
}

/** Returns all secrets of a request, in each form in which the server receives them. */
export function getSecrets(
  { headers, form }: ClientCredentials,
  parameters: readonly string[],
): readonly string[] {
  const basic = headers['Authorization']?.slice('Basic '.length)
  const encoded = basic === undefined ? '' : atob(basic).split(':')[1]!
  const { client_secret: secret, client_assertion: assertion } = form
  const all = [basic, encoded, decodeFormValue(encoded), secret, assertion, ...parameters]
  return all.flatMap((text) => (text ? [text, toBase64(text)] : []))
}

/**
 * Returns a text of the server if it is safe to log: short, printable, and without a secret of the request. Some
 * servers repeat the request in their error description, unchanged or in another encoding.
 */
function readServerText(text: unknown, secrets: readonly string[]): string | undefined {
  if (typeof text !== 'string' || !/^[\x20-\x7e\s]{1,500}$/.test(text)) return undefined
  const normalized = normalizeEncoding(text)
  if (secrets.some((secret) => normalized.includes(normalizeEncoding(secret)))) return undefined
  return text.replace(/\s+/g, ' ')
}

/** Removes the differences between encodings of a text: escapes, quotes, case, base64 alphabets and spaces. */
function normalizeEncoding(text: string): string {
  return decodePercent(text)
    .replace(/[\s\\"'+=/_-]/g, '')
    .toLowerCase()
}

function decodePercent(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, decodeFormValue)
}

function decodeFormValue(text: string): string {
  return new URLSearchParams(`a=${text}`).get('a') ?? text
}

function toBase64(text: string): string {
  return btoa(
    Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(''),
  )
}
