import { type JsonObject, parseJsonObject } from '../lib/json.ts'
import { LIMITS } from '../limits.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { Fetch, FetchInit, FetchResponse } from '../model/fetch.ts'
import { getQueryValues, toLoggedAddress } from './address.ts'
import { type AnswerBody, BodyError, openBody } from './answer-body.ts'
import { readAge, readMaxAge } from './freshness.ts'
import { describeCause, isReset } from './network-cause.ts'
import { SentSecrets } from './sent-secrets.ts'

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

/** A content type that is accepted. */
export interface MediaType {
  readonly name: string
  readonly pattern: RegExp
}

/** The bounds within which a response is read. */
export interface AnswerBounds {
  readonly mediaType: MediaType
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

export const JSON_MEDIA_TYPE: MediaType = {
  name: 'application/json',
  pattern: /^application\/(?:[\w.-]+\+)?json[ \t]*(?:;|$)/i,
}
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
  /** The secrets of the request. Texts of the response are shown only without them. */
  readonly secrets: SentSecrets
}

/** The parts of a request that its author writes. */
export interface WrittenRequest extends Pick<FetchInit, 'method' | 'headers' | 'body'> {
  /** The secrets in it, decoded and as they are sent. Values of the query are added. */
  readonly secrets?: readonly string[]
}

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
  const secrets = new SentSecrets(getQueryValues(call.url))
  const request = await write()
  try {
    return await carry(call, request, secrets)
  } catch (reset) {
    if (!(reset instanceof FetchError && isReset(reset.cause)) || call.signal.aborted) throw reset
    let again: WrittenRequest
    try {
      again = await write()
    } catch {
      throw reset
    }
    return carry(call, again, secrets)
  }
}

async function carry(
  { fetch, url, signal }: Call,
  { secrets: ownSecrets = [], ...request }: WrittenRequest,
  secrets: SentSecrets,
): Promise<BoundedResponse> {
  if (signal.aborted) throw signal.reason as Error
  secrets.add(ownSecrets)
  const init: FetchInit = { ...request, redirect: 'manual', signal }
  const place = `${toLoggedAddress(url)}: no answer`
  const response = await unlessBroken(place, secrets, () => fetch(url, init))
  const { status, type, headers } = response
  const body = openBody(response.body)
  // Also when the work is done: nobody may read on, and a body that was not read holds its connection.
  signal.addEventListener('abort', () => body.letGo(), { once: true })
  if (signal.aborted) body.letGo()
  if (response.redirected)
    throw new FetchError('redirect', `${toLoggedAddress(url)}: fetch has followed a redirect`)
  return { status, type, headers, body, secrets }
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
    throw new FetchError('redirect', `${toLoggedAddress(url)}: redirects are not followed`, {
      status,
    })
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

/** The same for an answer of any status. */
export async function readContent(
  response: BoundedResponse,
  url: string,
  { mediaType, bytes }: AnswerBounds,
): Promise<Uint8Array> {
  const { headers, secrets } = response
  const type = headers.get('content-type') ?? ''
  if (!mediaType.pattern.test(type)) {
    const found = `${describeType(type, secrets)}, ${mediaType.name} expected`
    throw new FetchError('content_type', `${toLoggedAddress(url)}: ${found}`)
  }
  return unlessBroken(`${toLoggedAddress(url)}: the answer broke off`, secrets, async () => {
    try {
      return await response.body.read(bytes)
    } catch (error) {
      if (!(error instanceof BodyError)) throw error
      throw new FetchError(error.failure, `${toLoggedAddress(url)}: ${error.message}`)
    }
  })
}

/** Returns a content type without its parameters, if it is one that can be logged. */
function describeType(type: string, secrets: SentSecrets): string {
  if (type === '') return 'no content type'
  const [essence] = type.split(';')
  const isType = /^[a-z]{1,20}\/[\w.+-]{1,60}$/i.test(essence!.trim())
  const shown = isType ? secrets.readText(essence) : undefined
  return shown === undefined ? 'an unreadable content type' : `content type ${shown.toLowerCase()}`
}

/** Reads a JSON object. Throws a `FetchError`. */
export function readJson(bytes: Uint8Array, url: string): JsonObject {
  try {
    return parseJsonObject(bytes)
  } catch (error) {
    throw new FetchError('malformed', `${toLoggedAddress(url)}: ${(error as SyntaxError).message}`)
  }
}

async function unlessBroken<T>(
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
