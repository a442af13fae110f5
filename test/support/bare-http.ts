import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { AccessToken, Guard, Outcome, Refused, RequestView } from '@bearward/core'

/** What stands behind a guard. The token is `undefined` where the caller is anonymous. */
export type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
  token: AccessToken | undefined,
) => void

/**
 * All that an adapter has to do, for `node:http` without a framework: show the core the request as it
 * came, then hand on the token or write the finished answer. It decides nothing, reads no claims, and
 * writes no challenges.
 */
export function guarded(guard: Guard, handler: Handler): RequestListener {
  return (request, response) => {
    const settle = (outcome: Outcome) => {
      if (outcome.kind === 'refused') answer(outcome, response)
      else handler(request, response, outcome.kind === 'granted' ? outcome.token : undefined)
    }
    // Only a mistake in the program makes a guard reject; whatever it was, the handler must not run.
    const fail = () => void response.writeHead(500).end()
    Promise.resolve(viewOf(request)).then(guard).then(settle, fail)
  }
}

function viewOf(request: IncomingMessage): RequestView {
  const { method = '', url = '', rawHeaders: headerLines, headers } = request
  return { method, url, headerLines, headers, source: request }
}

function answer(refusal: Refused, response: ServerResponse): void {
  response.writeHead(refusal.status, {
    ...refusal.headers,
    'Content-Length': Buffer.byteLength(refusal.body),
  })
  response.end(refusal.body)
}
