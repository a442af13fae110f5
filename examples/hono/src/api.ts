import { CRON, REPORTS_API, reportsFor } from '@bearward/example-shared'
import { createBearward } from '@bearward/fetch/hono'
import { Hono } from 'hono'

/** Creates the reports API. Each route has a guard with its requirements. */
export function createApi(issuer: string): Hono {
  const { requireToken } = createBearward({
    issuer,
    audience: REPORTS_API,
    // The tokens of this provider identify users, but not machines. The list names the machines.
    provider: 'node-oidc-provider',
    machineClients: [CRON.id],
  })

  const api = new Hono()
  api.get('/reports', requireToken({ scope: 'read:reports' }), (c) => {
    const { subject } = c.get('auth')
    const titles = reportsFor(subject).map((report) => report.title)
    return c.json({ subjectKind: subject.kind, reports: titles })
  })
  api.post('/reindex', requireToken({ scope: 'admin:reports', subject: 'machine' }), (c) =>
    c.json({ reindexed: true, by: c.get('auth').subject.id }),
  )
  return api
}
