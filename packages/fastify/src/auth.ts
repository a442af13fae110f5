import { type AccessToken, getToken } from '@bearward/core'
import type { FastifyRequest, RawServerBase, RouteGenericInterface } from 'fastify'

declare module 'fastify' {
  interface FastifyRequest {
    /** The verified token, behind a guard. `undefined` where the caller is anonymous. */
    auth?: AccessToken | undefined
  }
}

/**
 * The verified token of a request that has passed a guard: never `undefined`.
 *
 * Throws an `Error` where there is none, which is a mistake in the program: no guard stands before the
 * handler, or the guard is `optional` and the caller anonymous (look at `request.auth` there).
 */
export function auth(request: FastifyRequest<RouteGenericInterface, RawServerBase>): AccessToken {
  return getToken(request)
}
