import type { AccessToken } from './token/access-token.ts'

/**
 * What the last guard of a request has decided. Kept here, and not in a property of the request, which
 * anybody could write.
 */
const decisions = new WeakMap<object, AccessToken | 'anonymous'>()

export function remember(source: object, decision: AccessToken | 'anonymous'): void {
  decisions.set(source, decision)
}

/**
 * The verified token of a request that has passed a guard, by the `source` that the guard was asked about:
 * what adapters offer as `auth(...)`. Never `undefined`.
 *
 * Throws an `Error` where there is none, which is a mistake in the program: no guard stands before the
 * handler, or the guard is `optional` and the caller anonymous.
 */
export function tokenOf(source: object): AccessToken {
  const decision = decisions.get(source)
  if (decision === undefined) {
    throw new Error('auth(...) was called where no requireToken(...) stands before the handler.')
  }
  if (decision === 'anonymous') {
    throw new Error(
      'auth(...) was called for an anonymous caller: behind an optional guard, ask for the token where it may be undefined.',
    )
  }
  return decision
}
