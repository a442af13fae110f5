import type { MaybePromise } from '@bearward/core/internal'
import { checkLength, hasBytes, type ParsedBody, readStream } from './body.ts'

/** The bodies that guards have read, so that a second guard of a request checks the same object. */
const parsedBodies = new WeakMap<Request, ParsedBody>()

/** Reads the body of a web-standard request. The request itself cannot be read afterwards. */
export async function readWebBody(request: Request, limit: number): Promise<ParsedBody> {
  const known = parsedBodies.get(request)
  if (known !== undefined) return known
  if (request.bodyUsed) {
    throw new TypeError(
      'The body of the request was read before the guard. Call the guard first, and pass parsedBody to other code.',
    )
  }
  const tooLarge = checkLength(request.headers.get('content-length'), limit)
  const parsed = tooLarge ?? (await readStream(toChunks(request.body), limit))
  parsedBodies.set(request, parsed)
  return parsed
}

/** Returns whether a guard has read the body of a request. */
export function wasReadByGuard(request: Request): boolean {
  return parsedBodies.has(request)
}

/** Returns whether a request has a body that was not read. */
export function hasUnreadWebBody(request: Request): MaybePromise<boolean> {
  return request.body !== null && !request.bodyUsed && hasBytes(toChunks(request.body))
}

/** Returns the chunks of a stream. Not every runtime can iterate over a `ReadableStream` itself. */
async function* toChunks(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  if (body === null) return
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}

/**
 * Returns a copy of a request whose body can be read, for handlers that read it themselves. The body is the text of `parsedBody`, so
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
  return new Request(url, { method, headers, signal, ...body })
}
