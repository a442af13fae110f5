import type { RequestListener } from 'node:http'
import { auth, createBearward, type ResourceServerOptions, type Subject } from '@bearward/express'
import express from 'express'

/** Creates an API with one route for readers and one for administrators. */
export function createApplication(options: ResourceServerOptions): RequestListener {
  const { requireToken } = createBearward(options)
  const app = express()
  app.get('/reports', requireToken({ scope: 'read' }), (request, response) => {
    const subject: Subject = auth(request).subject
    response.json({ caller: subject.id })
  })
  app.get('/admin', requireToken({ scope: 'admin' }), (_request, response) => {
    response.json({})
  })
  return app
}
