import { reportsFor } from '@bearward/example-shared/reports'
import { createBearward } from '@bearward/fetch'

/** Creates the reports API: a function that gets a `Request`. Each route has a guard with its requirements. */
export function createApi(issuer: string): (request: Request) => Promise<Response> {
  const { protect } = createBearward({
    issuer,
    audience: 'https://reports.example.com',
    // The tokens of this provider identify users, but not machines. The list names the machines.
    provider: 'node-oidc-provider',
    machineClients: ['reports-cron'],
  })

  const listReports = protect({ scope: 'read:reports' }, (_request, { token: { subject } }) => {
    const titles = reportsFor(subject).map((report) => report.title)
    return Response.json({ subjectKind: subject.kind, reports: titles })
  })
  const reindex = protect({ scope: 'admin:reports', subject: 'machine' }, (_request, { token }) =>
    Response.json({ reindexed: true, by: token.subject.id }),
  )
  const routes = new Map([
    ['GET /reports', listReports],
    ['POST /reindex', reindex],
  ])

  return async (request) => {
    const handle = routes.get(`${request.method} ${new URL(request.url).pathname}`)
    return handle?.(request) ?? new Response(null, { status: 404 })
  }
}
