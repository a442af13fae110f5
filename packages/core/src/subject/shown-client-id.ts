import { toPrintable } from '../lib/quote.ts'
import type { ClientIdClaim } from './profile.ts'

/**
 * Returns a client id for an event: printable, and bounded in length. Returns `undefined` if there is none, and if the option
 * `clientIdClaim` is `sub`, which may be a person.
 */
export function showClientId(
  clientId: unknown,
  { clientIdClaims }: { readonly clientIdClaims: readonly ClientIdClaim[] },
): string | undefined {
  const mayBePerson = clientIdClaims.includes('sub')
  return typeof clientId === 'string' && !mayBePerson ? toPrintable(clientId) : undefined
}

/** Describes the client of a token for a sentence in an event. */
export function describeClientId(
  clientId: string | undefined,
  settings: { readonly clientIdClaims: readonly ClientIdClaim[] },
): string {
  if (clientId === undefined) return 'no client'
  const shown = showClientId(clientId, settings)
  return shown === undefined ? 'the client that sub names' : `"${shown}"`
}
