import { toPrintable } from '../lib/quote.ts'
import type { ClientIdClaim, ScopeSource } from './profile.ts'

/** Claims about people. An option may name one as the claim of the client id or the scopes. */
const PERSONAL: readonly string[] = [
  'sub',
  'email',
  'name',
  'username',
  'preferred_username',
  'phone_number',
]

/**
 * Returns whether an option or a profile reads clients or scopes from a claim about people in every token. Then they are not
 * shown in events. With a condition, a profile says that it is a client.
 */
export function isPersonal(source: ClientIdClaim | ScopeSource): boolean {
  if (typeof source === 'string') return PERSONAL.includes(source)
  return source.when === undefined && PERSONAL.includes(source.claim)
}

interface ClientReading {
  readonly clientIdClaims: readonly ClientIdClaim[]
}

/** Returns a client id for an event: printable, and bounded in length. `undefined`: there is none, or it may be a person. */
export function showClientId(
  clientId: string | undefined,
  { clientIdClaims }: ClientReading,
): string | undefined {
  return clientId === undefined || clientIdClaims.some(isPersonal)
    ? undefined
    : toPrintable(clientId)
}

/** Describes the client of a token for a sentence in an event. */
export function describeClientId(clientId: string | undefined, reading: ClientReading): string {
  if (clientId === undefined) return 'no client'
  const shown = showClientId(clientId, reading)
  return shown === undefined ? 'a client that is not shown' : `"${shown}"`
}
