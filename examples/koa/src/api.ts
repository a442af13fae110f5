import { CRON, REPORTS_API, reportsFor } from '@bearward/example-story'
import { auth, createBearward } from '@bearward/koa'
import Koa from 'koa'
import type { Context, Middleware } from 'koa'

/** The reports API, with one line a route that says who may call it. */
export function createApi(issuer: string): Koa {
  const { requireToken } = createBearward({
    issuer,
    audience: REPORTS_API,
    // Its tokens say by themselves who is a user. Who is a machine is said here.
    provider: 'node-oidc-provider',
    machineClients: [CRON.id],
  })

  const api = new Koa()
  api.use(route('GET /reports', requireToken({ scope: 'read:reports' }), list))
  api.use(
    route('POST /reindex', requireToken({ scope: 'admin:reports', subject: 'machine' }), index),
  )
  return api
}

function list(context: Context): void {
  const { subject } = auth(context)
  const titles = reportsFor(subject).map((report) => report.title)
  context.body = { seenAs: subject.kind, reports: titles }
}

function index(context: Context): void {
  context.body = { reindexed: true, by: auth(context).subject.id }
}

/** As much of a router as is needed here. A guard is a middleware like any other. */
function route(target: string, guard: Middleware, handle: (context: Context) => void): Middleware {
  return (context, next) =>
    target === `${context.method} ${context.path}`
      ? guard(context, async () => handle(context))
      : next()
}
