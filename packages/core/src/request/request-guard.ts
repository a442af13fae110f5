import { checkIssuer } from '../authorization/issuer.ts'
import { checkRequirements, runApplicationCheck } from '../authorization/requirements.ts'
import type { CheckedRequirements } from '../authorization/requirements.ts'
import { UNBOUND } from '../binding/confirmation.ts'
import { andThen, type MaybePromise } from '../lib/maybe-promise.ts'
import type { AccessToken } from '../model/access-token.ts'
import type { Anonymous, Granted, Outcome } from '../model/outcome.ts'
import type { RequestLike } from '../model/request-like.ts'
import type { Refused } from '../response/refusal.ts'
import { Rejection } from '../response/rejection.ts'
import { getKnownIssuer, type TrustedIssuer } from '../token/trusted-issuers.ts'
import type { VerifiedToken } from '../token/verified-token.ts'
import { BEARER, type Credentials, readCredentials } from './credentials.ts'
import { createExchange, type Exchange, type ExchangeServices, getRaw } from './exchange.ts'
import { runPipeline } from './pipeline.ts'
import { getRequestState, type RequestState } from './request-state.ts'
import type { Stage, StagedGuard } from './staged-guard.ts'
import { toOutcome } from './to-outcome.ts'

/**
 * A guard for one request with an access token or an API key. `StagedGuard` is a separate type, because the types of this class
 * contain the whole pipeline, which is not published.
 */
export class RequestGuard implements StagedGuard {
  private readonly request: RequestLike
  private readonly services: ExchangeServices
  private readonly state: RequestState
  /** The credentials and the token of a granted stage, for the event `refused` if a later stage refuses the request. */
  private granted: Pick<Exchange, 'credentials' | 'verified'> | undefined

  constructor(request: RequestLike, services: ExchangeServices) {
    this.request = request
    this.services = services
    this.state = getRequestState(getRaw(request))
    this.state.beginGuard()
  }

  readCredentials(): Credentials | Rejection {
    const exchange = createExchange(this.request, NO_REQUIREMENTS, this.services)
    return readCredentials(exchange) ?? exchange.credentials
  }

  check(requirements: CheckedRequirements): MaybePromise<Stage> {
    const exchange = createExchange(this.request, requirements, this.services)
    return andThen(runPipeline(exchange), (outcome) => {
      this.endIfRefused(outcome)
      const isGranted = outcome.kind === 'granted'
      const { credentials, verified } = exchange
      if (isGranted) this.granted = { credentials, verified }
      return {
        outcome,
        presented: isGranted ? credentials.token : undefined,
        hashToken: isGranted ? exchange.sharedVerification.hashToken : undefined,
      }
    })
  }

  checkApiKey(token: AccessToken, requirements: CheckedRequirements): MaybePromise<Outcome> {
    const exchange = this.createApiKeyExchange(requirements)
    exchange.token = token
    exchange.verified = toVerified(token)
    const rejection =
      rejectApiKey(requirements) ?? checkRequirements(exchange) ?? runApplicationCheck(exchange)
    return andThen(rejection, (found) => this.endIfRefused(toOutcome(exchange, found)))
  }

  refuse(rejection: Rejection, requirements: CheckedRequirements, protocolBody?: string): Refused {
    const exchange = createExchange(this.request, requirements, this.services)
    Object.assign(exchange, this.granted)
    return this.endIfRefused(toOutcome(exchange, rejection, protocolBody) as Refused)
  }

  refuseApiKey(
    rejection: Rejection,
    requirements: CheckedRequirements,
    protocolBody?: string,
  ): Refused {
    const exchange = this.createApiKeyExchange(requirements)
    return this.endIfRefused(toOutcome(exchange, rejection, protocolBody) as Refused)
  }

  finish<Result extends Granted | Anonymous>(outcome: Result): Result {
    this.state.endGuard(outcome.kind === 'granted' ? outcome.token : 'anonymous')
    return outcome
  }

  private createApiKeyExchange(requirements: CheckedRequirements): Exchange {
    const { refusal } = this.services
    const services = {
      ...this.services,
      refusal: { ...refusal, resourceMetadata: undefined, algs: undefined, schemes: BEARER },
    }
    return createExchange(this.request, requirements, services)
  }

  private endIfRefused<Result extends Outcome>(outcome: Result): Result {
    if (outcome.kind === 'refused') this.state.endGuard('refused')
    return outcome
  }
}

const NO_REQUIREMENTS: CheckedRequirements = {
  issuers: undefined,
  acceptsPublicIssuers: false,
  optional: false,
  needsIssuer: false,
  introspect: undefined,
  checks: [],
  applicationCheck: undefined,
  challenge: {},
  describe: () => '{}',
}

/** Rejects an API key if requirements need the token of an issuer. */
function rejectApiKey({ needsIssuer }: CheckedRequirements): Rejection | undefined {
  if (!needsIssuer) return undefined
  const explanation = { check: 'API key', expected: 'an access token', found: 'an API key' }
  return new Rejection('api_key_not_sufficient', explanation)
}

/** The parts of an issuer that the checks of requirements read. Used for API keys, which have no issuer. */
const KEY_ISSUER = {
  settings: { clientIdClaims: [], scopeSources: [], clockTolerance: 0 },
  dynamic: undefined,
} as unknown as TrustedIssuer

function toVerified(token: AccessToken): VerifiedToken {
  return {
    token,
    binding: UNBOUND,
    issuer: KEY_ISSUER,
    presented: '',
    signedBy: undefined,
    cached: false,
    introspected: undefined,
  }
}

/**
 * Returns whether a verified token meets the requirements. Publishes no event. Does NOT call the `check` of the application, and
 * does NOT introspect the token.
 */
export function meetsRequirements(
  token: AccessToken,
  requirements: CheckedRequirements,
  services: ExchangeServices,
): boolean {
  const isApiKey = token.verifiedBy === 'api_key'
  if (isApiKey && requirements.needsIssuer) return false
  const issuer = isApiKey ? KEY_ISSUER : getKnownIssuer(token.issuer, services.issuers)
  if (issuer === undefined) return false
  const exchange = {
    token,
    verified: { token, issuer },
    raw: undefined,
    request: undefined,
    services: { publish: () => {}, clock: services.clock },
    requirements,
  }
  if (!isApiKey && checkIssuer(exchange) !== undefined) return false
  return checkRequirements(exchange) === undefined
}
