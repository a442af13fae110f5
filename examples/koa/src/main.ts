import { listen, runExample } from '@bearward/example-shared'
import { createApi } from './api.ts'

await runExample((issuer, port) => listen(createApi(issuer).callback(), port))
