import { playShortStory } from '@bearward/example-story'
import { createApi } from './api.ts'

const asTold = await playShortStory(async (issuer) => {
  const api = await createApi(issuer)
  const url = await api.listen({ host: '127.0.0.1', port: 0 })
  return { url, close: () => api.close() }
})
process.exitCode = asTold ? 0 : 1
