import type { Rejection } from '@bearward/core/internal-guards'
import { reject } from './rejections.ts'

/** The body of a request: the parsed value, or a rejection (400, 413). */
export type ParsedBody = { readonly value: unknown } | Rejection

/** Parses the text or the bytes of a body that other code has read. Returns any other value unchanged. */
export function parseRead(body: unknown): ParsedBody {
  if (typeof body === 'string') return parseText(body)
  return body instanceof Uint8Array ? parseBytes(body) : { value: body }
}

/** Reads a stream up to a number of bytes, and parses it as JSON in UTF-8. The promise rejects if the stream fails. */
export async function readStream(
  stream: AsyncIterable<Uint8Array>,
  limit: number,
): Promise<ParsedBody> {
  let bytes = EMPTY
  let length = 0
  for await (const chunk of stream) {
    const end = length + chunk.length
    // Leaving the loop cancels a web stream. A stream of Node stays open: see `readFrom` in `node-request.ts`.
    if (end > limit) return tooLarge(limit)
    // Most bodies are one chunk, which is not copied.
    bytes = length === 0 ? chunk : append(bytes, length, chunk, limit)
    length = end
  }
  return parseBytes(bytes.subarray(0, length))
}

/** Returns whether a stream has at least one byte. */
export async function hasBytes(stream: AsyncIterable<Uint8Array>): Promise<boolean> {
  for await (const chunk of stream) if (chunk.length > 0) return true
  return false
}

const EMPTY: Uint8Array = new Uint8Array()

/**
 * Writes a chunk after the first `length` bytes of an array. Returns the array, or a larger copy of it. One array has the bytes
 * of all chunks, because a separate array for each small chunk would take much more memory than the chunk itself.
 */
function append(bytes: Uint8Array, length: number, chunk: Uint8Array, limit: number): Uint8Array {
  const end = length + chunk.length
  const isFull = end > bytes.length
  const all = isFull ? grow(bytes, Math.min(limit, Math.max(end, 2 * bytes.length))) : bytes
  all.set(chunk, length)
  return all
}

function grow(bytes: Uint8Array, size: number): Uint8Array {
  const grown = new Uint8Array(size)
  grown.set(bytes)
  return grown
}

/** Returns a rejection if the header `Content-Length` is above the limit. */
export function checkLength(
  value: string | null | undefined,
  limit: number,
): Rejection | undefined {
  return Number(value ?? 0) > limit ? tooLarge(limit) : undefined
}

function tooLarge(limit: number): Rejection {
  const explanation = { check: 'body', expected: `at most ${limit} bytes`, found: 'more' }
  return reject('body_too_large', explanation)
}

const UTF8 = new TextDecoder('utf-8', { fatal: true })

function parseBytes(bytes: Uint8Array): ParsedBody {
  let text: string
  try {
    text = UTF8.decode(bytes)
  } catch {
    return malformed('bytes that are not UTF-8')
  }
  return parseText(text)
}

function parseText(text: string): ParsedBody {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return malformed(text === '' ? 'an empty body' : 'a text that is not JSON')
  }
}

function malformed(found: string): Rejection {
  return reject('malformed_body', { check: 'body', expected: 'JSON in UTF-8', found })
}
