import type { HttpResponse, ResponseHeaders } from '@bearward/core'

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
  // 204 is the only status of the core whose response cannot have a body.
  return new Response(status === 204 ? null : body, { status, headers: fields })
}

/**
 * Adds headers to the response of a handler. If `headers` is empty, returns the response itself. Otherwise returns a copy
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
  // Creates no array, because this function runs for each request.
  for (const _ in headers) return false
  return true
}
