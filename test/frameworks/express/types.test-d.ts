/** Type tests of the Express adapter. See `core.test-d.ts`. */
import '@bearward/express/req-auth'
import { createSecretKey } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { createResourceServer, type Outcome, type RequestLike } from '@bearward/core'
import {
  type AccessToken,
  auth,
  type Bearward,
  createBearward,
  requireToken,
} from '@bearward/express'
import express, { type Request, type RequestHandler } from 'express'

const issuer = 'https://as.example.com'
const audience = 'https://api.example.com'

export const bearward: Bearward = createBearward({ issuer, audience })

export const handlers: readonly RequestHandler[] = [
  requireToken(),
  bearward.requireToken(),
  bearward.requireToken({ scope: { any: ['read', 'write'] }, subject: 'user' }),
  bearward.requireToken({ check: (token, request) => request.params['id'] === token.subject.id }),
  bearward.requireToken({ check: async (_token, request: Request) => request.secure }),
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
  createBearward({
    issuer,
    audience,
    errorBody: (_refusal, request) => ({ body: request?.path ?? '' }),
  })
  createBearward({ issuer, audience, mtls: { certificate: 'tls', mode: 'required' } })
  createBearward({ issuer, audience, mtls: { certificate: (request) => request.get('x-cert') } })
  // @ts-expect-error: trustedProxies are missing
  createBearward({ issuer, audience, mtls: { certificate: { header: 'a', format: 'xfcc' } } })
  // @ts-expect-error: the function must be synchronous
  createBearward({ issuer, audience, mtls: { certificate: async () => undefined } })
  // @ts-expect-error: errorBody cannot set the status
  createBearward({ issuer, audience, errorBody: () => ({ body: 'no', status: 404 }) })
  const withHeaders = { body: 'no', headers: { 'x-reason': 'no' } }
  // @ts-expect-error: errorBody cannot set header fields
  createBearward({ issuer, audience, errorBody: () => withHeaders })
  // @ts-expect-error: the logger has no warn
  createBearward({ issuer, audience, logger: { info() {} } })
  // @ts-expect-error: issuer and issuers exclude each other
  createBearward({ issuer, audience, issuers: [{ issuer, audience }] })
  // @ts-expect-error: the requirement does not exist
  requireToken({ scopes: 'read' })
  // @ts-expect-error: the kind of subject does not exist
  bearward.requireToken({ subject: 'robot' })
  // @ts-expect-error: check returns neither true nor false
  bearward.requireToken({ check: (token) => token.clientId })
  // @ts-expect-error: the result of createBearward is not a middleware
  express().use(bearward)
}

express().get('/reports/:id', bearward.requireToken({ optional: true }), (request, response) => {
  // @ts-expect-error: the caller may be anonymous
  response.locals['issuer'] = request.auth.issuer
  const maybe: AccessToken | undefined = request.auth
  const token: AccessToken = auth(request)
  // @ts-expect-error: an unknown subject may have no id
  response.json({ maybe, length: token.subject.id.length })
  if (token.subject.kind === 'machine') response.json({ length: token.subject.id.length })
})

/** A request and a key of Node are accepted without conversion. */
export function judge(request: IncomingMessage): Outcome | Promise<Outcome> {
  const secret = createSecretKey(new Uint8Array(32))
  const { method = 'GET', url = '/', rawHeaders, headers } = request
  const view: RequestLike = { method, url, rawHeaders, headers, raw: request }
  return createResourceServer({ issuer, audience, secret }).authorize(view)
}
