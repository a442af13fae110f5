import { createBearward } from '@bearward/fetch/hono'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { readBody } from '../fetch/handler.ts'
import { DOT_SEGMENTS_REMOVED } from '../dot-segments.ts'
import { type Framework, JOINED_LINES, serve } from '../framework.ts'

/** Hono on Node. */
export const onHono: Framework = {
  name: 'Hono 4',
  changes: {
    joinedLines: JOINED_LINES,
    outcomes: [DOT_SEGMENTS_REMOVED],
    headWithoutLength:
      'Hono removes the body of a response to HEAD, so the length of the body is unknown',
  },
  start({ options, routes, maxHeaderSize, before: { vary, metadata = [], cors } = {} }) {
    const app = new Hono()
    const bearward = createBearward(options)
    if (vary !== undefined) {
      app.use((context, next) => {
        context.header('Vary', vary)
        return next()
      })
    }
    for (const one of metadata) app.use(createBearward(one).metadata())
    if (cors !== undefined) app.use(bearward.cors(cors))
    for (const { path = '*', requirements, handle } of routes) {
      app.all(path, bearward.requireToken(requirements), async (context) =>
        context.json(await handle(context.get('auth'), readBody(context.req.raw))),
      )
    }
    app.onError((_error, context) => context.text('Internal Server Error', 500))
    return serve(getRequestListener(app.fetch), maxHeaderSize, bearward)
  },
}
