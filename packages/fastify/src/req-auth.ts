/**
 * Adds `auth` to the type of every Fastify request, for applications that read `request.auth`. It has no
 * effect at run time: guards set `request.auth` with or without it.
 *
 * @example
 * import '@bearward/fastify/req-auth'
 *
 * @packageDocumentation
 */
import type { AccessToken } from '@bearward/core'

declare module 'fastify' {
  interface FastifyRequest {
    /** The verified token after a guard. `undefined` for an anonymous caller. */
    auth?: AccessToken | undefined
  }
}
