import type { HttpResponse, ResponseHeaders } from '@bearward/core'
import type { Context } from 'hono'

type Status = Parameters<Context['status']>[0]

/**
 * Responds with the headers that other code has set, and those of the core. The response is set, and not only returned: code that
 * calls the guard and ignores its result cannot replace it by returning another response.
 */
export function respond({ status, headers, body }: HttpResponse, context: Context): Response {
  const { Vary, ...others } = headers
  const content = status === 204 ? null : body
  const response = context.newResponse(content, status as Status, others)
  if (typeof Vary === 'string') response.headers.append('Vary', Vary)
  // Otherwise Hono would replace our headers by those of the response that was set before.
  context.res = undefined
  context.res = response
  return response
}

/** Adds headers to the response of a handler. A 101 (a WebSocket) cannot be copied, so it is not changed. */
export function addHeaders(headers: ResponseHeaders, context: Context): void {
  if (context.res.status < 200) return
  for (const [name, value] of Object.entries(headers)) {
    if (name !== 'Vary') context.header(name, undefined)
    for (const line of [value].flat()) context.header(name, line, { append: true })
  }
}
