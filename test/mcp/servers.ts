import { createServer } from 'node:http'
import { pipeline, Readable } from 'node:stream'
import type { ReadableStream as NodeStream } from 'node:stream/web'
import { createBearward as createExpress } from '@bearward/express'
import { createBearward as createFastify } from '@bearward/fastify'
import { createBearward as createFetch } from '@bearward/fetch'
import { createBearward as createHono } from '@bearward/fetch/hono'
import { createBearward as createKoa } from '@bearward/koa'
import type { ResourceServerOptions } from '@bearward/core'
import { type AuthInfo, createMcpGuard, type McpGuardOptions } from '@bearward/mcp'
import { createMcpGuard as createExpressGuard } from '@bearward/mcp/express'
import { createMcpGuard as createFastifyGuard } from '@bearward/mcp/fastify'
import { createMcpGuard as createHonoGuard } from '@bearward/mcp/hono'
import { createMcpGuard as createKoaGuard } from '@bearward/mcp/koa'
import { getRequestListener } from '@hono/node-server'
import express5, { type ErrorRequestHandler } from 'express'
import express4 from 'express4'
import Fastify from 'fastify'
import { Hono } from 'hono'
import Koa3 from 'koa'
import Koa2 from 'koa2'
import { type Handler, listen, type RunningServer } from '../support/servers.ts'

/** The arguments that a framework passes to a handler behind the guard. */
export interface SeenCall {
  readonly authInfo: AuthInfo | undefined
  /** The object that the guard has checked. */
  readonly parsedBody: unknown
}

/** The functions of a guard that do not depend on the framework. */
export type Tools = Pick<ReturnType<typeof createMcpGuard>, 'may' | 'authInfo' | 'verifier'>

/** A running server with a guard. */
export interface GuardedServer extends RunningServer {
  readonly mcp: Tools
}

/** A middleware of Express that reads bodies before the guard. */
export type BodyParser = 'json' | 'text' | 'raw'

/** Options of a server with a guard. */
export interface McpMount {
  readonly bearward: ResourceServerOptions
  readonly guard: McpGuardOptions
  /**
   * The handler behind the guard. Its result or the result of its promise is sent as JSON with 200. A stream is sent as an event
   * stream. An error of the handler goes to the framework.
   */
  readonly handle: (call: SeenCall) => unknown
  /** The middleware that reads the body before the guard. Frameworks other than Express ignore it. */
  readonly bodyParser?: BodyParser
  /** `true`: the server also serves the metadata of the API. Requires the option `metadata`. */
  readonly servesMetadata?: boolean
}

/** A framework with the guard. */
export interface McpFramework {
  readonly name: string
  /** Set if the framework itself responds to bodies that it cannot read, before the guard checks them. */
  readonly readsBodies?: true
  /** Set if requests are web-standard: header lines with the same name are joined by commas, and GET has no body. */
  readonly isWeb?: true
  start(mount: McpMount): Promise<GuardedServer>
}

/** The members that the guard sets on a request of Express. */
interface SeenByExpress {
  readonly auth?: AuthInfo
  readonly body?: unknown
}

/** The path at which the guard is mounted. */
export const PATH = '/mcp'

/** All methods of HTTP that the tests send. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY']

const EVENT_STREAM = 'text/event-stream'

/** Responds to errors without logging them. */
const silent: ErrorRequestHandler = (_error, _request, response, _next) => {
  if (!response.headersSent) response.status(500).end()
}

const toNodeStream = (stream: ReadableStream) => Readable.fromWeb(stream as NodeStream)

/** Returns the result of a handler as a web-standard response. */
function toWebResponse(result: unknown): Response {
  if (!(result instanceof ReadableStream)) return Response.json(result)
  return new Response(result, { headers: { 'content-type': EVENT_STREAM } })
}

const onExpress = (name: string, express: typeof express5): McpFramework => ({
  name,
  async start({ bearward, guard, handle, bodyParser, servesMetadata }) {
    const own = createExpress(bearward)
    const mcp = createExpressGuard(own, guard)
    const app = express()
    if (servesMetadata === true) app.use(own.metadata())
    if (bodyParser !== undefined) app.use(express[bodyParser]({ type: '*/*' }))
    app.all(PATH, mcp.guard, (request, response, next) => {
      const { auth, body } = request as unknown as SeenByExpress
      const respond = (result: unknown) => {
        if (!(result instanceof ReadableStream)) return void response.json(result)
        response.type(EVENT_STREAM)
        pipeline(toNodeStream(result), response, () => {})
      }
      new Promise((resolve) => resolve(handle({ authInfo: auth, parsedBody: body }))).then(
        respond,
        next,
      )
    })
    app.use(silent)
    return serve(app, mcp, own)
  },
})

const onKoa = (name: string, create: () => Koa3): McpFramework => ({
  name,
  async start({ bearward, guard, handle, servesMetadata }) {
    const own = createKoa(bearward)
    const mcp = createKoaGuard(own, guard)
    const app = create()
    app.silent = true
    if (servesMetadata === true) app.use(own.metadata())
    app.use(mcp.guard)
    app.use(async (context) => {
      const { auth } = context.req as { auth?: AuthInfo }
      const { body } = context.request as { body?: unknown }
      const result = await handle({ authInfo: auth, parsedBody: body })
      const isStream = result instanceof ReadableStream
      if (isStream) context.type = EVENT_STREAM
      context.body = isStream ? toNodeStream(result) : result
    })
    return serve(app.callback(), mcp, own)
  },
})

const onFastify: McpFramework = {
  name: 'Fastify 5',
  readsBodies: true,
  async start({ bearward, guard, handle, servesMetadata }) {
    const own = createFastify(bearward)
    const mcp = createFastifyGuard(own, guard)
    const app = Fastify({ exposeHeadRoutes: false })
    app.addHttpMethod('QUERY', { hasBody: true })
    await app.register(own.plugin)
    if (servesMetadata === true) app.addHook('onRequest', own.metadata())
    app.route({
      method: METHODS,
      url: PATH,
      ...mcp.route,
      handler: async (request, reply) => {
        const { auth } = request.raw as { auth?: AuthInfo }
        const result = await handle({ authInfo: auth, parsedBody: request.body })
        if (!(result instanceof ReadableStream)) return result
        void reply.type(EVENT_STREAM)
        return toNodeStream(result)
      },
    })
    await app.ready()
    return serve((request, response) => app.routing(request, response), mcp, {
      async close() {
        own.close()
        await app.close()
      },
    })
  },
}

const onHono: McpFramework = {
  name: 'Hono 4',
  isWeb: true,
  async start({ bearward, guard, handle, servesMetadata }) {
    const own = createHono(bearward)
    const mcp = createHonoGuard(own, guard)
    const app = new Hono()
    if (servesMetadata === true) app.use(own.metadata())
    app.all(PATH, mcp.guard, async (context) =>
      toWebResponse(
        await handle({ authInfo: context.get('auth'), parsedBody: context.get('parsedBody') }),
      ),
    )
    app.onError((_error, context) => context.body(null, 500))
    return serve(getRequestListener(app.fetch), mcp, own)
  },
}

const onFetch: McpFramework = {
  name: 'fetch on Node',
  isWeb: true,
  async start({ bearward, guard, handle, servesMetadata }) {
    const own = createFetch(bearward)
    const mcp = createMcpGuard(own, guard)
    const respond = mcp.protect(async (_request, { authInfo, parsedBody }) =>
      toWebResponse(await handle({ authInfo, parsedBody })),
    )
    const handler = servesMetadata === true ? own.metadata(respond) : respond
    const listener = getRequestListener(async (request) => handler(request), {
      errorHandler: () => new Response(null, { status: 500 }),
    })
    return serve(listener, mcp, own)
  },
}

/** The frameworks for which the guard is published. */
export const MCP_FRAMEWORKS: readonly McpFramework[] = [
  onExpress('Express 5', express5),
  onExpress('Express 4', express4),
  onKoa('Koa 3', () => new Koa3()),
  onKoa('Koa 2', () => new Koa2()),
  onFastify,
  onHono,
  onFetch,
]

async function serve(
  handler: Handler,
  mcp: Tools,
  behind: { close(): unknown },
): Promise<GuardedServer> {
  const server = await listen(createServer((request, response) => void handler(request, response)))
  return {
    ...server,
    mcp,
    async close() {
      await server.close()
      await behind.close()
    },
  }
}
