import type { JsonObject } from '../encoding/json.ts'
import { Rejection } from '../outcome/rejection.ts'

/**
 * A token with a `cnf` claim is bound to a key of its holder (RFC 7800), and whoever presents it has to
 * prove that he has the key. No proof is understood yet, so such a token is refused, whatever the claim
 * holds: taken as a plain bearer token it would be worth as much to a thief.
 */
export function checkConfirmation(claims: JsonObject): Rejection | undefined {
  if (!Object.hasOwn(claims, 'cnf')) return undefined
  return new Rejection('unsupported_binding', {
    check: 'cnf',
    expected: 'nothing',
    found: 'a token that is bound to a key',
  })
}
