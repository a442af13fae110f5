import type { Subject } from './subject.ts'

/**
 * A key for whatever an application keeps about a subject: issuer, namespace and id, encoded so that no
 * two subjects have the same one. Not to be parsed.
 *
 * It holds as long as the profile does: another `provider`, `clientIdClaim` or `machineSubject` for the
 * issuer can move a subject to another key. The actor is not part of it: a user with an actor is that user.
 *
 * Throws an `Error` for a subject of kind `unknown`, which has no identity, and for one whose kind is known by
 * convention only, which is nothing to keep data under: do not fall back to `sub`.
 */
export function subjectKey(token: { readonly issuer: string; readonly subject: Subject }): string {
  const { kind, id, evidence } = token.subject
  if (kind === 'unknown') {
    throw new Error('subjectKey was called for an unknown subject: ask for its kind first.')
  }
  if (evidence.level === 'convention') {
    throw new Error(
      'subjectKey was called for a subject whose kind is known by convention only: set the provider of its issuer, machineSubject or machineClients.',
    )
  }
  return JSON.stringify([token.issuer, kind === 'user' ? 'user' : 'client', id])
}
