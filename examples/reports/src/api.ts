import {
  ARCHIVE,
  CRON,
  PROBE,
  REPORTS_API,
  REPORTS_API_CLIENT,
  reportsFor,
} from '@bearward/example-shared'
import '@bearward/express/req-auth'
import { auth, createBearward, memoryReplay } from '@bearward/express'
import type { Bearward, BearwardEvent } from '@bearward/express'
import express from 'express'
import type { Express, Request, Response } from 'express'

/** Maximum age of the sign-in on the route `/publish`, in seconds. Usual values are minutes. This value keeps the demo short. */
const RECENT = 3

/** Creates the reports API. Each route except `/health` has a guard with its requirements. */
export function createReportsApi(
  issuer: string,
  onEvent: (event: BearwardEvent) => void,
): { readonly app: Express; readonly bearward: Bearward } {
  const bearward = createBearward({
    issuer,
    // The address of this API. Clients request tokens for it.
    resource: REPORTS_API,
    // The archive has its own identifier, so both are listed.
    audience: [REPORTS_API, ARCHIVE],
    // Clients find the authorization server in the metadata of this API.
    metadata: { name: 'Reports' },
    // The tokens of this provider identify users, but not machines. The list names the machines. It is not enough that `sub`
    // equals the client id, because a user can choose an account id that equals a client id.
    provider: 'node-oidc-provider',
    machineClients: [CRON.id, PROBE.id],
    // JWTs are verified here. All other tokens are introspected.
    tokenFormat: 'any',
    introspection: {
      clientId: REPORTS_API_CLIENT.id,
      clientAuthentication: { method: 'client_secret_basic', secret: REPORTS_API_CLIENT.secret },
    },
    // Tokens can be bound to a key of the client. This API runs in one process, so proofs are remembered in its memory.
    dpop: { replay: memoryReplay() },
    // The authorization server runs on the same computer, so the clocks do not differ.
    clockTolerance: 0,
    onEvent,
  })
  const { metadata, requireToken } = bearward

  const app = express()
  app.use(metadata())
  app.get('/health', health)
  app.get('/news', requireToken({ optional: true }), news)
  app.get('/me', requireToken(), me)
  app.get('/reports', requireToken({ scope: 'read:reports' }), listReports)
  // With `introspect: true`, a revoked token is refused immediately. By default, it may be accepted for ten more seconds.
  app.get('/archive', requireToken({ scope: 'read:archive', introspect: true }), openArchive)
  app.post('/reindex', requireToken({ scope: 'admin:reports', subject: 'machine' }), reindex)
  // A user must have signed in recently. The challenge tells the client to sign the user in again.
  app.post('/publish', requireToken({ scope: 'admin:reports', maxAuthAge: RECENT }), publish)
  return { app, bearward }
}

function health(_request: Request, response: Response): void {
  response.json({ status: 'up' })
}

function news(request: Request, response: Response): void {
  const reader = request.auth?.subject.id ?? 'anonymous'
  response.json({ headline: 'The index was rebuilt last night', reader })
}

function me(request: Request, response: Response): void {
  const { subject, clientId, scopes } = auth(request)
  const { kind, id, actor } = subject
  response.json({ kind, id, actor: actor?.id, clientId, scopes })
}

function listReports(request: Request, response: Response): void {
  const { subject } = auth(request)
  const titles = reportsFor(subject).map((report) => report.title)
  response.json({ subjectKind: subject.kind, reports: titles })
}

function openArchive(request: Request, response: Response): void {
  const { clientId, verifiedBy } = auth(request)
  response.json({ clientId, verifiedBy })
}

function reindex(request: Request, response: Response): void {
  response.json({ reindexed: true, by: auth(request).subject.id })
}

function publish(request: Request, response: Response): void {
  response.json({ published: true, by: auth(request).subject.id })
}
