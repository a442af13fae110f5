import type { BearwardEvent } from '@bearward/core'
import { AUDIENCE, type TestIssuer } from './issuer.ts'

/** Options for a resource server that trusts an issuer and has its keys at hand, and what it tells. */
export function trusting(issuer: TestIssuer, more: Record<string, unknown> = {}) {
  const events: BearwardEvent[] = []
  const options = {
    issuer: issuer.issuer,
    audience: AUDIENCE,
    jwks: issuer.jwks,
    machineSubject: 'client_id' as const,
    onEvent: (event: BearwardEvent) => events.push(event),
    ...more,
  }
  return { options, events }
}
