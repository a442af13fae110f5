import { CRON, REPORTS_API, reportsFor } from '@bearward/example-shared'
import { auth, createBearward } from '@bearward/fastify'
import fastify from 'fastify'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/** Creates the reports API. Each route has a guard with its requirements. */
export async function createApi(issuer: string): Promise<FastifyInstance> {
  const { plugin, requireToken } = createBearward({
    issuer,
    audience: REPORTS_API,
    // The tokens of this provider identify users, but not machines. The list names the machines.
    provider: 'node-oidc-provider',
    machineClients: [CRON.id],
  })

  const api = fastify()
  await api.register(plugin)
  api.get('/reports', { onRequest: requireToken({ scope: 'read:reports' }) }, listReports)
  api.post(
    '/reindex',
    { onRequest: requireToken({ scope: 'admin:reports', subject: 'machine' }) },
    reindex,
  )
  return api
}

function listReports(request: FastifyRequest): object {
  const { subject } = auth(request)
  const titles = reportsFor(subject).map((report) => report.title)
  return { subjectKind: subject.kind, reports: titles }
}

function reindex(request: FastifyRequest): object {
  return { reindexed: true, by: auth(request).subject.id }
}
