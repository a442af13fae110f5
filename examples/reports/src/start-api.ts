import { listen } from '@bearward/example-shared'
import type { RunningApi } from '@bearward/example-shared'
import type { BearwardEvent } from '@bearward/express'
import { createReportsApi } from './api.ts'

/** Starts a reports API on 127.0.0.1. The authorization server does not have to be available. */
export async function startApi(
  issuer: string,
  port: number,
  onEvent: (event: BearwardEvent) => void,
): Promise<RunningApi> {
  const { app, bearward } = createReportsApi(issuer, onEvent)
  const { url, close } = await listen(app, port)
  return {
    url,
    async close() {
      bearward.close()
      await close()
    },
  }
}
