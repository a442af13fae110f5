import { toPrintable } from '../lib/quote.ts'
import type { ClientIdClaim, ScopeSource } from './profile.ts'

/** Claims about people. An option may name one of these claims as the claim with the client id or the scopes. */
const PERSONAL: readonly string[] = [
  'sub',
  'email',
  'name',
  'username',
  'preferred_username',
  'phone_number',
]

/**
 * Returns whether the client id or the scopes are read from a claim about people. In that case, events do not contain
 * the values. A source with a condition is not personal: the profile reads such a claim only if the claim names a client.
 */
export function isPersonal(source: ClientIdClaim | ScopeSource): boolean {
  if (typeof source === 'string') return PERSONAL.includes(source)
  return source.when === undefined && [source.claim].flat().some((name) => PERSONAL.includes(name))
}

interface ClientReading {
  readonly clientIdClaims: readonly ClientIdClaim[]
}

/** Returns a printable client id of limited length for an event. Returns `undefined` if the client id may identify a person. */
export function showClientId(
  clientId: string | undefined,
  { clientIdClaims }: ClientReading,
): string | undefined {
  return clientId === undefined || clientIdClaims.some(isPersonal)
    ? undefined
    : toPrintable(clientId)
}

/** Describes the client of a token for a text in an event. */
export function describeClientId(clientId: string | undefined, reading: ClientReading): string {
  if (clientId === undefined) return 'no client'
  const shown = showClientId(clientId, reading)
  return shown === undefined ? 'a client that is not shown' : `"${shown}"`
}
