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

/** Reads an error response. Accepts any body, because the status of an unreadable one is sufficient. Never rejects. */
export async function readErrorResponse(
  response: BoundedResponse,
  url: string,
): Promise<ErrorResponse> {
  const members = await readContent(response, url, BOUNDS)
    .then((bytes) => readJson(bytes, url))
    .catch((): JsonObject => ({}))
  return toErrorResponse(members, response)
}

/** Returns the error response with these members. */
export function toErrorResponse(
  { error, error_description: description }: JsonObject,
  { status, secrets }: Pick<BoundedResponse, 'status' | 'secrets'>,
): ErrorResponse {
  const code = readErrorCode(error)
  const unknown = typeof error === 'string' ? 'an error code that is not registered' : undefined
  const parts = [`status ${status}`, code ?? unknown, secrets.readText(description)]
  return { code, text: parts.filter((part) => part !== undefined).join(', ') }
}
