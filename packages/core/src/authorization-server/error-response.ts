import { LIMITS } from '../limits.ts'
import type { JsonObject } from '../lib/json.ts'
import { type BoundedResponse, JSON_MEDIA_TYPE, readContent, readJson } from './bounded-fetch.ts'
import { type OAuthErrorCode, readErrorCode } from './error-codes.ts'

/** The parts of an error response of an endpoint (RFC 6749 section 5.2) that can be logged. */
export interface ErrorResponse {
  /** Member `error`, if it is a registered code. */
  readonly code: OAuthErrorCode | undefined
  /** Status, code and description. The description is omitted if it can contain a secret. */
  readonly text: string
}

/**
 * Returns whether the body of a response with this status is read. An overloaded server (429, 5xx) may send headers and
 * no body. Waiting for that body would end in a timeout, and the header `Retry-After` would be lost.
 */
export function isErrorResponse(status: number): boolean {
  return status >= 400 && status < 500 && status !== 429
}

/** Returns whether the description of an error may be logged. A description of a token error can contain claims. */
export type IsDescribed = (code: OAuthErrorCode | undefined) => boolean

/** Reads an error response. Accepts any body: if it is unreadable, the status is sufficient. Never rejects. */
export async function readErrorResponse(
  response: BoundedResponse,
  url: string,
  isDescribed: IsDescribed = () => true,
): Promise<ErrorResponse> {
  const bounds = { mediaType: JSON_MEDIA_TYPE, bytes: LIMITS.introspectionBytes }
  const members = await readContent(response, url, bounds)
    .then((bytes) => readJson(bytes, url))
    .catch((): JsonObject => ({}))
  return toErrorResponse(members, response, isDescribed)
}

/** Converts the members of a response to an `ErrorResponse`. */
export function toErrorResponse(
  { error, error_description: description }: JsonObject,
  { status, secrets }: Pick<BoundedResponse, 'status' | 'secrets'>,
  isDescribed: IsDescribed = () => true,
): ErrorResponse {
  const code = readErrorCode(error)
  const unknown = typeof error === 'string' ? 'an error code that is not registered' : undefined
  const text = isDescribed(code) ? secrets.readText(description) : undefined
  const parts = [`status ${status}`, code ?? unknown, text]
  return { code, text: parts.filter((part) => part !== undefined).join(', ') }
}
