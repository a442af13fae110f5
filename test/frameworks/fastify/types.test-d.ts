/** What the compiler has to know of the Fastify adapter. See `core.test-d.ts`. */
import '@bearward/fastify/req-auth'
import {
  type AccessToken,
  auth,
  type Bearward,
  createBearward,
  requireToken,
} from '@bearward/fastify'
import fastify, {
  type FastifyBaseLogger,
  type FastifyRequest,
  type onRequestHookHandler,
} from 'fastify'

const issuer = 'https://as.example.com'
const audience = 'https://api.example.com'

export const bearward: Bearward = createBearward({ issuer, audience })

export const hooks: readonly onRequestHookHandler[] = [
  requireToken(),
  bearward.requireToken(),
  bearward.requireToken({ scope: { any: ['read', 'write'] }, subject: 'user' }),
  bearward.requireToken({ check: (token, request) => request.ip === token.subject.id }),
  bearward.requireToken({ check: async (_token, request: FastifyRequest) => request.url === '/' }),
]

export function guardsThatMustNotCompile(): void {
  // @ts-expect-error: no audience
  createBearward({ issuer })
  // @ts-expect-error: one issuer and several
  createBearward({ issuer, audience, issuers: [{ issuer, audience }] })
  // @ts-expect-error: a name that does not exist
  requireToken({ scopes: 'read' })
  // @ts-expect-error: a kind of subject that does not exist
  bearward.requireToken({ subject: 'robot' })
  // @ts-expect-error: an answer that is neither yes nor no
  bearward.requireToken({ check: (token) => token.clientId })
  // @ts-expect-error: what is registered is the plugin
  fastify().register(bearward)
  // @ts-expect-error: a guard is a hook, and no plugin
  fastify().register(bearward.requireToken())
}

export async function createApp(): Promise<void> {
  const app = fastify()
  await app.register(bearward.plugin)
  app.addHook('onRequest', bearward.requireToken())
  app.get('/reports', { onRequest: bearward.requireToken({ optional: true }) }, (request) => {
    // @ts-expect-error: the caller may be anonymous
    request.log.info(request.auth.issuer)
    const maybe: AccessToken | undefined = request.auth
    const token: AccessToken = auth(request)
    // @ts-expect-error: whoever is unknown may have no identifier
    if (token.subject.kind === 'unknown') return token.subject.id.length
    return token.subject.kind === 'machine' ? token.subject.id.length : maybe
  })

  /** A route may say what its parameters are, and have more hooks than one. */
  app.get<{ Params: { id: string } }>(
    '/reports/:id',
    { onRequest: [bearward.requireToken(), requireToken({ subject: 'user' })] },
    (request) => request.params.id === auth(request).subject.id,
  )
}

/** Whatever the server of an app is, and its log: such as that of pino itself. */
export function appsOfAnyKind(loggerInstance: FastifyBaseLogger & { msgPrefix: string }): void {
  const withLog = fastify({ loggerInstance })
  void withLog.register(bearward.plugin)
  withLog.addHook('onRequest', requireToken())
  withLog.get('/', { onRequest: requireToken() }, (request) => auth(request).issuer)
  const withTls = fastify({ https: {} })
  void withTls.register(bearward.plugin)
  withTls.addHook('onRequest', requireToken())
  withTls.get('/', { onRequest: [requireToken()] }, (request) => auth(request).issuer)
  const withHttp2 = fastify({ http2: true })
  void withHttp2.register(bearward.plugin)
  withHttp2.addHook('onRequest', requireToken())
  withHttp2.get('/', { onRequest: requireToken() }, (request) => auth(request).issuer)
}
