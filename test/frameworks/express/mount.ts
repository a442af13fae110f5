import '@bearward/express/req-auth'
import { createBearward } from '@bearward/express'
import type express from 'express'
import { type Framework, serve } from '../framework.ts'

export function onExpress(name: string, framework: () => ReturnType<typeof express>): Framework {
  return {
    name,
    start({
      options,
      routes,
      maxHeaderSize,
      createServer,
      before: { vary, metadata = [], cors } = {},
    }) {
      const app = framework()
      const bearward = createBearward(options)
      if (vary !== undefined) app.use((_request, response, next) => next(void response.vary(vary)))
      for (const one of metadata) app.use(createBearward(one).metadata())
      if (cors !== undefined) app.use(bearward.cors(cors))
      for (const { path, requirements, handle } of routes) {
        const guard = bearward.requireToken(requirements)
        const answer: express.RequestHandler = (request, response, next) => {
          handle(request.auth, request).then((body) => response.json(body), next)
        }
        if (path === undefined) app.use(guard, answer)
        else app.all(path, guard, answer)
      }
      return serve(app, maxHeaderSize, bearward, createServer)
    },
  }
}
