import type { Clock } from '@bearward/core/internal'
import type { DpopSettings } from './dpop-options.ts'
import { type CreateProof, createProofs } from './dpop-proofs.ts'
import { createNonces, type Nonces } from './nonces.ts'

/** Proofs of a source, and the nonces for them. A server can be an authorization server and an API, with different nonces. */
export interface Dpop {
  readonly createProof: CreateProof
  /** Nonces of the token endpoint (RFC 9449 section 8). */
  readonly tokenNonces: Nonces
  /** Nonces of APIs (RFC 9449 section 9). */
  readonly apiNonces: Nonces
}

/** Creates the proofs of a source. Returns `undefined` if the option `dpop` is not set. */
export function createDpop(settings: DpopSettings | undefined, clock: Clock): Dpop | undefined {
  if (settings === undefined) return undefined
  return {
    createProof: createProofs(settings, clock),
    tokenNonces: createNonces(),
    apiNonces: createNonces(),
  }
}
