import type { TestIssuer } from '../support/issuer.ts'
import type { TestKey } from '../support/keys.ts'
import { withSignature } from '../support/tokens.ts'
import { type Attack, invalidToken } from './attack.ts'
import { keyOf } from './forging.ts'

/** Makes another signature out of the good one, or out of what it covers. */
export type Forgery = (signature: Buffer, input: Buffer, key: TestKey) => Uint8Array

/** A good token by the issuer's key for an algorithm, under a forged signature. */
export function forgery(issuer: TestIssuer, alg: string, forge: Forgery): string {
  const key = keyOf(issuer, alg)
  return withSignature(issuer.token({ key }), (signature, input) => forge(signature, input, key))
}

/** An attack for each forgery, which nobody may take for a signature by the issuer's key for an algorithm. */
export function forgeries(
  alg: string,
  named: readonly (readonly [name: string, forge: Forgery])[],
): readonly Attack[] {
  return named.map(([name, forge]) => ({
    name: `${alg}: ${name}`,
    attack: ({ issuer }) => forgery(issuer, alg, forge),
    outcome: invalidToken('invalid_signature'),
  }))
}
