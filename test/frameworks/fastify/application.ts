import type { RequestListener } from 'node:http'
import { auth, createBearward, type ResourceServerOptions, type Subject } from '@bearward/fastify'
import fastify from 'fastify'

/** Creates an API with one route for readers and one for administrators. */
export async function createApplication(options: ResourceServerOptions): Promise<RequestListener> {
  const { plugin, requireToken } = createBearward(options)
  const app = fastify()
  await app.register(plugin)
  app.get('/reports', { onRequest: requireToken({ scope: 'read' }) }, (request) => {
    const subject: Subject = auth(request).subject
    return { caller: subject.id }
  })
  app.get('/admin', { onRequest: requireToken({ scope: 'admin' }) }, () => ({}))
  await app.ready()
  return app.routing
}
