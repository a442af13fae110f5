import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createBearward, type ResourceServerOptions, type Subject } from '@bearward/fetch'
import { auth, createBearward as createForHono } from '@bearward/fetch/hono'
import { Hono } from 'hono'

/** Creates an API with one route for readers, in Hono, and one for administrators, without a framework. */
export function createApplication(options: ResourceServerOptions): RequestListener {
  const { protect } = createBearward(options)
  const { requireToken } = createForHono(options as never)
  const admin = protect({ scope: 'admin' }, (_request, { token }) =>
    Response.json({ caller: token.subject.id }),
  )
  const app = new Hono()
  app.use(requireToken({ scope: 'read' }))
  app.get('/admin', (context) => admin(context.req.raw))
  app.get('*', (context) => {
    const subject: Subject = auth(context).subject
    return context.json({ caller: subject.id })
  })
  return (request, response) => void respond(app, request, response)
}

async function respond(app: Hono, { url, rawHeaders }: IncomingMessage, response: ServerResponse) {
  const headers = new Headers()
  // `request.headers` of Node has only the first of several `Authorization` lines.
  for (let i = 0; i < rawHeaders.length; i += 2) headers.append(rawHeaders[i]!, rawHeaders[i + 1]!)
  const result = await app.fetch(new Request(`http://127.0.0.1${url}`, { headers }))
  response.writeHead(result.status, Object.fromEntries(result.headers))
  response.end(await result.text())
}
