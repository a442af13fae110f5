import { CRON, PROBE, reportsFor } from '@bearward/example-story'
import { auth, createBearward } from '@bearward/express'
import type { Bearward, BearwardEvent } from '@bearward/express'
import express from 'express'
import type { Express, Request, Response } from 'express'

export interface ReportsApiOptions {
  /** The authorization server whose tokens are accepted. */
  readonly issuer: string
  /** This API's own identifiers, of which a token has to name one as its audience. */
  readonly audience: readonly string[]
  /** This API as a client of that authorization server. */
  readonly client: { readonly id: string; readonly secret: string }
  /** Is told what the callers are not: why a request was refused. */
  readonly onEvent?: (event: BearwardEvent) => void
}

export interface ReportsApi {
  readonly app: Express
  readonly bearward: Bearward
}

/** A small API with one line a route that says who may call it. */
export function createReportsApi(options: ReportsApiOptions): ReportsApi {
  const { issuer, audience, client, onEvent } = options
  const bearward = createBearward({
    issuer,
    audience,
    // Its tokens say by themselves who is a user. Who is a machine is said here: people choose their
    // names, and one may be called what a client is called.
    provider: 'node-oidc-provider',
    machineClients: [CRON.id, PROBE.id],
    // Its JWTs are verified here. It is asked about every other token.
    tokenFormat: 'any',
    introspection: {
      clientId: client.id,
      clientAuthentication: { method: 'client_secret_basic', secret: client.secret },
    },
    // Its clock is ours, so a token is over when it says so, to the second.
    clockTolerance: 0,
    ...(onEvent && { onEvent }),
  })

  const app = express()
  app.get('/health', health)
  app.get('/news', bearward.requireToken({ optional: true }), news)
  app.get('/me', bearward.requireToken(), me)
  app.get('/reports', bearward.requireToken({ scope: 'read:reports' }), list)
  // A token that was given back is refused here at once, and elsewhere within ten seconds.
  app.get(
    '/archive',
    bearward.requireToken({ scope: 'read:archive', introspect: true }),
    openArchive,
  )
  app.post('/reindex', bearward.requireToken({ scope: 'admin:reports', subject: 'machine' }), index)
  return { app, bearward }
}

function health(_request: Request, response: Response): void {
  response.json({ status: 'up' })
}

function news(request: Request, response: Response): void {
  const reader = request.auth?.subject.id ?? 'a stranger'
  response.json({ headline: 'The index was rebuilt last night', reader })
}

function me(request: Request, response: Response): void {
  const { subject, clientId, scopes } = auth(request)
  const { kind, id, actor } = subject
  response.json({ kind, id, actor: actor?.id, clientId, scopes })
}

function list(request: Request, response: Response): void {
  const { subject } = auth(request)
  const titles = reportsFor(subject).map((report) => report.title)
  response.json({ seenAs: subject.kind, reports: titles })
}

function openArchive(request: Request, response: Response): void {
  const { clientId, verifiedBy } = auth(request)
  response.json({ archiveOpenFor: clientId, verifiedBy })
}

function index(request: Request, response: Response): void {
  response.json({ reindexed: true, by: auth(request).subject.id })
}
