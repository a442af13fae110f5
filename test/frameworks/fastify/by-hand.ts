import { auth, type Bearward, createBearward, type FastifyGuard } from '@bearward/fastify'
import { setImmediate as nextTurn } from 'node:timers/promises'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { serve } from '../framework.ts'
import { type Composition, FAILING, isRefused, UNAWAITED_KIND } from '../composition.ts'

type AnyRequest = FastifyRequest
type AnyReply = FastifyReply
type Mount = (app: FastifyInstance, guard: FastifyGuard, bearward: Bearward) => void

const fail = () => {
  throw new Error('The next handler failed.')
}

/** Hooks that call a guard by hand. */
const MOUNTS: readonly (readonly [
  name: string,
  mount: Mount,
  expected?: Composition['expected'],
])[] = [
  ['adds the guard itself as onRequest', (app, guard) => app.addHook('onRequest', guard)],
  ['adds the guard itself as preParsing', (app, guard) => app.addHook('preParsing', guard)],
  ['adds the guard itself as preValidation', (app, guard) => app.addHook('preValidation', guard)],
  ['adds the guard itself as preHandler', (app, guard) => app.addHook('preHandler', guard)],
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
    'calls guard(request, reply, done)',
    (app, guard) =>
      app.addHook('onRequest', (request, reply, done) => void guard(request, reply, done)),
  ],
  [
    'awaits guard, then throws',
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
    // The plugin stops the request, because the guard is still pending before the handler.
    {
      'good, keys loading': { status: 500, handled: 0 },
      'rejected, keys loading': { status: 500, handled: 0 },
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
      'rejected, keys loading': { status: 500, handled: 0 },
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
      'rejected, keys loading': { status: 500, handled: 0 },
    },
  ],
  [
    'returns guard(request, reply) from a function that is not async',
    (app, guard) =>
      app.addHook('onRequest', ((request: AnyRequest, reply: AnyReply) =>
        guard(request, reply)) as never),
  ],
  [
    'awaits two guards together',
    (app, guard, bearward) => {
      const other = bearward.requireToken()
      app.addHook('onRequest', async (request, reply) => {
        await Promise.all([guard(request, reply), other(request, reply)])
      })
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
  [
    'reads the kind of authorize(request) without await',
    (app, _guard, bearward) =>
      app.addHook('onRequest', async (request, reply) => {
        if (isRefused(bearward.authorize(request, { scope: 'read' }))) await reply.code(401).send()
      }),
    UNAWAITED_KIND,
  ],
]

/** Variants without and with a slow `onSend` hook. While this hook runs, the reply has been sent but has not ended. */
const ON_SEND: readonly (readonly [suffix: string, add: (app: FastifyInstance) => unknown])[] = [
  ['', () => {}],
  [
    ', with an async onSend',
    (app) =>
      app.addHook('onSend', async (_request, _reply, payload) => {
        await nextTurn()
        return payload
      }),
  ],
  [
    ', with an onSend that calls back later',
    (app) =>
      app.addHook(
        'onSend',
        (_request, _reply, payload, done) => void setImmediate(() => done(null, payload)),
      ),
  ],
]

/** Each composition with each variant of the `onSend` hook. */
export const fastifyCompositions: readonly Composition[] = ON_SEND.flatMap(([suffix, addOnSend]) =>
  MOUNTS.map(([name, mount, expected]): Composition => ({
    name: name + suffix,
    ...(expected && { expected }),
    async start(options, handle) {
      const app = fastify()
      const bearward = createBearward(options)
      await app.register(bearward.plugin, { close: true })
      addOnSend(app)
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
