import { getMember } from '../lib/objects.ts'
import type { HeaderFields, RequestLike, WebHeaders } from '../model/request-like.ts'

/**
 * Returns every value of one header field, one entry a line. `name` is in lower case. A web `Headers` joins
 * several lines by commas into one value.
 */
export function headerValues(request: RequestLike, name: string): readonly string[] {
  const rawHeaders = getRawHeaders(request)
  if (rawHeaders !== undefined && rawHeaders.length > 0) return valuesInLines(rawHeaders, name)
  const { headers } = request
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers))
    throw wrongHeaders()
  // The names of a Map have a case.
  if (headers instanceof Map) throw wrongHeaders()
  if (isWebHeaders(headers)) {
    const value = headers.get(name) ?? undefined
    return value === undefined ? [] : [value]
  }
  // In any case: a field that is not found would make its sender anonymous.
  return Object.entries(headers).flatMap(([field, value]) =>
    field.toLowerCase() === name ? (value ?? []) : [],
  )
}

/** Returns the header lines as received, if they are known. Those of `Object.prototype` are none. */
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

/** A function `get` on `Object.prototype` does not make one of every object. */
function isWebHeaders(headers: HeaderFields | WebHeaders): headers is WebHeaders {
  return typeof getMember(headers as WebHeaders, 'get') === 'function'
}

function wrongRawHeaders(): TypeError {
  return new TypeError('rawHeaders of a request must be an array: name, value, name, value.')
}

function wrongHeaders(): TypeError {
  return new TypeError('headers of a request must be an object by name, or a web Headers.')
}
