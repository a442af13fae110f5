import { CRON, REPORTS_API, reportsFor } from '@bearward/example-shared'
import { auth, createBearward } from '@bearward/koa'
import Koa from 'koa'
import type { Context, Middleware } from 'koa'

/** Creates the reports API. The guard of each route states who may call it. */
export function createApi(issuer: string): Koa {
  const { requireToken } = createBearward({
    issuer,
    audience: REPORTS_API,
    // The tokens of this provider show which subject is a user. The list names the machines.
    provider: 'node-oidc-provider',
    machineClients: [CRON.id],
  })

  const api = new Koa()
  api.use(route('GET /reports', requireToken({ scope: 'read:reports' }), listReports))
  api.use(
    route('POST /reindex', requireToken({ scope: 'admin:reports', subject: 'machine' }), reindex),
  )
  return api
}

function listReports(context: Context): void {
  const { subject } = auth(context)
  const titles = reportsFor(subject).map((report) => report.title)
  context.body = { subjectKind: subject.kind, reports: titles }
}

function reindex(context: Context): void {
  context.body = { reindexed: true, by: auth(context).subject.id }
}

/** Minimal router. Guards also work with any Koa router, because they are Koa middleware. */
function route(target: string, guard: Middleware, handle: (context: Context) => void): Middleware {
  return (context, next) =>
    target === `${context.method} ${context.path}`
      ? guard(context, async () => handle(context))
      : next()
}
