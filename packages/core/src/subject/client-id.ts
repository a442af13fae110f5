import type { JsonObject } from '../encoding/json.ts'
import { isAbsent, own } from './conditions.ts'

/** Which client a token was issued to. `contradicted`: its claims do not agree about that. */
export interface ClientIdentity {
  readonly clientId: string | undefined
  readonly contradicted: boolean
}

/** Every one of these claims that is there has to name the same client, or none is taken at its word. */
export function clientIdentity(claims: JsonObject, names: readonly string[]): ClientIdentity {
  const [first, ...others] = names
    .map((name) => own(claims, name))
    .filter((value) => !isAbsent(value))
  if (first === undefined) return { clientId: undefined, contradicted: false }
  const agreed = typeof first === 'string' && others.every((other) => other === first)
  return { clientId: agreed ? first : undefined, contradicted: !agreed }
}
