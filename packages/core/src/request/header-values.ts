import { getMember } from '../lib/objects.ts'
import type { HeaderFields, RequestLike, WebHeaders } from '../model/request-like.ts'

/**
 * Returns every value of one header field, one entry a line. `name` is in lower case. A web `Headers` joins
 * several lines by commas into one value.
 */
export function headerValues(request: RequestLike, name: string): readonly string[] {
  const rawHeaders = getMember(request, 'rawHeaders')
  if (rawHeaders !== undefined && rawHeaders.length > 0) return valuesInLines(rawHeaders, name)
  const { headers } = request
  if (isWebHeaders(headers)) {
    const value = headers.get(name)
    return value === null ? [] : [value]
  }
  // In any case: a field that is not found would make its sender anonymous.
  return Object.entries(headers).flatMap(([field, value]) =>
    field.toLowerCase() === name ? (value ?? []) : [],
  )
}

function valuesInLines(lines: readonly string[], name: string): readonly string[] {
  const values: string[] = []
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const line = lines[i]!
    if (line.length === name.length && line.toLowerCase() === name) values.push(lines[i + 1]!)
  }
  return values
}

/** A plain object never is one, even where `Object.prototype` was given a function `get`. */
function isWebHeaders(headers: HeaderFields | WebHeaders): headers is WebHeaders {
  const prototype: unknown = Object.getPrototypeOf(headers)
  const isPlain = prototype === null || prototype === Object.prototype
  return !isPlain && typeof headers.get === 'function'
}
