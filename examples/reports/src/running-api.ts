import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { BearwardEvent } from '@bearward/express'
import { createReportsApi } from './api.ts'
import { ARCHIVE, REPORTS_API, REPORTS_API_CLIENT } from './cast.ts'

/** The reports API, listening on loopback. */
export interface RunningApi {
  readonly url: string
  close(): Promise<void>
}

export interface RunningApiOptions {
  readonly issuer: string
  readonly onEvent: (event: BearwardEvent) => void
  /** A free one where it is left out or 0. */
  readonly port?: number
}

/** Starts a reports API that trusts this issuer. It need not be reachable for that. */
export async function startApi({
  issuer,
  onEvent,
  port = 0,
}: RunningApiOptions): Promise<RunningApi> {
  const { app, bearward } = createReportsApi({
    issuer,
    audience: [REPORTS_API, ARCHIVE],
    client: REPORTS_API_CLIENT,
    onEvent,
  })
  const server = createServer(app).listen(port, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    async close() {
      bearward.close()
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
