import { createServer } from 'node:http'
import { createBearward } from '@bearward/express'
import type express from 'express'
import { listen } from '../support/servers.ts'
import { type Framework, MAX_HEADER_SIZE } from './run-corpus.ts'

export function onExpress(name: string, framework: () => ReturnType<typeof express>): Framework {
  return {
    name,
    async start(options, requirements, handle) {
      const { requireToken, close } = createBearward(options)
      const app = framework()
      app.use(requireToken(requirements), (req, res) => void res.json(handle(req.auth)))
      const server = await listen(createServer({ maxHeaderSize: MAX_HEADER_SIZE }, app))
      return {
        ...server,
        async close() {
          close()
          await server.close()
        },
      }
    },
  }
}
