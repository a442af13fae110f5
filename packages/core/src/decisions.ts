import type { AccessToken } from './token/access-token.ts'

/** What the guards know about a request that is under way. */
export interface Notes {
  /** What the last guard has decided. */
  decision: AccessToken | 'anonymous' | undefined
  /** What each resource server has found out for its guards: usually one. */
  readonly records: { readonly owner: object }[]
}

/** What a class that extends it makes of an object is that object. */
const Itself = function (object: object) {
  return object
} as unknown as new (object: object) => object

/**
 * Keeps the notes in a private field that the request is given: a property could be written by anybody. A
 * `WeakMap` is the usual way to the same end, but what its entries cost the garbage collector is more than
 * all that a guard does with the claims of a token. Only what takes no field any more has its entry there.
 */
class Annotated extends Itself {
  static readonly #frozen = new WeakMap<object, Notes>()
  readonly #notes: Notes = { decision: undefined, records: [] }

  static notesOf(source: object): Notes | undefined {
    return #notes in source ? source.#notes : Annotated.#frozen.get(source)
  }

  static annotate(source: object): Notes {
    if (Object.isExtensible(source)) return new Annotated(source).#notes
    const notes: Notes = { decision: undefined, records: [] }
    Annotated.#frozen.set(source, notes)
    return notes
  }
}

/** The notes about a request, by the `source` that guards are asked about. */
export function notesOf(source: object): Notes {
  return Annotated.notesOf(source) ?? Annotated.annotate(source)
}

/**
 * The verified token of a request that has passed a guard, by the `source` that the guard was asked about:
 * what adapters offer as `auth(...)`. Never `undefined`.
 *
 * Throws an `Error` where there is none, which is a mistake in the program: no guard stands before the
 * handler, or the guard is `optional` and the caller anonymous.
 */
export function tokenOf(source: object): AccessToken {
  const decision = Annotated.notesOf(source)?.decision
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
