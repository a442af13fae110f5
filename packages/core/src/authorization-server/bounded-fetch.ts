import { type JsonObject, parseJsonObject } from '../lib/json.ts'
import { LIMITS } from '../limits.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { Fetch, FetchInit, FetchResponse } from '../model/fetch.ts'
import { withoutQuery } from './address.ts'
import { type AnswerBody, BodyError, openBody } from './answer-body.ts'

/** The kinds of failure of a call: the closed set that events and error messages share. */
export type FetchFailure =
  | 'unreachable'
  | 'timeout'
  | 'closed'
  | 'redirect'
  | 'status'
  | 'content_type'
  | 'too_large'
  | 'malformed'

export class FetchError extends Error {
  override readonly name = 'FetchError'
  readonly failure: FetchFailure
  /** The status of the response, if `failure` is `status` or `redirect`. */
  readonly status: number | undefined
  /** The `Retry-After` of that answer as it came. */
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

/** The bounds within which a response is read. */
export interface AnswerBounds {
  readonly mediaType: RegExp
  /** At most, after decompression. */
  readonly bytes: number
}

/** A document of the authorization server, and how long it says that it may be kept. */
export interface FetchedDocument {
  readonly document: JsonObject
  /** Seconds, by `Cache-Control` and `Age`; `undefined` where the server does not say. */
  readonly maxAge: number | undefined
  /** Seconds that it has spent in caches on its way, by `Age`. */
  readonly age: number
}

/** Gets a JSON document. Has no deadline of its own: it runs under that of its signal. */
export type GetJson = (url: string, signal: AbortSignal) => Promise<FetchedDocument>

export const JSON_MEDIA_TYPE = /^application\/(?:[\w.-]+\+)?json[ \t]*(?:;|$)/i
const HEADERS = { Accept: 'application/json, application/jwk-set+json' }
const DOCUMENT: AnswerBounds = { mediaType: JSON_MEDIA_TYPE, bytes: LIMITS.documentBytes }

/**
 * Gets JSON documents of an authorization server, within bounds: redirects are not followed, at most
 * `LIMITS.documentBytes` bytes are read after decompression, and only 200 with a JSON media type counts.
 * Throws a `FetchError`.
 */
export function boundedFetch(fetch: Fetch): GetJson {
  return async (url, signal) => {
    const response = await send({ fetch, url, signal }, () => ({ method: 'GET', headers: HEADERS }))
    const document = readJson(await readAnswer(response, url, DOCUMENT), url)
    return { document, maxAge: readMaxAge(response.headers), age: readAge(response.headers) }
  }
}

/** The function, the address and the deadline of a call. */
export interface Call {
  readonly fetch: Fetch
  readonly url: string
  readonly signal: AbortSignal
}

/** An answer whose body is not read yet. It is let go when the signal of the call is aborted. */
export interface BoundedResponse extends Pick<FetchResponse, 'status' | 'type' | 'headers'> {
  readonly body: AnswerBody
}

/** The parts of a request that its author writes. */
export type WrittenRequest = Pick<FetchInit, 'method' | 'headers' | 'body'>

/**
 * Makes one call, unless its time is over. A call whose connection was reset before the head of an answer was complete
 * is made once more, at once and within the same time: a server may close a connection that was kept just when it is
 * used again, and `fetch` does not get over that by itself. `write` writes the request, anew for each of the two,
 * because a server may take an assertion in it only once; where it cannot do that again, the reset is what is thrown.
 * Throws a `FetchError` where nothing comes of it, and where one's own `fetch` has followed a redirect: what was sent
 * may have gone with it.
 */
export async function send(
  call: Call,
  write: () => MaybePromise<WrittenRequest>,
): Promise<BoundedResponse> {
  const request = await write()
  try {
    return await carry(call, request)
  } catch (reset) {
    if (!isReset(reset) || call.signal.aborted) throw reset
    let again: WrittenRequest
    try {
      again = await write()
    } catch {
      throw reset
    }
    return carry(call, again)
  }
}

async function carry(
  { fetch, url, signal }: Call,
  request: WrittenRequest,
): Promise<BoundedResponse> {
  if (signal.aborted) throw signal.reason as Error
  const init: FetchInit = { ...request, redirect: 'manual', signal }
  const response = await unlessBroken(`${withoutQuery(url)}: no answer`, () => fetch(url, init))
  const { status, type, headers } = response
  const body = openBody(response.body)
  // Also when the work is done: nobody may read on, and a body that was not read holds its connection.
  signal.addEventListener('abort', () => body.letGo(), { once: true })
  if (signal.aborted) body.letGo()
  if (response.redirected)
    throw new FetchError('redirect', `${withoutQuery(url)}: fetch has followed a redirect`)
  return { status, type, headers, body }
}

/**
 * Reads an answer within bounds: only 200 with one media type counts, and no more than so many bytes are
 * read. Throws a `FetchError`.
 */
export async function readAnswer(
  response: BoundedResponse,
  url: string,
  bounds: AnswerBounds,
): Promise<Uint8Array> {
  const { status, headers } = response
  if (response.type === 'opaqueredirect' || (status >= 300 && status < 400)) {
    throw new FetchError('redirect', `${withoutQuery(url)}: redirects are not followed`, { status })
  }
  if (status !== 200) {
    const retryAfter = headers.get('retry-after') ?? undefined
    throw new FetchError('status', `${withoutQuery(url)}: status ${status}`, { status, retryAfter })
  }
  return readContent(response, url, bounds)
}

/** The same for an answer of any status. */
export async function readContent(
  response: BoundedResponse,
  url: string,
  { mediaType, bytes }: AnswerBounds,
): Promise<Uint8Array> {
  if (!mediaType.test(response.headers.get('content-type') ?? '')) {
    throw new FetchError(
      'content_type',
      `${withoutQuery(url)}: not the content type that was asked for`,
    )
  }
  return unlessBroken(`${withoutQuery(url)}: the answer broke off`, async () => {
    try {
      return await response.body.read(bytes)
    } catch (error) {
      if (!(error instanceof BodyError)) throw error
      throw new FetchError(error.failure, `${withoutQuery(url)}: ${error.message}`)
    }
  })
}

/** Reads a JSON object. Throws a `FetchError`. */
export function readJson(bytes: Uint8Array, url: string): JsonObject {
  try {
    return parseJsonObject(bytes)
  } catch (error) {
    throw new FetchError('malformed', `${withoutQuery(url)}: ${(error as SyntaxError).message}`)
  }
}

/** Codes that say that the other side has closed the connection: the system, and the `fetch` of Node. */
const RESETS: readonly unknown[] = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']

function isReset(error: unknown): boolean {
  return error instanceof FetchError && RESETS.includes(codeIn(error.cause))
}

/** Returns the code of the system or of TLS, which `fetch` hides in the cause of its error. */
function codeIn(error: unknown, depth = 3): string | undefined {
  if (typeof error !== 'object' || error === null || depth === 0) return undefined
  const { code, cause } = error as { code?: unknown; cause?: unknown }
  const isCode = typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code)
  return isCode ? code : codeIn(cause, depth - 1)
}

async function unlessBroken<T>(message: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (cause) {
    if (cause instanceof FetchError) throw cause
    const code = codeIn(cause)
    throw new FetchError('unreachable', code ? `${message} (${code})` : message, { cause })
  }
}

/**
 * The remaining freshness of an answer (RFC 9111 sections 4.2.1 and 5.2.2). `no-store`, `no-cache`, and a
 * `max-age` that is no number mean none; of several values the smallest counts. `s-maxage` and `Expires`
 * are for others.
 */
export function readMaxAge(headers: FetchResponse['headers']): number | undefined {
  const directives = (headers.get('cache-control') ?? '')
    .toLowerCase()
    .split(',')
    .map((text) => text.trim())
  if (directives.some((directive) => /^no-(?:store|cache)\b/.test(directive))) return 0
  const ages = directives
    .filter((directive) => directive.startsWith('max-age='))
    .map((directive) => /^max-age="?(\d+)"?$/.exec(directive)?.[1])
    .map((seconds) => (seconds === undefined ? 0 : Math.min(Number(seconds), Number.MAX_VALUE)))
  if (ages.length === 0) return undefined
  return Math.max(0, Math.min(...ages) - readAge(headers))
}

/**
 * `Age` (RFC 9111 section 5.1) in seconds: 0 where the answer comes from the server itself, or the field is no number. The
 * largest counts, where caches have written several.
 */
export function readAge(headers: FetchResponse['headers']): number {
  const ages = (headers.get('age') ?? '')
    .split(',')
    .map(Number.parseFloat)
    .filter((age) => age > 0)
  return Math.min(Math.max(0, ...ages), Number.MAX_VALUE)
}
