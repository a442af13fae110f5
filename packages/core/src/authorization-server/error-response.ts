import { LIMITS } from '../limits.ts'
import type { JsonObject } from '../lib/json.ts'
import { type BoundedResponse, JSON_MEDIA_TYPE, readContent, readJson } from './bounded-fetch.ts'
import { type OAuthErrorCode, readErrorCode } from './error-codes.ts'

/** Error response of an endpoint (RFC 6749 section 5.2), as far as it can be logged. */
export interface ErrorResponse {
  /** The `error`, if it is a registered code. */
  readonly code: OAuthErrorCode | undefined
  /** Status, code and description. The description is left out if it could contain a secret. */
  readonly text: string
}

const BOUNDS = { mediaType: JSON_MEDIA_TYPE, bytes: LIMITS.introspectionBytes }

/**
 * Returns whether a response with this status has a body that is read. A server that is overloaded may send a head and no
 * body, and its `Retry-After` must not be lost.
 */
export function isErrorResponse(status: number): boolean {
  return status >= 400 && status < 500 && status !== 429
}

/** Returns whether the description of an error may be logged. One about a token can contain what is in the token. */
export type IsDescribed = (code: OAuthErrorCode | undefined) => boolean

/** Reads an error response. Accepts any body, because the status of an unreadable one is sufficient. Never rejects. */
export async function readErrorResponse(
  response: BoundedResponse,
  url: string,
  isDescribed: IsDescribed = () => true,
): Promise<ErrorResponse> {
  const members = await readContent(response, url, BOUNDS)
    .then((bytes) => readJson(bytes, url))
    .catch((): JsonObject => ({}))
  return toErrorResponse(members, response, isDescribed)
}

/** Returns the error response with these members. */
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
