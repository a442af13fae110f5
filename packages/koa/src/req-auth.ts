/**
 * Adds `auth` to the type of every Koa state, for applications that read `context.state.auth`. It has no effect
 * at run time: guards set `context.state.auth` with or without it.
 *
 * @example
 * import '@bearward/koa/req-auth'
 *
 * @packageDocumentation
 */
import type { AccessToken } from '@bearward/core'

declare module 'koa' {
  interface DefaultState {
    /** The verified token after a guard. `undefined` for an anonymous caller. */
    auth?: AccessToken
  }
}
