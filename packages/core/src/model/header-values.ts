import { getMember } from '../lib/objects.ts'
import type { HeaderFields, RequestLike, WebHeaders } from './request-like.ts'

/**
 * Returns the values of one header field, one entry for each line. `name` must be in lower case. For a web `Headers`, several lines
 * are one entry, because `Headers` joins them with commas.
 */
export function headerValues(request: RequestLike, name: string): readonly string[] {
  const rawHeaders = getRawHeaders(request)
  if (rawHeaders !== undefined && rawHeaders.length > 0) return valuesInLines(rawHeaders, name)
  const { headers } = request
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers))
    throw wrongHeaders()
  // The keys of a Map are case-sensitive, so a header could be missed.
  if (headers instanceof Map) throw wrongHeaders()
  if (isWebHeaders(headers)) {
    const value = headers.get(name) ?? undefined
    return value === undefined ? [] : [value]
  }
  // Case is ignored. If the header with the credentials was missed, the caller would be treated as anonymous.
  return Object.entries(headers).flatMap(([field, value]) =>
    field.toLowerCase() === name ? (value ?? []) : [],
  )
}

/**
 * Returns the header lines as received: name, value, name, value. Returns `undefined` if they are not known. A `rawHeaders` on
 * `Object.prototype` is ignored.
 */
export function getRawHeaders({ rawHeaders }: RequestLike): readonly string[] | undefined {
  if (rawHeaders === undefined || rawHeaders === inherited.rawHeaders) return undefined
  if (!Array.isArray(rawHeaders) || rawHeaders.length % 2 !== 0) throw wrongRawHeaders()
  return rawHeaders
}

const inherited = Object.prototype as Partial<RequestLike>

function valuesInLines(lines: readonly string[], name: string): readonly string[] {
  const values: string[] = []
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const line = lines[i]!
    if (typeof line !== 'string') throw wrongRawHeaders()
    if (line.length === name.length && line.toLowerCase() === name) values.push(lines[i + 1]!)
  }
  return values
}

/** Returns whether an object is a web `Headers`: an object with a function `get`. A `get` on `Object.prototype` is ignored. */
function isWebHeaders(headers: HeaderFields | WebHeaders): headers is WebHeaders {
  return typeof getMember(headers as WebHeaders, 'get') === 'function'
}

function wrongRawHeaders(): TypeError {
  return new TypeError('rawHeaders of a request must be an array: name, value, name, value.')
}

function wrongHeaders(): TypeError {
  return new TypeError(
    'headers of a request must be an object with header names as keys, or a web Headers.',
  )
}
