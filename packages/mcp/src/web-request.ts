import type { MaybePromise } from '@bearward/core/internal'
import { checkLength, parseBytes, type ParsedBody, readStream, tooLarge } from './body.ts'

/** Reads the body of a web-standard request. The request itself cannot be read afterwards. */
export function readWebBody(request: Request, limit: number): MaybePromise<ParsedBody> {
  if (request.bodyUsed) {
    throw new TypeError(
      'The body of the request was read before the guard. Call the guard first, and pass parsedBody to other code.',
    )
  }
  const length = request.headers.get('content-length')
  if (length === null) return readStream(toChunks(request.body), limit)
  // The server of the platform reads at most this number of bytes.
  return checkLength(length, limit) ?? readKnownLength(request, limit)
}

/** Reads the whole body at once, which takes less time than to read its chunks. */
async function readKnownLength(request: Request, limit: number): Promise<ParsedBody> {
  const bytes = new Uint8Array(await request.arrayBuffer())
  return bytes.length > limit ? tooLarge(limit) : parseBytes([bytes])
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
  if (parsedBody === undefined) return request
  const headers = new Headers(request.headers)
  headers.delete('content-length')
  const { method, url, signal } = request
  return new Request(url, { method, headers, signal, body: JSON.stringify(parsedBody) })
}
