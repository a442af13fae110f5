import { Rejection } from '@bearward/core/internal-guards'

/** The body of a request: the parsed value, or a rejection (400, 413). */
export type ParsedBody = { readonly value: unknown } | Rejection

/** Parses the text or the bytes of a body that other code has read. Returns any other value unchanged. */
export function parseRead(body: unknown): ParsedBody {
  if (typeof body === 'string') return parseText(body)
  return body instanceof Uint8Array ? parseBytes(body) : { value: body }
}

/** Reads a stream up to a number of bytes, and parses it as JSON in UTF-8. Rejects if the stream fails. */
export async function readStream(
  stream: AsyncIterable<Uint8Array>,
  limit: number,
): Promise<ParsedBody> {
  // One growing array: chunks of a few bytes would take many times the memory of their bytes.
  let bytes = new Uint8Array(Math.min(limit, FIRST_SIZE))
  let length = 0
  for await (const chunk of stream) {
    const end = length + chunk.length
    // Leaving the loop cancels the stream.
    if (end > limit) return tooLarge(limit)
    if (end > bytes.length) bytes = grow(bytes, Math.min(limit, Math.max(end, 2 * bytes.length)))
    bytes.set(chunk, length)
    length = end
  }
  return parseBytes(bytes.subarray(0, length))
}

/** Returns whether a stream has at least one byte. */
export async function hasBytes(stream: AsyncIterable<Uint8Array>): Promise<boolean> {
  for await (const chunk of stream) if (chunk.length > 0) return true
  return false
}

/** Bytes of the array with which a body is read. */
const FIRST_SIZE = 4096

function grow(bytes: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
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
  return new Rejection('body_too_large', explanation)
}

function parseBytes(bytes: Uint8Array): ParsedBody {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
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
  return new Rejection('malformed_body', { check: 'body', expected: 'JSON in UTF-8', found })
}
