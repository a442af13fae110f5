import { headerValues, Rejection } from '@bearward/core/internal-guards'
import type { RequestLike } from '@bearward/core'
import type { NamedMessage } from './read-operations.ts'
import { reject } from './rejections.ts'

/** The beginning and the end of a header value whose text is in base64. */
const ENCODED = /^=\?base64\?(.*)\?=$/s

/**
 * Compares `Mcp-Method` and `Mcp-Name` with the messages in the body. Returns a rejection if a header is sent twice, has
 * malformed base64, or differs from the method or name of a message. These headers never cause a grant.
 *
 * Does NOT require the headers: the MCP server behind the guard requires them.
 */
export function checkHeaders(
  request: RequestLike,
  getMessages: () => readonly NamedMessage[],
): Rejection | undefined {
  const method = readLine(request, 'mcp-method')
  if (method instanceof Rejection) return method
  const name = readLine(request, 'mcp-name')
  if (name instanceof Rejection) return name
  if (method === undefined && name === undefined) return undefined
  const messages = getMessages()
  if (method !== undefined && messages.some((message) => message.method !== method))
    return mismatch('Mcp-Method', 'the method of the body', 'a different method')
  if (name === undefined) return undefined
  const decoded = decode(name)
  if (decoded === undefined) return mismatch('Mcp-Name', 'valid base64', 'malformed base64')
  return messages.every((message) => message.name === undefined || message.name === decoded)
    ? undefined
    : mismatch('Mcp-Name', 'the name in the body', 'a different name')
}

function readLine(request: RequestLike, name: string): string | undefined | Rejection {
  const values = headerValues(request, name)
  return values.length > 1 ? mismatch(name, 'one header line', 'several header lines') : values[0]
}

function mismatch(check: string, expected: string, found: string): Rejection {
  return reject('header_mismatch', { check, expected, found })
}

/** Decodes a value of `Mcp-Name`. Returns `undefined` for malformed base64 and malformed UTF-8. */
function decode(value: string): string | undefined {
  const encoded = ENCODED.exec(value)?.[1]
  if (encoded === undefined) return value
  try {
    const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0))
    // `atob` also accepts white space and missing padding. `btoa` returns the only form that is accepted here.
    if (btoa(String.fromCharCode(...bytes)) !== encoded) return undefined
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
