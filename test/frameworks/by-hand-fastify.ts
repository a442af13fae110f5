import { auth, type Bearward, createBearward, type FastifyGuard } from '@bearward/fastify'
import fastify, { type FastifyInstance } from 'fastify'
import { serve } from './framework.ts'
import { type Composition, FAILING } from './composition.ts'

type Mount = (app: FastifyInstance, guard: FastifyGuard, bearward: Bearward) => void

const fail = () => {
  throw new Error('the next handler fails')
}

const MOUNTS: readonly (readonly [
  name: string,
  mount: Mount,
  expected?: Composition['expected'],
])[] = [
  ['the guard itself as onRequest', (app, guard) => app.addHook('onRequest', guard)],
  ['the guard itself as preParsing', (app, guard) => app.addHook('preParsing', guard)],
  ['the guard itself as preValidation', (app, guard) => app.addHook('preValidation', guard)],
  ['the guard itself as preHandler', (app, guard) => app.addHook('preHandler', guard)],
  [
    'awaits guard(request, reply)',
    (app, guard) =>
      app.addHook('onRequest', async (request, reply) => {
        await guard(request, reply)
      }),
  ],
  [
    'returns guard(request, reply)',
    (app, guard) => app.addHook('preHandler', async (request, reply) => guard(request, reply)),
  ],
  [
    'passes done on',
    (app, guard) =>
      app.addHook('onRequest', (request, reply, done) => void guard(request, reply, done)),
  ],
  [
    'awaits guard, then fails',
    (app, guard) =>
      app.addHook('onRequest', async (request, reply) => {
        await guard(request, reply)
        fail()
      }),
    FAILING,
  ],
  [
    'calls guard(request, reply) without await',
    (app, guard) => app.addHook('onRequest', async (request, reply) => void guard(request, reply)),
    // The plugin holds the request: the guard has not decided when the handler is due.
    {
      'good, keys loading': { status: 500, handled: 0 },
      'refused, keys loading': { status: 500, handled: 0 },
    },
  ],
  [
    'awaits guard(request, reply, () => {})',
    (app, guard) =>
      app.addHook('onRequest', async (request, reply) => {
        await guard(request, reply, () => {})
      }),
    {
      'good, keys loading': { status: 500, handled: 0 },
      'refused, keys loading': { status: 500, handled: 0 },
    },
  ],
  [
    'calls guard with a callback that throws, without await',
    (app, guard) =>
      app.addHook('onRequest', async (request, reply) => {
        try {
          void guard(request, reply, fail)
        } catch {}
      }),
    {
      'good, keys loading': { status: 500, handled: 0 },
      'refused, keys loading': { status: 500, handled: 0 },
    },
  ],
  [
    'awaits authorize(request)',
    (app, _guard, bearward) =>
      app.addHook('onRequest', async (request, reply) => {
        const outcome = await bearward.authorize(request, { scope: 'read' })
        if (outcome.kind !== 'granted') {
          await reply.code(outcome.kind === 'refused' ? outcome.status : 401).send()
        }
      }),
  ],
]

/** Each way once without, and once with an async `onSend` hook: a reply that was sent is then not ended yet. */
export const fastifyCompositions: readonly Composition[] = [false, true].flatMap((hasOnSend) =>
  MOUNTS.map(([name, mount, expected]): Composition => ({
    name: hasOnSend ? `${name}, with an async onSend` : name,
    ...(expected && { expected }),
    async start(options, handle) {
      const app = fastify()
      const bearward = createBearward(options)
      await app.register(bearward.plugin, { close: true })
      if (hasOnSend) {
        app.addHook('onSend', async (_request, _reply, payload) => {
          await new Promise((resolve) => setImmediate(resolve))
          return payload
        })
      }
      mount(app, bearward.requireToken({ scope: 'read' }), bearward)
      app.all('/*', (request) => {
        handle(() => auth(request))
        return {}
      })
      await app.ready()
      return serve((request, response) => app.routing(request, response), 65_536, app)
    },
  })),
)
