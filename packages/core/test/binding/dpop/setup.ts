import {
  type BearwardEvent,
  createResourceServer,
  type DpopOptions,
  memoryReplay,
  type Outcome,
  type RequestLike,
  type Requirements,
  type ResourceServerOptions,
} from '@bearward/core'
import { fakeClock } from '../../../../../test/support/fake-clock.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../../../test/support/issuer.ts'
import {
  boundTo,
  createProof,
  generateProofKey,
  type ProofKey,
  type ProofOverrides,
  type ProofSubject,
  proving,
} from '../../../../../test/support/proofs.ts'

export const PUBLIC_URL = 'https://api.example.com'
export const TARGET = '/reports/7'
const URL_OF_TARGET = PUBLIC_URL + TARGET

/** Creates a resource server that accepts DPoP. Also creates a client key, and functions that create requests with proofs. */
export function setup(
  dpop: Partial<DpopOptions> = {},
  more: Partial<ResourceServerOptions> & object = {},
  key: ProofKey = generateProofKey(),
) {
  const clock = fakeClock()
  const events: BearwardEvent[] = []
  const issuer = createTestIssuer({ now: clock.seconds })
  const server = createResourceServer({
    issuer: ISSUER,
    audience: AUDIENCE,
    jwks: issuer.jwks,
    publicUrl: PUBLIC_URL,
    machineSubject: 'client_id',
    dpop: { replay: memoryReplay({ clock }), ...dpop },
    clock,
    onEvent: (event) => events.push(event),
    ...more,
  } as ResourceServerOptions)
  const token = issuer.token({ claims: boundTo(key) })

  const prove = (overrides: ProofOverrides = {}, subject: Partial<ProofSubject> = {}) =>
    createProof({ key, token, url: URL_OF_TARGET, now: clock.seconds(), ...subject }, overrides)
  const request = (proof: string | readonly string[] = prove(), url = TARGET, method = 'GET') =>
    proving(token, proof, { url, method })
  const authorize = async (one: RequestLike, requirements: Requirements = {}): Promise<Outcome> =>
    server.authorize(one, requirements)
  return { clock, events, issuer, server, key, token, prove, request, authorize }
}

/** Summarizes an outcome: `'granted'`, `'anonymous'`, or status and reason, such as `'401 invalid_proof'`. */
export function summarize(outcome: Outcome): string {
  return outcome.kind === 'refused' ? `${outcome.status} ${outcome.reason}` : outcome.kind
}
