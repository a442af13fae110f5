import { CRON, REPORTS_API, reportsFor } from '@bearward/example-story'
import { auth, createBearward } from '@bearward/fastify'
import fastify from 'fastify'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/** The reports API, with one line a route that says who may call it. */
export async function createApi(issuer: string): Promise<FastifyInstance> {
  const { plugin, requireToken } = createBearward({
    issuer,
    audience: REPORTS_API,
    // Its tokens say by themselves who is a user. Who is a machine is said here.
    provider: 'node-oidc-provider',
    machineClients: [CRON.id],
  })

  const api = fastify()
  await api.register(plugin)
  api.get('/reports', { onRequest: requireToken({ scope: 'read:reports' }) }, list)
  api.post(
    '/reindex',
    { onRequest: requireToken({ scope: 'admin:reports', subject: 'machine' }) },
    index,
  )
  return api
}

function list(request: FastifyRequest): object {
  const { subject } = auth(request)
  const titles = reportsFor(subject).map((report) => report.title)
  return { seenAs: subject.kind, reports: titles }
}

function index(request: FastifyRequest): object {
  return { reindexed: true, by: auth(request).subject.id }
}
