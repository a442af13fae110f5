import '@bearward/fastify/req-auth'
import type { Readable } from 'node:stream'
import { createBearward } from '@bearward/fastify'
import fastify, { type FastifyRequest } from 'fastify'
import { type Framework, serve } from '../framework.ts'

export const onFastify: Framework = {
  name: 'Fastify 5',
  async start({
    options,
    routes,
    maxHeaderSize,
    createServer,
    before: { vary, metadata = [], cors } = {},
  }) {
    const app = fastify()
    const bearward = createBearward(options)
    const { plugin, requireToken } = bearward
    await app.register(plugin)
    if (vary !== undefined)
      app.addHook('onRequest', async (_request, reply) => void reply.header('Vary', vary))
    for (const one of metadata) app.addHook('onRequest', createBearward(one).metadata())
    if (cors !== undefined) app.addHook('onRequest', bearward.cors(cors))
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
    return serve(
      (request, response) => app.routing(request, response),
      maxHeaderSize,
      app,
      createServer,
    )
  },
}
