import { createServer } from 'node:http'
import { createBearward } from '@bearward/fastify'
import fastify from 'fastify'
import { listen } from '../support/servers.ts'
import { type Framework, MAX_HEADER_SIZE } from './run-corpus.ts'

export const onFastify: Framework = {
  name: 'Fastify 5',
  async start(options, requirements, handle) {
    const { plugin, requireToken } = createBearward(options)
    const app = fastify()
    await app.register(plugin)
    app.addHook('onRequest', requireToken(requirements))
    app.all('/*', (request) => handle(request.auth))
    await app.ready()
    const server = await listen(
      createServer({ maxHeaderSize: MAX_HEADER_SIZE }, (request, response) =>
        app.routing(request, response),
      ),
    )
    return { ...server, close: () => server.close().then(() => app.close()) }
  },
}
