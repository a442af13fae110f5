import type { MaybePromise } from '@bearward/core/internal'
import { Itself } from '@bearward/core/internal-guards'
import { checkLength, hasBytes, parseRead, type ParsedBody, readStream } from './body.ts'

/** Keeps the body of a request that a guard has read, so that a second guard checks the same object. */
class WithBody extends Itself {
  static readonly #notExtensible = new WeakMap<Request, ParsedBody>()
  readonly #body: ParsedBody

  private constructor(request: Request, body: ParsedBody) {
    super(request)
    this.#body = body
  }

  static find(request: Request): ParsedBody | undefined {
    return #body in request ? request.#body : WithBody.#notExtensible.get(request)
  }

  /**
   * Keeps `body`, unless another guard has kept one in the meantime: two guards can read an empty body at the same time. Returns
   * the body that is kept.
   */
  static add(request: Request, body: ParsedBody): ParsedBody {
    const known = WithBody.find(request)
    if (known !== undefined) return known
    if (Object.isExtensible(request)) return new WithBody(request, body).#body
    WithBody.#notExtensible.set(request, body)
    return body
  }
}

/** Reads the body of a web-standard request. The request itself cannot be read afterwards. */
export async function readWebBody(request: Request, limit: number): Promise<ParsedBody> {
  const known = WithBody.find(request)
  if (known !== undefined) return known
  if (request.bodyUsed) {
    throw new TypeError(
      'The body of the request was read before the guard. Call the guard first, and pass parsedBody to other code.',
    )
  }
  const tooLarge = checkLength(request.headers.get('content-length'), limit)
  return WithBody.add(request, tooLarge ?? (await readChunks(request.body, limit)))
}

/** Returns whether a guard has read the body of a request. */
export function wasReadByGuard(request: Request): boolean {
  return WithBody.find(request) !== undefined
}

/** Returns whether a request has a body that was not read. */
export function hasUnreadWebBody(request: Request): MaybePromise<boolean> {
  return request.body !== null && !request.bodyUsed && hasBytes(toChunks(request.body))
}

function readChunks(
  body: ReadableStream<Uint8Array> | null,
  limit: number,
): MaybePromise<ParsedBody> {
  return body === null ? parseRead('') : readStream(toChunks(body), limit)
}

/** Returns the chunks of a stream. Not every runtime can iterate over a `ReadableStream` itself. */
function toChunks(body: ReadableStream<Uint8Array>): AsyncIterable<Uint8Array> {
  const reader = body.getReader()
  return {
    // A generator would take more time than the reader itself.
    [Symbol.asyncIterator]: () => ({
      next: () => reader.read() as Promise<IteratorResult<Uint8Array>>,
      async return() {
        await reader.cancel().catch(() => {})
        return { done: true, value: undefined }
      },
    }),
  }
}

/**
 * Returns a copy of a request, for handlers that read the body themselves. The body of the copy is `parsedBody` as JSON text, so
 * the handler executes exactly what the guard has checked.
 *
 * @example
 * const handle = mcp.protect((request, { parsedBody }) => handler(toReadableRequest(request, parsedBody)))
 */
export function toReadableRequest(request: Request, parsedBody: unknown): Request {
  const headers = new Headers(request.headers)
  headers.delete('content-length')
  headers.delete('transfer-encoding')
  const { method, url, signal } = request
  const body = parsedBody === undefined ? undefined : { body: JSON.stringify(parsedBody) }
  // In Cloudflare Workers, `cf` describes the connection. Other runtimes ignore it.
  const cf = 'cf' in request ? { cf: request.cf } : undefined
  return new Request(url, { method, headers, signal, ...body, ...cf })
}
