import type { MaybePromise } from '@bearward/core/internal'
import { checkLength, hasBytes, parseRead, type ParsedBody, readStream } from './body.ts'

/** The part of a request of `node:http` that is read. */
export interface NodeRequest {
  readonly headers: { readonly 'content-length'?: string | undefined }
  iterator(options: { readonly destroyOnReturn: boolean }): AsyncIterable<Uint8Array>
  resume(): unknown
}

/** Reads the body of a request. `read` is the body if other middleware has read it, otherwise `undefined`. */
export function readNodeBody(
  request: NodeRequest,
  read: unknown,
  limit: number,
): MaybePromise<ParsedBody> {
  if (read !== undefined) return parseRead(read)
  const tooLarge = checkLength(request.headers['content-length'], limit)
  return tooLarge ?? readFrom(request, (stream) => readStream(stream, limit))
}

/** Returns whether a request has a body that was not read. Reads its first bytes. */
export function hasUnreadNodeBody(request: NodeRequest): Promise<boolean> {
  return readFrom(request, hasBytes)
}

async function readFrom<T>(
  request: NodeRequest,
  read: (stream: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  // If the stream were destroyed, no response could be sent.
  const result = await read(request.iterator({ destroyOnReturn: false }))
  // If the body was not read completely, its rest would block the next request of the connection.
  request.resume()
  return result
}
