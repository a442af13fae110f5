import type { AccessToken } from './token/access-token.ts'

/**
 * What the guards know about a request that is under way. Kept here, and not in a property of the request,
 * which anybody could write; and in one place, because to the garbage collector an entry in a `WeakMap` is
 * as much work as most of what a guard does.
 */
const records = new WeakMap<object, RequestRecord>()

/** The part that every guard shares. What a resource server adds to it is its own business. */
export interface RequestRecord {
  /** What the last guard has decided. */
  decision: AccessToken | 'anonymous' | undefined
}

/** The record of a request, by the `source` that guards are asked about. */
export function recordOf(source: object): RequestRecord | undefined {
  return records.get(source)
}

/** Takes the place of the record before, if there is one. */
export function keepRecord(source: object, record: RequestRecord): void {
  records.set(source, record)
}

/**
 * The verified token of a request that has passed a guard, by the `source` that the guard was asked about:
 * what adapters offer as `auth(...)`. Never `undefined`.
 *
 * Throws an `Error` where there is none, which is a mistake in the program: no guard stands before the
 * handler, or the guard is `optional` and the caller anonymous.
 */
export function tokenOf(source: object): AccessToken {
  const decision = records.get(source)?.decision
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
