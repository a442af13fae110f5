import type { Clock } from '@bearward/core/internal'
import type { DpopKeySettings } from './dpop-options.ts'
import { type CreateProof, createProofs } from './dpop-proofs.ts'
import { createNonces, type ServerNonces } from './nonces.ts'

/**
 * Proofs of a source, and the nonces for them. One server can be both an authorization server and an API. It then has different
 * nonces for these two roles.
 */
export interface SourceProofs {
  readonly createProof: CreateProof
  /** Nonces of the token endpoint (RFC 9449 section 8). */
  readonly tokenNonces: ServerNonces
  /** Nonces of APIs (RFC 9449 section 9). */
  readonly apiNonces: ServerNonces
}

/** Creates the proofs of a source. Returns `undefined` if the option `dpop` is not set. */
export function createDpop(
  settings: DpopKeySettings | undefined,
  clock: Clock,
): SourceProofs | undefined {
  if (settings === undefined) return undefined
  return {
    createProof: createProofs(settings, clock),
    tokenNonces: createNonces(),
    apiNonces: createNonces(),
  }
}
