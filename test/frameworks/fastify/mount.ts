import '@bearward/fastify/req-auth'
import type { Readable } from 'node:stream'
import { createBearward } from '@bearward/fastify'
import fastify, { type FastifyRequest } from 'fastify'
import { type Framework, serve } from '../framework.ts'

export const onFastify: Framework = {
  name: 'Fastify 5',
  async start({ options, routes, maxHeaderSize }) {
    const app = fastify()
    const { plugin, requireToken } = createBearward(options)
    await app.register(plugin)
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
    for (const { path, requirements, handle } of routes) {
      const guard = requireToken(requirements)
      const answer = (request: FastifyRequest) =>
        handle(request.auth, (request.body as Readable | undefined) ?? request.raw)
      if (path === undefined) {
        app.addHook('onRequest', guard)
        app.all('/*', answer)
      } else app.all(path, { onRequest: guard }, answer)
    }
    await app.ready()
    return serve((request, response) => app.routing(request, response), maxHeaderSize, app)
  },
}
