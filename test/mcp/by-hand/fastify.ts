import { type Bearward, createBearward } from '@bearward/fastify'
import { createMcpGuard, type McpGuard } from '@bearward/mcp/fastify'
import fastify, { type FastifyInstance, type RouteShorthandOptions } from 'fastify'
import { serve } from '../../frameworks/framework.ts'
import {
  FAILING_ALWAYS,
  type McpComposition,
  NOT_PROTECTED,
  type Results,
  STOPPED,
} from './composition.ts'

type Hooks = (mcp: McpGuard, app: FastifyInstance) => RouteShorthandOptions

type Routes = readonly (readonly [name: string, hooks: Hooks, expected?: Partial<Results>])[]

/** Results of an app that does not call the guard. Fastify itself parses the body. */
const NOT_CALLED: Partial<Results> = {
  ...NOT_PROTECTED,
  'a body that is not JSON': { status: 400, handled: 0 },
}

/** Options of a route in an app with the plugin of the adapter. */
const WITH_PLUGIN: Routes = [
  ['uses mcp.route', ({ route }) => route],
  ['uses only preValidation', ({ route: { preValidation } }) => ({ preValidation })],
  [
    'uses only onRequest and preValidation',
    ({ route: { onRequest, preValidation } }) => ({ onRequest, preValidation }),
  ],
  ['uses only onRequest', ({ route: { onRequest } }) => ({ onRequest }), STOPPED],
  [
    'uses mcp.route without onRequest',
    ({ route: { preValidation, preHandler } }) => ({ preValidation, preHandler }),
  ],
  [
    'uses mcp.route without preValidation',
    ({ route: { onRequest, preHandler } }) => ({ onRequest, preHandler }),
    STOPPED,
  ],
  [
    'replaces preValidation of mcp.route',
    ({ route }) => ({ ...route, preValidation: async () => {} }),
    STOPPED,
  ],
  ['replaces onRequest of mcp.route', ({ route }) => ({ ...route, onRequest: async () => {} })],
  [
    'replaces onRequest and preValidation of mcp.route',
    ({ route }) => ({ ...route, onRequest: async () => {}, preValidation: async () => {} }),
    { ...STOPPED, 'no token': { status: 500, handled: 0 } },
  ],
  [
    'adds the hooks of mcp.route with addHook',
    ({ route }, app) => {
      app.addHook('onRequest', route.onRequest)
      app.addHook('preValidation', route.preValidation)
      return { bodyLimit: route.bodyLimit }
    },
  ],
  [
    'awaits both hooks by hand',
    ({ route }) => ({
      onRequest: async (request, reply) => {
        await route.onRequest(request, reply)
      },
      preValidation: async (request, reply) => {
        await route.preValidation(request, reply)
      },
    }),
  ],
  [
    'calls both hooks by hand in preValidation',
    ({ route }) => ({
      preValidation: async (request, reply) => {
        await route.onRequest(request, reply)
        await route.preValidation(request, reply)
      },
    }),
  ],
  [
    'calls onRequest of mcp.route without await',
    ({ route }) => ({
      ...route,
      onRequest: async (request, reply) => {
        void route.onRequest(request, reply)
      },
    }),
    // The keys are known, so the token is checked before the body has arrived.
  ],
  [
    'calls preValidation of mcp.route without await',
    ({ route }) => ({
      ...route,
      preValidation: async (request, reply) => {
        void route.preValidation(request, reply)
      },
    }),
    {
      'a good token': { status: 500, handled: 0 },
      'a token without the scope of the tool': { status: undefined, handled: 0 },
    },
  ],
  ['uses no hook', () => ({}), NOT_CALLED],
]

/** A plugin that has the name of the adapter, and none of its hooks. */
const OTHER_PLUGIN = Object.assign(async () => {}, {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: '@bearward/fastify',
  [Symbol.for('plugin-meta')]: { name: '@bearward/fastify' },
})

/**
 * Options of a route in an app without the plugin. The hooks of the guard fail, because nothing could stop a request if a hook is
 * missing.
 */
const WITHOUT_PLUGIN: Routes = [
  ...WITH_PLUGIN.map(
    ([name, hooks]) =>
      [name, hooks, name === 'uses no hook' ? NOT_CALLED : FAILING_ALWAYS] as const,
  ),
  [
    'uses only onRequest, after another plugin with the name of the adapter',
    ({ route: { onRequest } }, app) => {
      app.register(OTHER_PLUGIN)
      return { onRequest }
    },
    FAILING_ALWAYS,
  ],
]

export const fastifyCompositions: readonly McpComposition[] = [
  ...toCompositions(WITH_PLUGIN, true),
  ...toCompositions(WITHOUT_PLUGIN, false),
]

function toCompositions(routes: Routes, hasPlugin: boolean): McpComposition[] {
  return routes.map(([name, hooks, expected]) => ({
    name: `${name}, ${hasPlugin ? 'with' : 'without'} the plugin`,
    ...(expected && { expected }),
    async start(options, rules, handle) {
      const app = fastify()
      const bearward: Bearward = createBearward(options)
      if (hasPlugin) await app.register(bearward.plugin, { close: true })
      app.all('/mcp', hooks(createMcpGuard(bearward, rules), app), (request) => {
        const { auth } = request.raw as { auth?: unknown }
        handle({ authInfo: auth, parsedBody: request.body })
        return {}
      })
      await app.ready()
      return serve((request, response) => app.routing(request, response), 16_384, {
        async close() {
          bearward.close()
          await app.close()
        },
      })
    },
  }))
}
