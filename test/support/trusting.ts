import type { BearwardEvent } from '@bearward/core'
import { AUDIENCE, type TestIssuer } from './issuer.ts'

/** Returns options for a resource server with an issuer and its keys, and the list of the events that it publishes. */
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
