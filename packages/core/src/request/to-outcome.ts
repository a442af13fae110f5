import type { AccessToken } from '../model/access-token.ts'
import type { Granted, Outcome } from '../model/outcome.ts'
import { refuse, type ResponseHeaders } from '../response/refusal.ts'
import type { Rejection } from '../response/rejection.ts'
import type { VerifiedToken } from '../token/verified-token.ts'
import type { Exchange } from './exchange.ts'

const NO_HEADERS: ResponseHeaders = Object.freeze({})

/** Ends an exchange: `granted` if no step has rejected it. Publishes a refusal. */
export function toOutcome(exchange: Exchange, rejection: Rejection | undefined): Outcome {
  const { requirements } = exchange
  if (rejection === undefined) {
    const { token } = exchange.verified
    pass(exchange, token)
    return { kind: 'granted', token, headers: NO_HEADERS } satisfies Granted
  }
  if (rejection.reason === 'no_credentials' && requirements.optional) {
    pass(exchange, 'anonymous')
    return { kind: 'anonymous', headers: NO_HEADERS }
  }
  const { services, raw } = exchange
  // Not verified, if the rejection came before.
  const verified = exchange.verified as VerifiedToken | undefined
  const { reason, explanation } = rejection
  const refused = refuse(rejection, services.refusal, requirements.challenge)
  // After `errorBody`, which may throw: the guard then stays pending.
  hold(exchange)
  services.publish(
    () => ({
      type: 'refused',
      reason,
      status: refused.status,
      issuer: rejection.issuer ?? verified?.token.issuer,
      ...explanation,
    }),
    raw,
  )
  return refused
}

function pass({ isGuard, state }: Exchange, decision: AccessToken | 'anonymous'): void {
  if (!isGuard) return
  state.decision = decision
  state.pendingGuards--
}

function hold({ isGuard, state }: Exchange): void {
  if (!isGuard) return
  state.decision = undefined
  state.pendingGuards--
  state.hasRefused = true
}
