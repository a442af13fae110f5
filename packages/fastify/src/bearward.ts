import type { AccessToken, ResourceServerOptions, ResponseHeaders } from '@bearward/core'
import { type AdapterBearward, defineAdapter, pending } from '@bearward/core/adapter'
import type { FastifyRequest } from 'fastify'
import { isAnswered, setAnswered } from './answered.ts'
import { createAppLog } from './log.ts'
import { createPlugin } from './plugin.ts'
import type { AnyReply, AnyRequest, Bearward, FastifyGuard, FastifyRequirements } from './types.ts'

type Done = (error?: unknown) => void

const adapter = defineAdapter<
  [request: AnyRequest, reply: AnyReply, ...rest: readonly unknown[]],
  void | Promise<void>
>({
  toRequest: ({ method, originalUrl: url, raw: { rawHeaders, headers } }) => {
    return { method, url, rawHeaders, headers }
  },
  identify: ({ id, routeOptions }) => ({ id, route: routeOptions.url }),
  grant(outcome, request: { auth?: AccessToken | undefined }, reply) {
    void reply.headers(toMutable(outcome.headers))
    request.auth = outcome.kind === 'granted' ? outcome.token : undefined
  },
  // Without `done`, Fastify waits for a promise.
  proceed: (_request, _reply, ...rest) => (findDone(rest) ?? fulfilled)(),
  refuse({ status, headers, body }, _request, reply, ...rest) {
    // As bytes, so that no serializer and no charset is applied.
    if (!isAnswered(reply)) {
      setAnswered(reply)
      void reply.code(status).headers(toMutable(headers)).send(Buffer.from(body))
    }
    return findDone(rest) === undefined ? pending() : undefined
  },
  fail(error, _request, _reply, ...rest) {
    const done = findDone(rest)
    return done === undefined ? rejected(error) : done(error)
  },
  // Never both: Fastify would run the handler twice.
  wait: (settled, _request, _reply, ...rest) =>
    findDone(rest) === undefined ? settled : undefined,
  log: createAppLog().write,
  environment: process.env,
})

async function fulfilled(): Promise<void> {}

async function rejected(error: Error): Promise<void> {
  throw error
}

/** A callback hook gets `done` last, behind the payload in `preParsing`. An async hook passes none. */
function findDone(rest: readonly unknown[]): Done | undefined {
  const last = rest.at(-1)
  return typeof last === 'function' ? (last as Done) : undefined
}

/**
 * Makes the guards of one configuration. Throws a `ConfigurationError` that names every problem.
 *
 * @example
 * const bearward = createBearward({
 *   issuer: 'https://auth.example.com',
 *   audience: 'https://api.example.com',
 * })
 * await app.register(bearward.plugin)
 * app.get('/reports', { onRequest: bearward.requireToken({ scope: 'read:reports' }) }, listReports)
 */
export function createBearward(options: ResourceServerOptions<FastifyRequest>): Bearward {
  const log = createAppLog()
  const bearward = adapter.createBearward(options as ResourceServerOptions<AnyRequest>, log.write)
  return {
    ...(bearward as AdapterBearward<FastifyRequest, FastifyGuard>),
    plugin: createPlugin(bearward.close, log),
  }
}

/**
 * Makes a guard like `createBearward(...).requireToken`, configured by the `BEARWARD_*` environment variables.
 * All guards that are made with the same variables share one configuration.
 *
 * Throws a `ConfigurationError` if the variables or the requirements are wrong.
 *
 * @example
 * app.get('/reports', { onRequest: requireToken({ scope: 'read:reports' }) }, listReports)
 */
export const requireToken: (...requirements: [FastifyRequirements?]) => FastifyGuard =
  adapter.requireToken as never

/**
 * Returns the verified token of a request that has passed a guard. Never returns `undefined`.
 *
 * Throws an `Error` if there is none, which is a mistake in the program: no guard has granted this request, or
 * the guard is `optional` and the caller is anonymous (read `request.auth` there).
 *
 * @example
 * const { subject, scopes } = auth(request)
 */
export const auth: (request: AnyRequest) => AccessToken = adapter.auth

/** The types of Fastify have no readonly arrays. */
function toMutable(headers: ResponseHeaders): Record<string, string | string[]> {
  return headers as Record<string, string | string[]>
}
