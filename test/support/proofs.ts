import { createHash, createHmac, randomUUID } from 'node:crypto'
import type { Algorithm, RequestLike } from '@bearward/core'
import { calculateJwkThumbprint, EmbeddedJWK, type JWTPayload, jwtVerify } from 'jose'
import { generateKey, type TestKey } from './keys.ts'
import { noteSecret } from './secrets.ts'
import { mergeParts, type Part, signCompact } from './tokens.ts'

/** A key of a client. A proof shows that the client has this key. */
export interface ProofKey extends TestKey {
  /** The public key with the members of RFC 7638 only. */
  readonly publicJwk: Record<string, unknown>
  /** The thumbprint of the key (RFC 7638). */
  readonly thumbprint: string
}

/** Generates a key of a client. `modulusLength` is the size of an RSA key in bits. */
export function generateProofKey(alg: Algorithm = 'ES256', modulusLength = 2048): ProofKey {
  const key = generateKey(alg, 'proof-key', modulusLength)
  const { kid: _kid, alg: _alg, use: _use, ...publicJwk } = key.jwk
  return { ...key, publicJwk, thumbprint: toThumbprint(publicJwk) }
}

/** Returns the thumbprint of a JWK with the members of RFC 7638 only. Does not use code of the packages. */
export function toThumbprint(jwk: Record<string, unknown>): string {
  const names = Object.keys(jwk).sort()
  return hashText(JSON.stringify(jwk, names))
}

/** Returns the claims of a token that is bound to a key of a client (RFC 9449 section 6.1). */
export function boundTo({ thumbprint }: ProofKey): { readonly cnf: { readonly jkt: string } } {
  return { cnf: { jkt: thumbprint } }
}

/** Returns the SHA-256 hash of a text in base64url. */
export function hashText(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

/** Creates a nonce of an API. `time` is in seconds since the epoch. Does not use code of the packages. */
export function createNonce(secret: Uint8Array, resource: string, time: number): string {
  const text = `bearward-dpop-nonce\n${time}\n${resource}`
  return `${time}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}

/**
 * Differences from a valid proof. Members of `header` and `claims` override the usual members, and `undefined` removes a member.
 */
export interface ProofOverrides {
  readonly header?: Part
  readonly claims?: Part
  /** Returns the payload. Gets the claims as JSON text, so that it can return text that `JSON.stringify` cannot write. */
  readonly edit?: (claims: string) => string
  /** Key that signs the proof. Its public part is in the header. */
  readonly key?: ProofKey
  /** Key that signs the proof instead of the key in the header. */
  readonly signedBy?: TestKey
}

/** The request for which a proof is created, with the key and the token. */
export interface ProofSubject {
  readonly key: ProofKey
  readonly token: string
  /** @default 'GET' */
  readonly method?: string
  readonly url: string
  /** Seconds since the epoch. */
  readonly now: number
  readonly nonce?: string | undefined
}

/** Creates a DPoP proof (RFC 9449 section 4.2). */
export function createProof(
  { key: own, token, method = 'GET', url, now, nonce }: ProofSubject,
  { header = {}, claims = {}, edit, key = own, signedBy = key }: ProofOverrides = {},
): string {
  const usualHeader = { alg: key.alg, typ: 'dpop+jwt', jwk: key.publicJwk }
  const usualClaims = {
    jti: randomUUID(),
    htm: method,
    htu: url,
    iat: now,
    ath: hashText(token),
    ...(nonce !== undefined && { nonce }),
  }
  const payload = mergeParts(usualClaims, claims)
  const proof = signCompact(
    mergeParts(usualHeader, header),
    edit === undefined ? payload : edit(JSON.stringify(payload)),
    signedBy.alg,
    signedBy.privateKey,
  )
  noteSecret(proof)
  return proof
}

/** Returns a request with a bound token and its proof, in the form in which an adapter passes it to the core. */
export function proving(
  token: string,
  proof: string | readonly string[],
  { method = 'GET', url = '/' }: { readonly method?: string; readonly url?: string } = {},
): RequestLike {
  noteSecret(token)
  const proofs = typeof proof === 'string' ? [proof] : proof
  const lines = proofs.flatMap((one) => ['DPoP', one])
  return { method, url, headers: {}, rawHeaders: ['Authorization', `DPoP ${token}`, ...lines] }
}

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
  // The age of the proof is not checked, because the tests have fake clocks.
  const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, { typ: 'dpop+jwt' })
  const header = protectedHeader as unknown as VerifiedProof['header']
  return { header, claims: payload, thumbprint: await calculateJwkThumbprint(header.jwk) }
}
