import { Rejection } from '@bearward/core/internal-guards'

/** The body of a request: the parsed value, or a rejection (400, 413). */
export type ParsedBody = { readonly value: unknown } | Rejection

/** Parses the text or the bytes of a body that other code has read. Returns any other value unchanged. */
export function parseRead(body: unknown): ParsedBody {
  if (typeof body === 'string') return parseText(body)
  return body instanceof Uint8Array ? parseBytes([body]) : { value: body }
}

/** Reads a stream up to a number of bytes, and parses it as JSON in UTF-8. Rejects if the stream fails. */
export async function readStream(
  stream: AsyncIterable<Uint8Array>,
  limit: number,
): Promise<ParsedBody> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of stream) {
    bytes += chunk.length
    // Leaving the loop cancels the stream.
    if (bytes > limit) return tooLarge(limit)
    chunks.push(chunk)
  }
  return parseBytes(chunks)
}

/** Returns a rejection if the header `Content-Length` is above the limit. */
export function checkLength(
  value: string | null | undefined,
  limit: number,
): Rejection | undefined {
  return Number(value ?? 0) > limit ? tooLarge(limit) : undefined
}

export function tooLarge(limit: number): Rejection {
  const explanation = { check: 'body', expected: `at most ${limit} bytes`, found: 'more' }
  return new Rejection('body_too_large', explanation)
}

/** Parses bytes as JSON in UTF-8. */
export function parseBytes(chunks: readonly Uint8Array[]): ParsedBody {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  try {
    const texts = chunks.map((chunk) => decoder.decode(chunk, { stream: true }))
    return parseText(texts.join('') + decoder.decode())
  } catch {
    return malformed('bytes that are not UTF-8')
  }
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
