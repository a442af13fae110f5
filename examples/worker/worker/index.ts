import { env } from 'cloudflare:workers'
import { reportsFor } from '@bearward/example-shared/reports'
import { createBearward } from '@bearward/fetch'

const { protect } = createBearward({
  issuer: env.ISSUER,
  audience: env.AUDIENCE,
  // The tokens of this provider identify users, but not machines. The list names the machines.
  provider: 'node-oidc-provider',
  machineClients: [env.MACHINE_CLIENT],
})

const listReports = protect({ scope: 'read:reports' }, (_request, { token: { subject } }) => {
  const titles = reportsFor(subject).map((report) => report.title)
  return Response.json({ subjectKind: subject.kind, reports: titles })
})

const reindex = protect({ scope: 'admin:reports', subject: 'machine' }, (_request, { token }) =>
  Response.json({ reindexed: true, by: token.subject.id }),
)

const ROUTES = new Map([
  ['GET /reports', listReports],
  ['POST /reindex', reindex],
])

/** The reports API. Each route has a guard with its requirements. With `ctx`, a fetch of keys can continue after the response. */
export default {
  async fetch(request, _env, ctx) {
    const handle = ROUTES.get(`${request.method} ${new URL(request.url).pathname}`)
    return handle?.(request, ctx) ?? new Response(null, { status: 404 })
  },
} satisfies ExportedHandler
