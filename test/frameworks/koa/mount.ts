import '@bearward/koa/req-auth'
import { createBearward } from '@bearward/koa'
import type Koa from 'koa'
import { type Framework, serve } from '../framework.ts'

export function onKoa(name: string, framework: () => Koa): Framework {
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
      if (vary !== undefined) app.use((context, next) => (context.vary(vary), next()))
      for (const one of metadata) app.use(createBearward(one).metadata())
      if (cors !== undefined) app.use(bearward.cors(cors))
      for (const { path, requirements, handle } of routes) {
        const guard = bearward.requireToken(requirements)
        const answer: Koa.Middleware = async (context) => {
          context.body = await handle(context.state.auth, context.req)
        }
        for (const middleware of [guard, answer]) {
          if (path === undefined) app.use(middleware)
          else app.use((ctx, next) => (ctx.path === path ? middleware(ctx, next) : next()))
        }
      }
      return serve(app.callback(), maxHeaderSize, bearward, createServer)
    },
  }
}
