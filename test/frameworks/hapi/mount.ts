import { server, type Server } from '@hapi/hapi'
import { type CreateServer, type Framework, serve } from '../framework.ts'
import { type BearwardState, createBearward, plugin } from './adapter.ts'

export const onHapi: Framework = {
  name: 'hapi 21',
  async start({
    options,
    routes,
    maxHeaderSize,
    createServer,
    before: { vary, metadata = [], cors } = {},
  }) {
    const bearward = createBearward(options)
    const app = createApp()
    await app.register(plugin)
    if (vary !== undefined)
      app.ext('onPreResponse', ({ response }, h) => {
        if (!('isBoom' in response)) response.vary(vary)
        return h.continue
      })
    for (const one of metadata) app.ext('onRequest', createBearward(one).metadata())
    if (cors !== undefined) app.ext('onRequest', bearward.cors(cors))
    for (const { path, requirements, handle } of routes) {
      const guard = bearward.requireToken(requirements)
      if (path === undefined) app.ext('onPreAuth', guard)
      app.route({
        method: '*',
        path: path ?? '/{any*}',
        options: {
          ...(path !== undefined && { ext: { onPreAuth: { method: guard } } }),
          // The handler reads the unparsed body.
          payload: { output: 'stream', parse: false },
        },
        handler: ({ plugins, raw }) => handle((plugins as BearwardState).bearward, raw.req),
      })
    }
    return serveApp(app, maxHeaderSize, bearward, createServer)
  },
}

export function createApp(): Server {
  return server({
    // `serveApp` starts the server, because hapi's own server sends 400 if Node's parser would send 431.
    autoListen: false,
    operations: { cleanStop: false },
    debug: false,
    routes: {
      // Otherwise hapi refuses a cookie that it cannot parse, before any extension of a route.
      state: { parse: false },
      // Otherwise hapi adds `Accept-Ranges` to the response of a handler.
      response: { ranges: false },
    },
  })
}

export async function serveApp(
  app: Server,
  maxHeaderSize: number,
  behind: { close(): unknown },
  createServer?: CreateServer,
) {
  await app.start()
  return serve(
    (...args) => app.listener.emit('request', ...args),
    maxHeaderSize,
    {
      close: () => Promise.all([app.stop(), behind.close()]),
    },
    createServer,
  )
}
