/**
 * Adds `auth` to the type of every Fastify request, for applications that read `request.auth`. The import has no effect at
 * run time: guards set `request.auth` even without it.
 *
 * @example
 * import '@bearward/fastify/req-auth'
 *
 * @packageDocumentation
 */
import type { AccessToken } from '@bearward/core'

declare module 'fastify' {
  interface FastifyRequest {
    /** The verified token, set by a guard. `undefined` if the caller is anonymous. */
    auth?: AccessToken | undefined
  }
}
