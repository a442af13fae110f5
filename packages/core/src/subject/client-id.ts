import type { JsonObject } from '../lib/json.ts'
import { getOwn } from '../lib/objects.ts'
import { memoize } from '../lib/memoize.ts'
import { hold, isAbsent } from './conditions.ts'
import type { ClientIdClaim } from './profile.ts'

/** The client to which a token was issued. `contradicted` is `true` if the claims of the token name different clients. */
export interface ClientIdentity {
  readonly clientId: string | undefined
  readonly contradicted: boolean
}

/** Reads the client id. All claims of `clientIdClaims` that are present must name the same client. */
export function clientIdentity(
  claims: JsonObject,
  clientIdClaims: readonly ClientIdClaim[],
): ClientIdentity {
  let first: unknown
  let agreed = true
  for (const each of clientIdClaims) {
    const value = getNamedClients(each, claims)
    if (isAbsent(value)) continue
    first ??= value
    agreed &&= typeof value === 'string' && value === first
  }
  return { clientId: agreed ? (first as string | undefined) : undefined, contradicted: !agreed }
}

/** Returns the value of a client id claim. Returns `undefined` if its conditions do not hold. */
export function getNamedClients(named: ClientIdClaim, claims: JsonObject): unknown {
  if (typeof named === 'string') return getOwn(claims, named)
  const holds = hold(named.when, claims, { claims, clientId: undefined })
  return holds ? getOwn(claims, named.claim) : undefined
}

/** Returns the names of client id claims, each once. */
export const claimNames = memoize((clientIdClaims: readonly ClientIdClaim[]): readonly string[] => [
  ...new Set(clientIdClaims.map((named) => (typeof named === 'string' ? named : named.claim))),
])

/**
 * Returns whether a token of this issuer can name a client. An introspection response can always name a client (RFC 7662
 * section 2.2).
 */
export function canNameClient(issuer: {
  readonly tokenFormat: 'jwt' | 'opaque' | 'any'
  readonly clientIdClaims: readonly ClientIdClaim[]
}): boolean {
  return issuer.tokenFormat !== 'jwt' || issuer.clientIdClaims.length > 0
}
