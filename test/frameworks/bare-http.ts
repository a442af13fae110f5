import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { AccessToken, Guard, HttpResponse, Outcome, RequestLike } from '@bearward/core'

/** The handler behind a guard. The token is `undefined` for an anonymous caller. */
export type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
  token: AccessToken | undefined,
) => void

/**
 * An adapter for `node:http` without a framework. It passes the request to the core as received, and then
 * passes the token to the handler or writes the refusal. It makes no decisions, reads no claims and creates no
 * challenges.
 */
export function guarded(guard: Guard, handler: Handler): RequestListener {
  return (request, response) => {
    const settle = (outcome: Outcome) => {
      if (outcome.kind === 'refused') {
        writeResponse(outcome, response)
        return
      }
      writeHeaders(outcome, response)
      handler(request, response, outcome.kind === 'granted' ? outcome.token : undefined)
    }
    // The promise of a guard is rejected only after a mistake in the application. The handler must not run.
    const fail = () => void response.writeHead(500).end()
    Promise.resolve(toRequestLike(request)).then(guard).then(settle, fail)
  }
}

/** Describes a request for the core. */
export function toRequestLike(request: IncomingMessage): RequestLike {
  const { method = '', url = '', rawHeaders, headers, socket } = request
  return { method, url, rawHeaders, headers, socket, raw: request }
}

/** Sends a complete response of the core. Returns `true`. */
export function writeResponse(sent: HttpResponse, response: ServerResponse): true {
  response.statusCode = sent.status
  writeHeaders(sent, response)
  if (sent.status !== 204) response.setHeader('Content-Length', Buffer.byteLength(sent.body))
  response.end(sent.body)
  return true
}

/** Writes header fields. Keeps the values of `Vary` that other code has set. */
export function writeHeaders(
  { headers }: Pick<HttpResponse, 'headers'>,
  response: ServerResponse,
): void {
  for (const [name, value] of Object.entries(headers)) {
    if (name === 'Vary') response.appendHeader(name, value)
    else response.setHeader(name, value)
  }
}
