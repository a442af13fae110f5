/** Type tests of the Fastify adapter. See `core.test-d.ts`. */
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
  bearward.requireToken({ acr: ['urn:mfa'], maxAuthAge: 300 }),
  bearward.metadata(),
  bearward.cors({ origins: ['https://app.example.com'] }),
  createBearward({ issuer, resource: audience, metadata: {} }).metadata(),
]

export function guardsThatMustNotCompile(): void {
  // @ts-expect-error: audience is missing
  createBearward({ issuer })
  createBearward({ issuer, resource: audience })
  // @ts-expect-error: origins are missing
  bearward.cors()
  // @ts-expect-error: cookies are never allowed
  bearward.cors({ origins: '*', credentials: true })
  // @ts-expect-error: acr is a text or a list of texts
  bearward.requireToken({ acr: 2 })
  // @ts-expect-error: issuer and issuers exclude each other
  createBearward({ issuer, audience, issuers: [{ issuer, audience }] })
  // @ts-expect-error: the requirement does not exist
  requireToken({ scopes: 'read' })
  // @ts-expect-error: the kind of subject does not exist
  bearward.requireToken({ subject: 'robot' })
  // @ts-expect-error: check returns neither true nor false
  bearward.requireToken({ check: (token) => token.clientId })
  // @ts-expect-error: only bearward.plugin can be registered
  fastify().register(bearward)
  // @ts-expect-error: a guard is a hook, not a plugin
  fastify().register(bearward.requireToken())
}

export async function createApp(): Promise<void> {
  const app = fastify()
  await app.register(bearward.plugin)
  app.addHook('onRequest', bearward.metadata())
  app.addHook('onRequest', bearward.cors({ origins: '*' }))
  app.addHook('onRequest', bearward.requireToken())
  app.get('/reports', { onRequest: bearward.requireToken({ optional: true }) }, (request) => {
    // @ts-expect-error: the caller may be anonymous
    request.log.info(request.auth.issuer)
    const maybe: AccessToken | undefined = request.auth
    const token: AccessToken = auth(request)
    // @ts-expect-error: an unknown subject may have no id
    if (token.subject.kind === 'unknown') return token.subject.id.length
    return token.subject.kind === 'machine' ? token.subject.id.length : maybe
  })

  /** A route can have types for its parameters, and more than one hook. */
  app.get<{ Params: { id: string } }>(
    '/reports/:id',
    { onRequest: [bearward.requireToken(), requireToken({ subject: 'user' })] },
    (request) => request.params.id === auth(request).subject.id,
  )
}

/** Apps with another server type, or with a logger type such as that of pino. */
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
