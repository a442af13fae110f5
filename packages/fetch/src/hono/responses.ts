import type { HttpResponse, ResponseHeaders } from '@bearward/core'
import type { Context } from 'hono'
import { withHeaders } from '../responses.ts'

type Status = Parameters<Context['status']>[0]

/** Headers that describe a body. If other code has set them, they describe a body that is not sent. */
const OF_BODY = ['Content-Encoding', 'Content-Length', 'Content-Range', 'ETag', 'Last-Modified']

/**
 * Responds with the headers that other code has set, and the headers of the core. The response is returned, and also set as
 * `c.res`, so a response that later code returns is ignored. Code that sets `c.res` itself can still replace the response.
 */
export function respond({ status, headers, body }: HttpResponse, context: Context): Response {
  const { Vary, ...others } = headers
  const content = status === 204 ? null : body
  const response = context.newResponse(content, status as Status, others)
  for (const name of OF_BODY) response.headers.delete(name)
  if (typeof Vary === 'string') response.headers.append('Vary', Vary)
  // Removes the earlier response. Otherwise Hono would replace these headers with the headers of the earlier response.
  context.res = undefined
  context.res = response
  return response
}

/** Adds headers to the response of a handler. */
export function addHeaders(headers: ResponseHeaders, context: Context): void {
  const response = withHeaders(context.res, headers)
  if (response === context.res) return
  // Removes the earlier response. Otherwise Hono would copy the headers of the earlier response again.
  context.res = undefined
  context.res = response
}
