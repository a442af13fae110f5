/**
 * Adds `auth` to the type of every Express request, for applications that read `request.auth`. It has no
 * effect at run time: guards set `request.auth` with or without it.
 *
 * @example
 * import '@bearward/express/req-auth'
 *
 * @packageDocumentation
 */
import type { AccessToken } from '@bearward/core'

declare global {
  namespace Express {
    interface Request {
      /** The verified token after a guard. `undefined` for an anonymous caller. */
      auth?: AccessToken
    }
  }
}
