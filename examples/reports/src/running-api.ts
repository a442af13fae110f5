import { ARCHIVE, listen, REPORTS_API, REPORTS_API_CLIENT } from '@bearward/example-story'
import type { RunningApi } from '@bearward/example-story'
import type { BearwardEvent } from '@bearward/express'
import { createReportsApi } from './api.ts'

export interface RunningApiOptions {
  readonly issuer: string
  readonly onEvent: (event: BearwardEvent) => void
  /** A free one where it is left out or 0. */
  readonly port?: number
}

/** Starts a reports API that trusts this issuer. It need not be reachable for that. */
export async function startApi({ issuer, onEvent, port }: RunningApiOptions): Promise<RunningApi> {
  const { app, bearward } = createReportsApi({
    issuer,
    audience: [REPORTS_API, ARCHIVE],
    client: REPORTS_API_CLIENT,
    onEvent,
  })
  const { url, close } = await listen(app, port)
  return {
    url,
    async close() {
      bearward.close()
      await close()
    },
  }
}
