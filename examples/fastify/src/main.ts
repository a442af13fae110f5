import { runExample } from '@bearward/example-shared'
import { createApi } from './api.ts'

await runExample(async (issuer, port) => {
  const api = await createApi(issuer)
  const url = await api.listen({ host: '127.0.0.1', port })
  return { url, close: () => api.close() }
})
