/** Type tests of the Koa adapter. See `core.test-d.ts`. */
import '@bearward/koa/req-auth'
import { type AccessToken, auth, type Bearward, createBearward, requireToken } from '@bearward/koa'
import Koa, { type Context, type Middleware } from 'koa'

const issuer = 'https://as.example.com'
const audience = 'https://api.example.com'

export const bearward: Bearward = createBearward({ issuer, audience })

export const middlewares: readonly Middleware[] = [
  requireToken(),
  bearward.requireToken(),
  bearward.requireToken({ scope: { any: ['read', 'write'] }, subject: 'user' }),
  bearward.requireToken({ check: (token, context) => context.query['id'] === token.subject.id }),
  bearward.requireToken({ check: async (_token, context: Context) => context.secure }),
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
  // @ts-expect-error: the result of createBearward is not a middleware
  new Koa().use(bearward)
}

new Koa().use(bearward.requireToken({ optional: true })).use((context) => {
  // @ts-expect-error: the caller may be anonymous
  context.set('issuer', context.state.auth.issuer)
  const maybe: AccessToken | undefined = context.state.auth
  const token: AccessToken = auth(context)
  // @ts-expect-error: an unknown subject may have no id
  context.body = { maybe, length: token.subject.id.length }
  if (token.subject.kind === 'machine') context.body = { length: token.subject.id.length }
})

/** An app can have its own types of state and context. */
new Koa<{ tenant: string }, { now: number }>().use(requireToken()).use((context, next) => {
  context.body = [context.state.tenant, context.now, auth(context).subject.id]
  return next()
})
