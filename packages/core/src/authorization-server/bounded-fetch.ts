import type { JsonObject } from '../lib/json.ts'
import { parseJsonObject } from '../lib/parse-json.ts'
import { LIMITS } from '../limits.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { Fetch, FetchInit, FetchResponse } from '../model/fetch.ts'
import { getQueryValues, toLoggedAddress } from './address.ts'
import { BodyError, openBody, type ResponseBody } from './response-body.ts'
import { readAge, readMaxAge } from './freshness.ts'
import { describeCause, isReset } from './network-cause.ts'
import { SentSecrets } from './sent-secrets.ts'

/** Kinds of failure of a call. Events and error messages use this closed set. */
export type FetchFailure =
  | 'unreachable'
  | 'timeout'
  | 'closed'
  | 'redirect'
  | 'status'
  | 'content_type'
  | 'too_large'
  | 'malformed'

/** Error of a failed call. Its message can be logged. */
export class FetchError extends Error {
  override readonly name = 'FetchError'
  readonly failure: FetchFailure
  /** Status of the response. Set for the failure `status`, and for a redirect that was not followed. */
  readonly status: number | undefined
  /** The value of `Retry-After` as the server sent it, or the remaining seconds of an earlier pause. */
  readonly retryAfter: string | undefined

  constructor(
    failure: FetchFailure,
    message: string,
    more: { status?: number | undefined; retryAfter?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, 'cause' in more ? { cause: more.cause } : {})
    this.failure = failure
    this.status = more.status
    this.retryAfter = more.retryAfter
  }
}

/** Content type that is accepted. */
export interface MediaType {
  readonly name: string
  readonly pattern: RegExp
}

/** Limits for reading a response. */
export interface BodyLimits {
  readonly mediaType: MediaType
  /** Maximum number of bytes after decompression. */
  readonly bytes: number
}

/** Document of the authorization server, and the time for which it may be cached. */
export interface FetchedDocument {
  readonly document: JsonObject
  /** Seconds, from `Cache-Control` and `Age`; `undefined` if the server does not set a maximum age. */
  readonly maxAge: number | undefined
  /** Seconds that the document has spent in HTTP caches, from `Age`. */
  readonly age: number
}

/** Fetches a JSON document. Sets no deadline: the caller ends the fetch with `signal`. */
export type GetJson = (url: string, signal: AbortSignal) => Promise<FetchedDocument>

export const JSON_MEDIA_TYPE: MediaType = {
  name: 'application/json',
  pattern: /^application\/(?:[\w.-]+\+)?json[ \t]*(?:;|$)/i,
}
const HEADERS = { Accept: 'application/json, application/jwk-set+json' }
const DOCUMENT: BodyLimits = { mediaType: JSON_MEDIA_TYPE, bytes: LIMITS.documentBytes }

/**
 * Creates a function that fetches JSON documents of an authorization server. It does not follow redirects. It reads at
 * most `LIMITS.documentBytes` bytes after decompression. It accepts only status 200 with a JSON media type. If the call fails,
 * or the response is not accepted, it throws a `FetchError`.
 */
export function boundedFetch(fetch: Fetch): GetJson {
  return async (url, signal) => {
    const response = await send({ fetch, url, signal }, () => ({ method: 'GET', headers: HEADERS }))
    const document = readJson(await readResponseBody(response, url, DOCUMENT), url)
    return { document, maxAge: readMaxAge(response.headers), age: readAge(response.headers) }
  }
}

/** Function, address and deadline of a call. */
export interface Call {
  readonly fetch: Fetch
  readonly url: string
  readonly signal: AbortSignal
}

/** Response whose body is not read yet. The body is discarded when the signal of the call is aborted. */
export interface BoundedResponse extends Pick<FetchResponse, 'status' | 'type' | 'headers'> {
  readonly body: ResponseBody
  /** Secrets of the request. A text of the response is shown only if it contains none of them. */
  readonly secrets: SentSecrets
}

/** Parts of a request that the argument `write` of `send` returns. */
export interface SerializedRequest extends Pick<FetchInit, 'method' | 'headers' | 'body'> {
  /** The secrets in the request. The list can contain a secret in several forms, such as encoded. `send` adds values of the query. */
  readonly secrets?: readonly string[]
}

/**
 * Makes one call, unless its deadline has passed. Retries once, immediately and within the same deadline, if the
 * connection was reset before the head of the response was complete. A server can close a kept-alive connection at the
 * moment when it is reused, and `fetch` does not retry in this case.
 *
 * `write` creates the request for each of the two attempts, because a server may accept an assertion only once. If the
 * second `write` fails, `send` throws the error of the reset connection.
 *
 * Throws a `FetchError` if the call fails, or if a custom `fetch` has followed a redirect. Such a `fetch` may have sent the
 * credentials to another address. Throws the error of the first `write` unchanged.
 */
export async function send(
  call: Call,
  write: () => MaybePromise<SerializedRequest>,
): Promise<BoundedResponse> {
  const secrets = new SentSecrets(getQueryValues(call.url))
  const request = await write()
  try {
    return await callOnce(call, request, secrets)
  } catch (reset) {
    if (!(reset instanceof FetchError && isReset(reset.cause)) || call.signal.aborted) throw reset
    let again: SerializedRequest
    try {
      again = await write()
    } catch {
      throw reset
    }
    return callOnce(call, again, secrets)
  }
}

async function callOnce(
  { fetch, url, signal }: Call,
  { secrets: ownSecrets = [], ...request }: SerializedRequest,
  secrets: SentSecrets,
): Promise<BoundedResponse> {
  if (signal.aborted) throw signal.reason as Error
  secrets.add(ownSecrets)
  const init: FetchInit = { ...request, redirect: 'manual', signal }
  const message = `${toLoggedAddress(url)}: no response`
  const response = await withCause(message, secrets, () => fetch(url, init))
  const { status, type, headers } = response
  const body = openBody(response.body)
  // `withDeadline` also aborts the signal when the work has ended. Otherwise, an unread body would keep the connection open.
  signal.addEventListener('abort', () => body.discard(), { once: true })
  if (signal.aborted) body.discard()
  if (response.redirected)
    throw new FetchError('redirect', `${toLoggedAddress(url)}: fetch followed a redirect`)
  return { status, type, headers, body, secrets }
}

/**
 * Reads the body of a response with status 200 and the given media type, up to the given number of bytes. Throws a
 * `FetchError` for every other response.
 */
export async function readResponseBody(
  response: BoundedResponse,
  url: string,
  bounds: BodyLimits,
): Promise<Uint8Array> {
  const { status, headers } = response
  if (response.type === 'opaqueredirect' || (status >= 300 && status < 400)) {
    throw new FetchError(
      'redirect',
      `${toLoggedAddress(url)}: responded with a redirect, which is not followed`,
      {
        status,
      },
    )
  }
  if (status !== 200) {
    const retryAfter = headers.get('retry-after') ?? undefined
    throw new FetchError('status', `${toLoggedAddress(url)}: status ${status}`, {
      status,
      retryAfter,
    })
  }
  return readContent(response, url, bounds)
}

/** Reads the body of a response like `readResponseBody`, but accepts any status. */
export async function readContent(
  response: BoundedResponse,
  url: string,
  { mediaType, bytes }: BodyLimits,
): Promise<Uint8Array> {
  const { headers, secrets } = response
  const type = headers.get('content-type') ?? ''
  if (!mediaType.pattern.test(type)) {
    const found = `${describeType(type, secrets)}, ${mediaType.name} expected`
    throw new FetchError('content_type', `${toLoggedAddress(url)}: ${found}`)
  }
  return withCause(`${toLoggedAddress(url)}: the response is incomplete`, secrets, async () => {
    try {
      return await response.body.read(bytes)
    } catch (error) {
      if (!(error instanceof BodyError)) throw error
      throw new FetchError(error.failure, `${toLoggedAddress(url)}: ${error.message}`)
    }
  })
}

/** Describes a content type without its parameters. Shows it only if it can be logged. */
function describeType(type: string, secrets: SentSecrets): string {
  if (type === '') return 'no content type'
  const [essence] = type.split(';')
  const isType = /^[a-z]{1,20}\/[\w.+-]{1,60}$/i.test(essence!.trim())
  const shown = isType ? secrets.readText(essence) : undefined
  return shown === undefined ? 'an unreadable content type' : `content type ${shown.toLowerCase()}`
}

/** Parses a JSON object with `parseJsonObject` or `parseClaims`. Throws a `FetchError` if the bytes are malformed. */
export function readJson(
  bytes: Uint8Array,
  url: string,
  parse: (bytes: Uint8Array) => JsonObject = parseJsonObject,
): JsonObject {
  try {
    return parse(bytes)
  } catch (error) {
    throw new FetchError('malformed', `${toLoggedAddress(url)}: ${(error as SyntaxError).message}`)
  }
}

/**
 * Runs a step of a call. If the step throws an error that is not a `FetchError`, throws a `FetchError` instead. The message of
 * this `FetchError` names the cause if the cause can be logged.
 */
async function withCause<T>(
  message: string,
  secrets: SentSecrets,
  step: () => Promise<T>,
): Promise<T> {
  try {
    return await step()
  } catch (cause) {
    if (cause instanceof FetchError) throw cause
    const known = secrets.readText(describeCause(cause))
    throw new FetchError('unreachable', known ? `${message} (${known})` : message, { cause })
  }
}
