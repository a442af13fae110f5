import type { JsonObject } from '../encoding/json.ts'
import { isAbsent, own } from './conditions.ts'

/** Which client a token was issued to. `contradicted`: its claims do not agree about that. */
export interface ClientIdentity {
  readonly clientId: string | undefined
  readonly contradicted: boolean
}

/** Every one of these claims that is there has to name the same client, or none is taken at its word. */
export function clientIdentity(claims: JsonObject, names: readonly string[]): ClientIdentity {
  let first: unknown
  let agreed = true
  for (const name of names) {
    const value = own(claims, name)
    if (isAbsent(value)) continue
    first ??= value
    agreed &&= typeof value === 'string' && value === first
  }
  return { clientId: agreed ? (first as string | undefined) : undefined, contradicted: !agreed }
}
