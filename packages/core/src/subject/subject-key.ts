import type { Subject } from './subject.ts'

/**
 * Returns a key for data that an application stores about a subject. The key contains the issuer, the kind and the id.
 * Two subjects never have the same key. Do not parse the key.
 *
 * The key of a subject can change if you change `provider`, `clientIdClaim` or `machineSubject` of its issuer. The
 * actor is not part of the key: a user with an actor has the key of the user.
 *
 * @throws `Error` for a subject of kind `unknown`, and for a subject whose kind is known by convention only. Do not
 * use `sub` as the key instead.
 *
 * @example
 * const settings = await store.get(subjectKey(auth(req)))
 */
export function subjectKey(token: { readonly issuer: string; readonly subject: Subject }): string {
  const { kind, id, evidence } = token.subject
  if (kind === 'unknown') {
    throw new Error('subjectKey was called for an unknown subject: check subject.kind first.')
  }
  if (evidence.level === 'convention') {
    throw new Error(
      'subjectKey was called for a subject whose kind is known by convention only: set the provider of its issuer, machineSubject or machineClients.',
    )
  }
  return JSON.stringify([token.issuer, kind === 'user' ? 'user' : 'client', id])
}
