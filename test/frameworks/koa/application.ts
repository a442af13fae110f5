import type { RequestListener } from 'node:http'
import { auth, createBearward, type ResourceServerOptions, type Subject } from '@bearward/koa'
import Koa from 'koa'

/** Creates an API with one route for readers and one for administrators. */
export function createApplication(options: ResourceServerOptions): RequestListener {
  const { requireToken } = createBearward(options)
  const admin = requireToken({ scope: 'admin' })
  const app = new Koa()
  app.use(requireToken({ scope: 'read' }))
  app.use((context, next) => (context.path === '/admin' ? admin(context, next) : next()))
  app.use((context) => {
    const subject: Subject = auth(context).subject
    context.body = { caller: subject.id }
  })
  const listener = app.callback()
  return (request, response) => void listener(request, response)
}
