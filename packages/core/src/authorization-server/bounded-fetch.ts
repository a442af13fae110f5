import { type JsonObject, parseJsonObject } from '../encoding/json.ts'
import { LIMITS } from '../limits.ts'

/** The part of the Fetch standard that outgoing calls use. `globalThis.fetch` fits. */
export type Fetch = (url: string, init: FetchInit) => Promise<Response>

export interface FetchInit {
  readonly method: 'GET'
  readonly headers: Readonly<Record<string, string>>
  /** Always `manual`: the answer is taken as it comes, and a redirect is not followed. */
  readonly redirect: 'manual'
  readonly signal: AbortSignal
}

/** How a call failed: the closed set that events and error messages share. */
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
  /** Where `failure` is `status` or `redirect`. */
  readonly status: number | undefined

  constructor(
    failure: FetchFailure,
    url: string,
    detail: string,
    status?: number,
    cause?: unknown,
  ) {
    super(`${url}: ${detail}`, cause === undefined ? {} : { cause })
    this.failure = failure
    this.status = status
  }
}

const JSON_MEDIA_TYPE = /^application\/(?:[\w.-]+\+)?json[ \t]*(?:;|$)/i

/**
 * Gets a JSON document of the authorization server, within bounds: redirects are not followed, the
 * whole exchange (connection, head and body) takes at most `timeout` milliseconds even where the server
 * stalls in the middle of the body, at most `LIMITS.documentBytes` bytes are read after decompression,
 * and only 200 with a JSON media type counts. Throws a `FetchError`.
 */
export async function getJson(
  url: string,
  options: { fetch: Fetch; timeout: number; signal: AbortSignal },
): Promise<JsonObject> {
  const abort = new AbortController()
  const interrupted = new Promise<never>((_, reject) => {
    abort.signal.addEventListener('abort', () => reject(abort.signal.reason as Error), {
      once: true,
    })
  })
  const stop = (failure: FetchFailure, detail: string) =>
    abort.abort(new FetchError(failure, url, detail))
  const timer = setTimeout(
    () => stop('timeout', `no answer within ${options.timeout} ms`),
    options.timeout,
  )
  const close = () => stop('closed', 'the resource server was closed')
  options.signal.addEventListener('abort', close, { once: true })
  try {
    if (options.signal.aborted) close()
    // A replaced `fetch` may ignore the signal; the race makes the bound hold all the same.
    return await Promise.race([interrupted, exchange(url, options.fetch, abort.signal)])
  } finally {
    clearTimeout(timer)
    options.signal.removeEventListener('abort', close)
    // Lets go of the connection where the body was not read to its end.
    abort.abort(new FetchError('closed', url, 'the exchange is over'))
  }
}

async function exchange(url: string, fetch: Fetch, signal: AbortSignal): Promise<JsonObject> {
  const headers = { Accept: 'application/json, application/jwk-set+json' }
  const response = await unlessBroken(url, 'no answer', () =>
    fetch(url, { method: 'GET', headers, redirect: 'manual', signal }),
  )
  const { status } = response
  if (response.type === 'opaqueredirect' || (status >= 300 && status < 400)) {
    throw new FetchError('redirect', url, 'redirects are not followed', status)
  }
  if (status !== 200) throw new FetchError('status', url, `status ${status}`, status)
  if (!JSON_MEDIA_TYPE.test(response.headers.get('content-type') ?? '')) {
    throw new FetchError('content_type', url, 'the content type is not JSON')
  }
  const bytes = await unlessBroken(url, 'the answer broke off', () => readBody(response, url))
  try {
    return parseJsonObject(bytes)
  } catch (cause) {
    throw new FetchError('malformed', url, (cause as SyntaxError).message)
  }
}

async function unlessBroken<T>(url: string, detail: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (cause) {
    throw cause instanceof FetchError
      ? cause
      : new FetchError('unreachable', url, detail, undefined, cause)
  }
}

async function readBody(response: Response, url: string): Promise<Uint8Array> {
  const reader = response.body?.getReader() as ReadableStreamDefaultReader<Uint8Array> | undefined
  const chunks: Uint8Array[] = []
  let length = 0
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    length += part.value.length
    if (length > LIMITS.documentBytes) {
      throw new FetchError('too_large', url, `more than ${LIMITS.documentBytes} bytes`)
    }
    chunks.push(part.value)
  }
  const body = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    body.set(chunk, at)
    at += chunk.length
  }
  return body
}
