import '@bearward/express/req-auth'
import { createBearward } from '@bearward/express'
import type express from 'express'
import { type Framework, serve } from '../framework.ts'

export function onExpress(name: string, framework: () => ReturnType<typeof express>): Framework {
  return {
    name,
    start({ options, routes, maxHeaderSize }) {
      const app = framework()
      const bearward = createBearward(options)
      for (const { path, requirements, handle } of routes) {
        const guard = bearward.requireToken(requirements)
        const answer: express.RequestHandler = (request, response, next) => {
          handle(request.auth, request).then((body) => response.json(body), next)
        }
        if (path === undefined) app.use(guard, answer)
        else app.all(path, guard, answer)
      }
      return serve(app, maxHeaderSize, bearward)
    },
  }
}
