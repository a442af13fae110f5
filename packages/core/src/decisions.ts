import type { AccessToken } from './token/access-token.ts'

/** The part that every guard shares. What a resource server adds to it is its own business. */
export interface RequestRecord {
  /** What the last guard has decided. */
  decision: AccessToken | 'anonymous' | undefined
}

/** What a class that extends it makes of an object is that object. */
const Itself = function (object: object) {
  return object
} as unknown as new (object: object) => object

/**
 * What the guards know about a request that is under way, in a private field that the request is given: a
 * property could be written by anybody. A `WeakMap` is the usual way to the same end, but what its entries cost
 * the garbage collector is more than all that a guard does with the claims of a token.
 */
class Guarded extends Itself {
  #record: RequestRecord | undefined

  static recordOf(source: object): RequestRecord | undefined {
    return #record in source ? source.#record : undefined
  }

  static keepRecord(source: object, record: RequestRecord): void {
    const guarded = #record in source ? source : new Guarded(source)
    guarded.#record = record
  }
}

/** The record of a request, by the `source` that guards are asked about. */
export const recordOf = (source: object): RequestRecord | undefined => Guarded.recordOf(source)

/** Takes the place of the record before, if there is one. */
export const keepRecord = (source: object, record: RequestRecord): void =>
  Guarded.keepRecord(source, record)

/**
 * The verified token of a request that has passed a guard, by the `source` that the guard was asked about:
 * what adapters offer as `auth(...)`. Never `undefined`.
 *
 * Throws an `Error` where there is none, which is a mistake in the program: no guard stands before the
 * handler, or the guard is `optional` and the caller anonymous.
 */
export function tokenOf(source: object): AccessToken {
  const decision = recordOf(source)?.decision
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
