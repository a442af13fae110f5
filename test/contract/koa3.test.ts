import { createBearward } from '@bearward/koa'
import Koa from 'koa'
import { describeContract, serve } from './run-contract.ts'

describeContract({
  name: 'Koa 3',
  start({ options, routes }) {
    const app = new Koa()
    const { requireToken } = createBearward(options)
    for (const { path, requirements, handle } of routes) {
      const guard = requireToken(requirements)
      app.use((context, next) => (context.path === path ? guard(context, next) : next()))
      app.use(async (context, next) => {
        if (context.path === path) context.body = await handle(context.state.auth, context.req)
        else await next()
      })
    }
    return serve(app.callback())
  },
})
