/**
 * Adds `auth` to the type of every Express request, for applications that read `request.auth`. The import has no effect at
 * run time: guards set `request.auth` even without it.
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
      /** The verified token, set by a guard. `undefined` if the caller is anonymous. */
      auth?: AccessToken
    }
  }
}
