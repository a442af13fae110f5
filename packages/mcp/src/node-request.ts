import type { MaybePromise } from '@bearward/core/internal'
import { checkLength, hasBytes, parseRead, type ParsedBody, readStream } from './body.ts'

/** The part of a request of `node:http` that is read. */
export interface NodeRequest {
  readonly headers: { readonly 'content-length'?: string | undefined }
  iterator(options: { readonly destroyOnReturn: boolean }): AsyncIterable<Uint8Array>
}

/** Reads the body of a request. `read` is the body if other middleware has read it, otherwise `undefined`. */
export function readNodeBody(
  request: NodeRequest,
  read: unknown,
  limit: number,
): MaybePromise<ParsedBody> {
  if (read !== undefined) return parseRead(read)
  const tooLarge = checkLength(request.headers['content-length'], limit)
  // If the stream was destroyed, no response could be sent.
  return tooLarge ?? readStream(request.iterator({ destroyOnReturn: false }), limit)
}

/** Returns whether a request has a body that was not read. Reads its first bytes. */
export function hasUnreadNodeBody(request: NodeRequest): Promise<boolean> {
  return hasBytes(request.iterator({ destroyOnReturn: false }))
}
