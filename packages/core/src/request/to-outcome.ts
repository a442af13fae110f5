import type { AccessToken } from '../model/access-token.ts'
import type { Granted, Outcome } from '../model/outcome.ts'
import { getRequestId, getRoute } from '../model/request-like.ts'
import type { ResponseHeaders } from '../response/http-response.ts'
import { refuse } from '../response/refusal.ts'
import type { Rejection } from '../response/rejection.ts'
import { showClientId } from '../subject/personal-claims.ts'
import { toContent } from '../token/token-content.ts'
import { getKnownIssuer } from '../token/trusted-issuers.ts'
import type { VerifiedToken } from '../token/verified-token.ts'
import type { Credentials } from './credentials.ts'
import { describeToken } from './describe-token.ts'
import type { Exchange } from './exchange.ts'
import type { RefusedEvent } from './refused-event.ts'

const NO_HEADERS: ResponseHeaders = Object.freeze({})

/**
 * Converts the result of an exchange to an outcome. Publishes the event `refused` for a refusal. For `protocolBody`, see
 * `refuse`.
 */
export function toOutcome(
  exchange: Exchange,
  rejection: Rejection | undefined,
  protocolBody?: string,
): Outcome {
  const { requirements } = exchange
  if (rejection === undefined) {
    const { token, proof, services } = exchange
    recordEnd(exchange, token)
    const headers = (proof && services.dpop?.getHeaders(proof)) ?? NO_HEADERS
    return { kind: 'granted', token, headers } satisfies Granted
  }
  if (rejection.reason === 'no_credentials' && requirements.optional) {
    recordEnd(exchange, 'anonymous')
    return { kind: 'anonymous', headers: NO_HEADERS }
  }
  const { services, raw } = exchange
  // `undefined` if the credentials could not be read.
  const credentials = exchange.credentials as Credentials | undefined
  const scheme = credentials?.scheme
  const { challenge } = requirements
  const refused = refuse(rejection, services.refusal, challenge, raw, scheme, protocolBody)
  // `refuse` calls `errorBody`, which may throw. In that case, this line does not run, and the guard stays pending.
  recordEnd(exchange, 'refused')
  const { status } = refused
  const describe = () => describeRefusal(exchange, rejection, status)
  services.publish('refused', describe, raw, `${status} ${rejection.reason}`)
  return refused
}

/** Describes a refusal for its event. If this fails, describes only the reason, the status and the failed check. */
function describeRefusal(
  exchange: Exchange,
  rejection: Rejection,
  status: number,
): Omit<RefusedEvent, 'type'> {
  try {
    return describeAll(exchange, rejection, status)
  } catch {
    const { reason, explanation } = rejection
    return { reason, status, ...explanation, ...UNDESCRIBED }
  }
}

const UNDESCRIBED = {
  advice: 'In the client: check the token with a JWT tool. Its content could not be described.',
  issuer: undefined,
  clientId: undefined,
  guard: undefined,
  route: undefined,
  token: undefined,
  duration: 0,
  requestId: undefined,
}

function describeAll(
  { request, raw, requirements, services, waitingSince, ...exchange }: Exchange,
  rejection: Rejection,
  status: number,
): Omit<RefusedEvent, 'type'> {
  const { reason, explanation } = rejection
  // `undefined` if the token was not verified.
  const verified = exchange.verified as VerifiedToken | undefined
  const issuer = rejection.issuer ?? verified?.token.issuer
  const { issuers } = services
  const settings = issuer === undefined ? undefined : getKnownIssuer(issuer, issuers)?.settings
  const token = rejection.token ?? (verified && toContent(verified))
  return {
    reason,
    status,
    ...explanation,
    advice:
      rejection.advice ??
      services.advisor.onRefusal({ reason, explanation, token, settings, issuers: issuers.static }),
    issuer,
    clientId: settings && showClientId(token?.clientId, settings),
    guard: raw === undefined ? undefined : requirements.describe(),
    route: getRoute(request),
    token: token && describeToken(token, settings),
    duration: waitingSince === undefined ? 0 : (services.clock.monotonic() - waitingSince) / 1000,
    requestId: getRequestId(request),
  }
}

function recordEnd(
  { isGuard, state }: Exchange,
  outcome: AccessToken | 'anonymous' | 'refused',
): void {
  if (isGuard) state.endGuard(outcome)
}
