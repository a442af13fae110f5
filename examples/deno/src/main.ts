import { listen, type RunningApi, runExample } from '@bearward/example-shared'
import { getRequestListener } from '@hono/node-server'
import { createApi } from './api.ts'
import { startDeno } from './start-deno.ts'

await runExample(startApi)

/** Starts the API with Deno. If Deno is not installed, the same handler runs on Node. */
async function startApi(issuer: string, port: number): Promise<RunningApi> {
  try {
    const api = await startDeno(process.env['DENO'] ?? 'deno', issuer, port)
    console.log('The API runs in Deno.')
    return api
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    console.log('Deno is not installed: the API runs on Node.')
    return listen(getRequestListener(createApi(issuer)), port)
  }
}
