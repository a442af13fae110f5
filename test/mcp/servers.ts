import { createServer } from 'node:http'
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
import express5 from 'express'
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

/** Options of a server with a guard. */
export interface McpMount {
  readonly bearward: ResourceServerOptions
  readonly guard: McpGuardOptions
  /** The handler behind the guard. Its result is sent as JSON with 200. */
  readonly handle: (call: SeenCall) => unknown
  /** `true`: other middleware reads the body before the guard. Frameworks without such middleware ignore it. */
  readonly isBodyRead?: boolean
}

/** A framework with the guard. */
export interface McpFramework {
  readonly name: string
  /** Set if the framework itself responds to bodies that it cannot read, before the guard sees them. */
  readonly readsBodies?: true
  start(mount: McpMount): Promise<GuardedServer>
}

/** The members that the guard sets on a request of Express. */
interface SeenByExpress {
  readonly auth?: AuthInfo
  readonly body?: unknown
}

/** The path at which the guard is mounted. */
export const PATH = '/mcp'

const onExpress = (name: string, express: () => ReturnType<typeof express5>): McpFramework => ({
  name,
  async start({ bearward, guard, handle, isBodyRead }) {
    const own = createExpress(bearward)
    const mcp = createExpressGuard(own, guard)
    const app = express()
    if (isBodyRead === true) app.use((name === 'Express 4' ? express4 : express5).json())
    app.all(PATH, mcp.guard, (request, response) => {
      const { auth, body } = request as unknown as SeenByExpress
      response.json(handle({ authInfo: auth, parsedBody: body }))
    })
    return serve(app, mcp, own)
  },
})

const onKoa = (name: string, create: () => Koa3): McpFramework => ({
  name,
  async start({ bearward, guard, handle }) {
    const own = createKoa(bearward)
    const mcp = createKoaGuard(own, guard)
    const app = create()
    app.silent = true
    app.use(mcp.guard)
    app.use((context) => {
      const { auth } = context.req as { auth?: AuthInfo }
      const { body } = context.request as { body?: unknown }
      context.body = handle({ authInfo: auth, parsedBody: body })
    })
    return serve(app.callback(), mcp, own)
  },
})

const onFastify: McpFramework = {
  name: 'Fastify 5',
  readsBodies: true,
  async start({ bearward, guard, handle }) {
    const own = createFastify(bearward)
    const mcp = createFastifyGuard(own, guard)
    const app = Fastify()
    await app.register(own.plugin)
    app.route({
      method: ['GET', 'POST', 'DELETE', 'OPTIONS'],
      url: PATH,
      ...mcp.route,
      handler: async (request) => {
        const { auth } = request.raw as { auth?: AuthInfo }
        return handle({ authInfo: auth, parsedBody: request.body })
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
  async start({ bearward, guard, handle }) {
    const own = createHono(bearward)
    const mcp = createHonoGuard(own, guard)
    const app = new Hono()
    app.all(PATH, mcp.guard, (context) =>
      context.json(
        handle({ authInfo: context.get('auth'), parsedBody: context.get('parsedBody') }) as object,
      ),
    )
    return serve(getRequestListener(app.fetch), mcp, own)
  },
}

const onFetch: McpFramework = {
  name: 'fetch on Node',
  async start({ bearward, guard, handle }) {
    const own = createFetch(bearward)
    const mcp = createMcpGuard(own, guard)
    const respond = mcp.protect((_request, { authInfo, parsedBody }) =>
      Response.json(handle({ authInfo, parsedBody })),
    )
    return serve(
      getRequestListener((request) => respond(request)),
      mcp,
      own,
    )
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
