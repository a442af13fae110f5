import { createServer, type IncomingMessage, request as send, type ServerResponse } from 'node:http'
import { listen } from '../support/servers.ts'

/**
 * Starts a proxy that adds headers to each request, because the conformance suite has no option for headers. All other headers stay
 * unchanged, including `Host` and `Origin`.
 *
 * @param target The address of the server.
 * @param getHeaders Returns the headers of the next request. They replace headers of the client.
 */
export async function startHeaderProxy(target: string, getHeaders: () => Record<string, string>) {
  const { hostname, port, pathname } = new URL(target)
  const proxy = await listen(createServer(forward))
  return { address: proxy.url + pathname, close: () => proxy.close() }

  function forward(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const fail = () => {
      if (outgoing.headersSent) outgoing.destroy()
      else outgoing.writeHead(502).end()
    }
    const forwarded = send({
      host: hostname,
      port,
      method: incoming.method,
      path: incoming.url,
      headers: replaceHeaders(incoming.rawHeaders, getHeaders()),
      setHost: false,
      agent: false,
    })
    forwarded.on('response', (response) => {
      outgoing.writeHead(response.statusCode!, response.rawHeaders)
      // The headers of an event stream arrive before its first event.
      outgoing.flushHeaders()
      response.on('error', fail).pipe(outgoing)
    })
    forwarded.on('error', fail)
    // If the client closes its connection, the proxy closes the connection to the server, too.
    outgoing.on('close', () => forwarded.destroy())
    incoming.on('error', () => forwarded.destroy()).pipe(forwarded)
  }
}

/** Replaces headers in a list of names and values. The other headers keep their case and their duplicates. */
function replaceHeaders(raw: readonly string[], added: Record<string, string>): readonly string[] {
  const replaced = new Set(Object.keys(added).map((name) => name.toLowerCase()))
  const kept = raw.filter((_, i) => !replaced.has(raw[i - (i % 2)]!.toLowerCase()))
  return [...kept, ...Object.entries(added).flat()]
}
