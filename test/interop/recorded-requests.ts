import type { IncomingMessage, ServerResponse } from 'node:http'

/** Records the requests of a server, in the order of their responses: method, target without the query, and status. */
export function recordRequests() {
  const requests: string[] = []
  return {
    requests,
    record({ method, url }: IncomingMessage, response: ServerResponse): void {
      response.once('finish', () => {
        requests.push(`${method} ${url?.split('?')[0]} ${response.statusCode}`)
      })
    },
  }
}
