import { calculateJwkThumbprint, EmbeddedJWK, type JWTPayload, jwtVerify } from 'jose'

/** A DPoP proof whose signature and header are valid (RFC 9449 section 4.2). */
export interface VerifiedProof {
  readonly header: { readonly alg: string; readonly jwk: Readonly<Record<string, string>> }
  readonly claims: JWTPayload
  /** Thumbprint of the key, as in `cnf.jkt` of a token. */
  readonly thumbprint: string
}

/** Verifies the signature and the type of a proof with jose. Does NOT check its claims. */
export async function verifyProof(proof: unknown): Promise<VerifiedProof> {
  if (typeof proof !== 'string') throw new TypeError('The proof is missing')
  // The tests have fake clocks, and `iat` is a claim of the proof.
  const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, { typ: 'dpop+jwt' })
  const header = protectedHeader as unknown as VerifiedProof['header']
  return { header, claims: payload, thumbprint: await calculateJwkThumbprint(header.jwk) }
}
