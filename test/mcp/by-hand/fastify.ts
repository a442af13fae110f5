import { type Bearward, createBearward } from '@bearward/fastify'
import { createMcpGuard, type McpGuard } from '@bearward/mcp/fastify'
import fastify, { type FastifyInstance, type RouteShorthandOptions } from 'fastify'
import { serve } from '../../frameworks/framework.ts'
import { type McpComposition, NOT_PROTECTED, type Results, STOPPED } from './composition.ts'

type Hooks = (mcp: McpGuard, app: FastifyInstance) => RouteShorthandOptions

/** Options of a route, with and without the plugin of the adapter. */
const ROUTES: readonly (readonly [
  name: string,
  hooks: Hooks,
  expected?: Partial<Results>,
  withoutPlugin?: Partial<Results>,
])[] = [
  ['uses mcp.route', ({ route }) => route],
  ['uses only preValidation', ({ route: { preValidation } }) => ({ preValidation })],
  [
    'uses only onRequest and preValidation',
    ({ route: { onRequest, preValidation } }) => ({ onRequest, preValidation }),
  ],
  [
    'uses only onRequest',
    ({ route: { onRequest } }) => ({ onRequest }),
    STOPPED,
    // The guard has no hook after the one that checks the token.
    {
      'a token without the scope of the tool': { status: 200, handled: 1 },
    },
  ],
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
  [
    'uses no hook',
    () => ({}),
    { ...NOT_PROTECTED, 'a body that is not JSON': { status: 400, handled: 0 } },
  ],
]

export const fastifyCompositions: readonly McpComposition[] = [true, false].flatMap((hasPlugin) =>
  ROUTES.map(([name, hooks, expected, withoutPlugin]) => {
    const differences = hasPlugin ? expected : (withoutPlugin ?? expected)
    return {
      name: `${name}, ${hasPlugin ? 'with' : 'without'} the plugin`,
      ...(differences && { expected: differences }),
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
    } satisfies McpComposition
  }),
)
