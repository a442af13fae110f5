import type { HttpResponse, ResponseHeaders } from '@bearward/core'

/** Statuses of responses that cannot have a body (Fetch Standard, "null body status"). */
const WITHOUT_BODY = [101, 204, 205, 304]

/**
 * Returns the response of an outcome that is not granted, for code that calls `authorize`. `Vary` and the challenge are included.
 *
 * @example
 * const outcome = await authorize(request, { scope: 'read:reports' })
 * if (outcome.kind === 'refused') return toResponse(outcome)
 */
export function toResponse(outcome: HttpResponse): Response {
  const { status, headers, body } = outcome
  const fields = new Headers()
  appendHeaders(headers, fields)
  return new Response(WITHOUT_BODY.includes(status) ? null : body, { status, headers: fields })
}

/**
 * Returns the response of a handler with more headers. If there are none, returns the response itself. Otherwise returns a copy
 * with the same body stream, because headers of some responses cannot be changed. A response that cannot be copied is returned
 * unchanged: 101 (a WebSocket), and `Response.error()`.
 */
export function withHeaders(response: Response, headers: ResponseHeaders): Response {
  if (isEmpty(headers)) return response
  if (typeof response?.status !== 'number')
    throw new TypeError('A handler behind cors or protect must return a Response.')
  if (response.status < 200) return response
  const copy = new Response(response.body, response)
  setHeaders(headers, copy.headers)
  return copy
}

/** Returns a web `Headers` with these fields. */
export function toHeaders(headers: ResponseHeaders): Headers {
  const fields = new Headers()
  appendHeaders(headers, fields)
  return fields
}

/** Sets header fields. `Vary` is added to the values that the application has set. */
function setHeaders(headers: ResponseHeaders, fields: Headers): void {
  for (const name of Object.keys(headers)) if (name !== 'Vary') fields.delete(name)
  appendHeaders(headers, fields)
}

function appendHeaders(headers: ResponseHeaders, fields: Headers): void {
  for (const [name, value] of Object.entries(headers)) {
    for (const line of [value].flat()) fields.append(name, line)
  }
}

export function isEmpty(headers: ResponseHeaders): boolean {
  // A loop is faster than `Object.keys`, and runs for each request.
  for (const _ in headers) return false
  return true
}
