import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An API that listens on 127.0.0.1. */
export interface RunningApi {
  readonly url: string
  readonly close: () => Promise<void>
}

/** Starts an HTTP server on 127.0.0.1. Port 0 selects a free port. */
export async function listen(
  api: (request: IncomingMessage, response: ServerResponse) => unknown,
  port = 0,
): Promise<RunningApi> {
  const server = createServer(api).listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
