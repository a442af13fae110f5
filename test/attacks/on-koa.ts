import { createServer } from 'node:http'
import { createBearward } from '@bearward/koa'
import type Koa from 'koa'
import { listen } from '../support/servers.ts'
import { type Framework, MAX_HEADER_SIZE } from './run-corpus.ts'

export function onKoa(name: string, framework: () => Koa): Framework {
  return {
    name,
    async start(options, requirements, handle) {
      const { requireToken, close } = createBearward(options)
      const app = framework()
      app.use(requireToken(requirements))
      app.use((context) => {
        context.body = handle(context.state.auth)
      })
      const handler = app.callback()
      const server = await listen(
        createServer({ maxHeaderSize: MAX_HEADER_SIZE }, (req, res) => void handler(req, res)),
      )
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
