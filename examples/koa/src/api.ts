import { CRON, REPORTS_API, reportsFor } from '@bearward/example-shared'
import { auth, createBearward } from '@bearward/koa'
import Koa from 'koa'
import type { Context, Middleware } from 'koa'

/** Creates the reports API. Each route has a guard with its requirements. */
export function createApi(issuer: string): Koa {
  const { requireToken } = createBearward({
    issuer,
    audience: REPORTS_API,
    // The tokens of this provider identify users, but not machines. The list names the machines.
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

/** Minimal router. Guards are Koa middleware, so they work with any router. */
function route(target: string, guard: Middleware, handle: (context: Context) => void): Middleware {
  return (context, next) =>
    target === `${context.method} ${context.path}`
      ? guard(context, async () => handle(context))
      : next()
}
