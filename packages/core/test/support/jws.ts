import { encodePart, type Part } from '../../../../test/support/tokens.ts'
import type { CompactJws } from '../../src/token/jwt/compact-jws.ts'

/** Returns the signing input of a token with this algorithm in its header. */
export function toSigningInput(alg: string, claims: Part = { sub: 'a' }): string {
  return `${encodePart({ alg })}.${encodePart(claims)}`
}

/** Returns a JWS with this signature, which can be invalid. Its `header` and `claims` are empty. */
export function toJws(signingInput: string, signature: Uint8Array): CompactJws {
  const token = `${signingInput}.${Buffer.from(signature).toString('base64url')}`
  return { token, header: {}, claims: {}, signingInput, signature }
}
