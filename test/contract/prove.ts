import { boundTo, createProof, generateProofKey, type ProofOverrides } from '../support/proofs.ts'
import { PUBLIC_URL } from './configurations.ts'
import type { CaseRequest, CreateRequest } from './contract-case.ts'
import { claiming, NOW } from './fixture.ts'

/** The key of the client to which `BOUND` is bound. */
export const KEY = generateProofKey()

/** A valid token that is bound to `KEY`. */
export const BOUND = claiming(boundTo(KEY))

/** Differences from a request with `BOUND` and a valid proof. */
export interface ProofDifferences {
  readonly proof?: ProofOverrides
  /** Returns `htu` from the path of the request. */
  readonly htu?: (path: string) => string
  readonly nonce?: string
  readonly token?: string
  /** @default 'DPoP' */
  readonly scheme?: string
  readonly method?: string
  readonly query?: string
  /** Returns the header lines with a proof. */
  readonly lines?: (proof: string) => readonly string[]
}

/** Returns the request of a case with a bound token and a new proof. */
export function withProof(
  differences: ProofDifferences = {},
): (serverUrl: string, path: string) => CaseRequest {
  const { proof = {}, htu = (path) => PUBLIC_URL + path, nonce, token = BOUND } = differences
  const { scheme = 'DPoP', method = 'GET', query = '' } = differences
  const { lines = (text) => [`DPoP: ${text}`] } = differences
  return (_serverUrl, path) => {
    const subject = { key: KEY, token, method, url: htu(path), now: NOW, nonce }
    const text = createProof(subject, proof)
    return { method, query, lines: [`Authorization: ${scheme} ${token}`, ...lines(text)] }
  }
}

/** Returns one request for each difference. */
export function withEachProof(
  differences: Readonly<Record<string, ProofDifferences>>,
): Readonly<Record<string, CreateRequest>> {
  return Object.fromEntries(
    Object.entries(differences).map(([what, one]) => [what, withProof(one)]),
  )
}
