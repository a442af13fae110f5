import type { AccessToken, ResourceServerOptions } from '@bearward/core'
import type { AdapterBearward, AdapterDefinition } from '@bearward/core/adapter'
import { defineAdapter, defineRequireToken, pending } from '@bearward/core/adapter'
import type { FastifyRequest } from 'fastify'
import { findDone, fulfilled, rejected } from './done.ts'
import { setHeaders } from './headers.ts'
import { createAppLog } from './log.ts'
import { createPlugin, hasPlugin } from './plugin.ts'
import { isSent, markAsSent } from './sent-replies.ts'
import type { AnyReply, AnyRequest, Bearward, FastifyGuard, FastifyRequirements } from './types.ts'

const definition: AdapterDefinition<
  [request: AnyRequest, reply: AnyReply, ...rest: readonly unknown[]],
  void | Promise<void>
> = {
  framework: 'fastify',
  stopsPending: ({ server }) => hasPlugin(server),
  toRequest: ({ method, originalUrl: url, raw: { rawHeaders, headers } }) => {
    return { method, url, rawHeaders, headers }
  },
  getSocket: ({ raw }) => raw.socket,
  identify: ({ id, routeOptions }) => ({ id, route: routeOptions.url }),
  grant(outcome, request: { auth?: AccessToken | undefined }) {
    request.auth = outcome.kind === 'granted' ? outcome.token : undefined
  },
  setHeaders: (headers, _request, reply) => setHeaders(headers, reply),
  // If Fastify passes no `done`, it waits for a promise.
  proceed: (_request, _reply, ...rest) => (findDone(rest) ?? fulfilled)(),
  respond({ status, headers, body }, _request, reply, ...rest) {
    // The body is sent as bytes, because Fastify would apply a serializer and a charset to a string.
    if (!isSent(reply)) {
      markAsSent(reply)
      setHeaders(headers, reply)
      void reply.code(status).send(Buffer.from(body))
    }
    return findDone(rest) === undefined ? pending() : undefined
  },
  fail(error, _request, _reply, ...rest) {
    const done = findDone(rest)
    return done === undefined ? rejected(error) : done(error)
  },
  // With `done`, no promise is returned. If a guard used both, Fastify would run the handler twice.
  wait: (settled, _request, _reply, ...rest) =>
    findDone(rest) === undefined ? settled : undefined,
  log: createAppLog().write,
  environment: process.env,
}

const adapter = /* @__PURE__ */ defineAdapter(definition)

/**
 * Creates the guards of one configuration. The options are validated immediately. Keys are fetched when the first token arrives,
 * or by `ready()` or `status()`.
 *
 * @throws {ConfigurationError} if an option is wrong. The message names every problem.
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
 * Creates a guard like `createBearward(...).requireToken`, with options from the `BEARWARD_*` environment variables. The
 * variables are read at each call. Guards that are created with the same variables share one configuration.
 *
 * @throws {ConfigurationError} if a variable or a requirement is wrong.
 *
 * @example
 * app.get('/reports', { onRequest: requireToken({ scope: 'read:reports' }) }, listReports)
 */
export const requireToken: (...requirements: [FastifyRequirements?]) => FastifyGuard =
  /* @__PURE__ */ defineRequireToken(definition) as never

/**
 * Returns the verified token of a request that a guard has granted. It never returns `undefined`.
 *
 * @throws {Error} if no guard has granted the request. This is a mistake in the application.
 * @throws {Error} if the guard is `optional` and the caller is anonymous. Behind an optional guard, read `request.auth` instead.
 *
 * @example
 * const { subject, scopes } = auth(request)
 */
export const auth: (request: AnyRequest) => AccessToken = adapter.auth
