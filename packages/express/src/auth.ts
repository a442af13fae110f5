import type { AccessToken } from '@bearward/core'
import type { Request } from 'express'

declare global {
  namespace Express {
    interface Request {
      /** The verified token, behind a guard. `undefined` where the caller is anonymous. */
      auth?: AccessToken
    }
  }
}

/** What the last guard of a request has decided. Kept apart from `req.auth`, which anybody can write. */
const decisions = new WeakMap<object, AccessToken | 'anonymous'>()

export function remember(request: Request, decision: AccessToken | 'anonymous'): void {
  decisions.set(request, decision)
  if (decision === 'anonymous') delete request.auth
  else request.auth = decision
}

/**
 * The verified token of a request that has passed a guard: never `undefined`.
 *
 * Throws an `Error` where there is none, which is a mistake in the program: no guard stands before the
 * handler, or the guard is `optional` and the caller anonymous (look at `req.auth` there).
 */
export function auth(request: Request): AccessToken {
  const decision = decisions.get(request)
  if (decision === undefined) {
    throw new Error('auth(req) was called where no requireToken(...) stands before the handler.')
  }
  if (decision === 'anonymous') {
    throw new Error(
      'auth(req) was called for an anonymous caller: behind an optional guard, use req.auth.',
    )
  }
  return decision
}
