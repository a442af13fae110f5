import { type AccessToken, getToken } from '@bearward/core'
import type { ParameterizedContext } from 'koa'

declare module 'koa' {
  interface DefaultState {
    /** The verified token, behind a guard. `undefined` where the caller is anonymous. */
    auth?: AccessToken
  }
}

/**
 * The verified token of a request that has passed a guard: never `undefined`.
 *
 * Throws an `Error` where there is none, which is a mistake in the program: no guard stands before the
 * handler, or the guard is `optional` and the caller anonymous (look at `ctx.state.auth` there).
 */
export function auth(context: ParameterizedContext): AccessToken {
  return getToken(context)
}
