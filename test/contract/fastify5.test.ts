import type { Readable } from 'node:stream'
import { createBearward } from '@bearward/fastify'
import fastify from 'fastify'
import { describeContract, serve } from './run-contract.ts'

describeContract({
  name: 'Fastify 5',
  async start({ options, routes }) {
    const app = fastify()
    const { plugin, requireToken } = createBearward(options)
    await app.register(plugin)
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
    for (const { path, requirements, handle } of routes) {
      app.all(path, { onRequest: requireToken(requirements) }, (request) =>
        handle(request.auth, (request.body as Readable | undefined) ?? request.raw),
      )
    }
    await app.ready()
    const server = await serve((request, response) => app.routing(request, response))
    return { ...server, close: () => server.close().then(() => app.close()) }
  },
})
