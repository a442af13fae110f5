import { listen, runExample } from '@bearward/example-shared'
import { getRequestListener } from '@hono/node-server'
import { createApi } from './api.ts'

await runExample((issuer, port) => listen(getRequestListener(createApi(issuer).fetch), port))
