/**
 * Adds `auth` to the type of every Koa state, for applications that read `context.state.auth`. The import has no effect at
 * run time: guards set `context.state.auth` even without it.
 *
 * @example
 * import '@bearward/koa/req-auth'
 *
 * @packageDocumentation
 */
import type { AccessToken } from '@bearward/core'

declare module 'koa' {
  interface DefaultState {
    /** The verified token, set by a guard. `undefined` if the caller is anonymous. */
    auth?: AccessToken
  }
}
