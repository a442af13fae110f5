import type { Advisor } from '../advice/advisor.ts'
import type { CheckedRequirements } from '../authorization/requirements.ts'
import type { SubjectUnknownEvent } from '../authorization/subject-unknown-event.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { getMember } from '../lib/objects.ts'
import type { Publish } from '../lib/publisher.ts'
import type { CheckedProof } from '../binding/dpop/dpop.ts'
import type { AccessToken } from '../model/access-token.ts'
import type { RequestLike } from '../model/request-like.ts'
import type { RefusalSettings } from '../response/refusal.ts'
import type { Rejection } from '../response/rejection.ts'
import type { IsRevoked } from '../token/check-revoked.ts'
import type { VerifiedToken } from '../token/verified-token.ts'
import type { VerificationServices, VerifiedEvent } from '../token/verification.ts'
import type { SharedVerification } from '../token/verify-token.ts'
import type { Credentials, CredentialsReader } from './credentials.ts'
import type { RefusedEvent } from './refused-event.ts'
import { getRequestState, RequestState } from './request-state.ts'

/** The parts of a resource server that the steps of the pipeline need. */
export interface ExchangeServices extends VerificationServices {
  readonly publish: Publish<VerifiedEvent | RefusedEvent | SubjectUnknownEvent>
  readonly refusal: RefusalSettings
  readonly findCredentials: CredentialsReader
  readonly advisor: Advisor
  /** The option `revoked`. `undefined`: the option is not set. */
  readonly isRevoked: IsRevoked | undefined
}

/**
 * A step of the pipeline. It reads the results of earlier steps from the exchange, and writes its own result there.
 * A rejection ends the exchange.
 */
export type Step = (exchange: Exchange) => MaybePromise<Rejection | undefined>

/**
 * One request and the requirements of one guard, as the pipeline processes them. Each step declares the part that
 * it reads and writes. `credentials`, `sharedVerification`, `verified` and `token` are `undefined` until their step has written
 * them. A step that reads one of these four members too early throws, so that the request is never granted. `distrustCount` is -1
 * until `verifyToken` has written it.
 */
export interface Exchange {
  readonly request: RequestLike
  /** The request of the framework. `undefined` for a token that did not come in a request. */
  readonly raw: object | undefined
  readonly requirements: CheckedRequirements
  readonly services: ExchangeServices
  readonly state: RequestState
  /** `true` if the exchange is that of a guard: its outcome is recorded for `getToken` and `getUnmetGuard`. */
  readonly isGuard: boolean
  /** Written by `readCredentials`. */
  credentials: Credentials
  /** Written by `verifyToken`. */
  sharedVerification: SharedVerification
  /** Written by `verifyToken`, and again by `confirmActive`. */
  verified: VerifiedToken
  /** Written by `verifyToken`. */
  distrustCount: number
  /** The token with the bindings that were proved. Written by `checkBinding`. */
  token: AccessToken
  /** The proof of a token that is bound to a key. Written by `checkBinding`. */
  proof: CheckedProof | undefined
  /** The thumbprint of the client's certificate. Written by `checkBinding`. */
  provedCertificate: string | undefined
  /** Written by `runApplicationCheck`. */
  checkedToken: AccessToken | undefined
  /** The time of the monotonic clock when a step first had to wait. `undefined`: no step has waited. */
  waitingSince: number | undefined
}

/** Creates the exchange of a guard, and records that the guard is pending. */
export function createGuardExchange(
  request: RequestLike,
  requirements: CheckedRequirements,
  services: ExchangeServices,
): Exchange {
  const exchange = createExchange(request, requirements, services, true)
  exchange.state.beginGuard()
  return exchange
}

/** Creates an exchange. Its outcome changes the state of the request only if `isGuard` is `true`. */
export function createExchange(
  request: RequestLike,
  requirements: CheckedRequirements,
  services: ExchangeServices,
  isGuard = false,
): Exchange {
  const raw = getRaw(request)
  return begin(request, raw, requirements, services, getRequestState(raw), isGuard)
}

/**
 * Creates an exchange for a token that was passed to `verify`. `request` is the request that proves the binding of the token. If
 * `request` is `undefined`, the exchange has no request. Then only the code for events may read `exchange.request`.
 */
export function createDetachedExchange(
  requirements: CheckedRequirements,
  services: ExchangeServices,
  request: RequestLike | undefined,
): Exchange {
  if (request !== undefined) return createExchange(request, requirements, services)
  return begin(undefined as never, undefined, requirements, services, new RequestState(), false)
}

function begin(
  request: RequestLike,
  raw: object | undefined,
  requirements: CheckedRequirements,
  services: ExchangeServices,
  state: RequestState,
  isGuard: boolean,
): Exchange {
  return {
    request,
    raw,
    requirements,
    services,
    state,
    isGuard,
    credentials: undefined as never,
    sharedVerification: undefined as never,
    verified: undefined as never,
    token: undefined as never,
    proof: undefined,
    distrustCount: -1,
    provedCertificate: undefined,
    checkedToken: undefined,
    waitingSince: undefined,
  }
}

/**
 * Returns the request of the framework. A `raw` on `Object.prototype` is ignored, because all requests would share this object.
 */
export function getRaw(request: RequestLike): object {
  if (typeof request !== 'object' || request === null) {
    throw new TypeError(
      'Pass a request to a guard or to authorize: { method, url, headers }, or a web Request.',
    )
  }
  return getMember(request, 'raw') ?? request
}
