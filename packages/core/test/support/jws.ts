import { encodePart, type Part } from '../../../../test/support/tokens.ts'
import type { CompactJws } from '../../src/token/jwt/compact-jws.ts'

/** What there is to sign of a token with this algorithm in its header. */
export function signingInputOf(alg: string, claims: Part = { sub: 'a' }): string {
  return `${encodePart({ alg })}.${encodePart(claims)}`
}

/** A token that was taken apart, with any bytes for its signature. */
export function jwsOf(signingInput: string, signature: Uint8Array): CompactJws {
  const token = `${signingInput}.${Buffer.from(signature).toString('base64url')}`
  return { token, header: {}, claims: {}, signingInput, signature }
}
