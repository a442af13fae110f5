import { sha256 } from '#sha256'
import { type UsedProofs, RequestProof } from './request-proof.ts'
import { getMoment, type Moment, secondsBetween } from '../lib/clock.ts'
import { andThen, type MaybePromise } from '../lib/maybe-promise.ts'
import { LIMITS } from '../limits.ts'
import type { RequestLike } from '../model/request-like.ts'
import { Rejection } from '../response/rejection.ts'
import { type RequestOfToken, type VerificationServices, verify } from '../token/verification.ts'
import { isStillTrusted } from '../token/trusted-issuers.ts'
import type { VerifiedToken } from '../token/verified-token.ts'
import type { SharedIntrospection, SharedVerification } from '../token/verify-token.ts'

/** A call of the function `revoked` of the application for a verified token. */
interface SharedCheck {
  readonly verified: VerifiedToken
  readonly startedAt: Moment
  readonly result: MaybePromise<Rejection | undefined>
}

/** The verification of one token for one request. The guards of the request share it: see `RequestState` for the rules. */
export class RequestVerification implements SharedVerification, RequestOfToken {
  readonly services: VerificationServices
  readonly presented: string
  readonly raw: object | undefined
  readonly request: RequestLike | undefined
  private result: MaybePromise<VerifiedToken | Rejection> | undefined
  /** The settled `result`. */
  private found: VerifiedToken | Rejection | undefined
  /** The running introspection call. */
  private running: SharedIntrospection | undefined
  /** The rejection for guards that waited for an introspection call that failed. */
  private failedCall: Rejection | undefined
  private lastCheck: SharedCheck | undefined
  private hash: MaybePromise<string> | undefined
  private distrustCount = 0
  private readonly usedProofs: UsedProofs
  private sharedProof: RequestProof | undefined
  /** `true` if the next guard must verify the token again. The guards that waited for the result still use it. */
  private mayRetry = false

  constructor(
    services: VerificationServices,
    presented: string,
    { raw, request }: RequestOfToken,
    usedProofs: UsedProofs = [],
  ) {
    this.usedProofs = usedProofs
    this.services = services
    this.presented = presented
    this.raw = raw
    this.request = request
  }

  get proof(): RequestProof {
    return (this.sharedProof ??= new RequestProof(this.usedProofs))
  }

  readonly hashToken = (): MaybePromise<string> => (this.hash ??= sha256(this.presented))

  get hasStarted(): boolean {
    return this.result !== undefined
  }

  latest(): MaybePromise<VerifiedToken | Rejection> {
    this.failedCall = undefined
    if (this.result === undefined || this.mayRetry || this.isOutdated(this.found))
      return this.settle(this.start())
    const known = this.result
    // A request can be a connection that stays open for hours. During this time, a tenant may be removed.
    return andThen(known, (found) =>
      found instanceof Rejection || found.issuer.dynamic === undefined
        ? this.settle(known)
        : andThen(isStillTrusted(found.issuer, this.services.issuers), (isTrusted) =>
            isTrusted === true || this.result !== known
              ? this.settle(known)
              : this.settle(this.start()),
          ),
    )
  }

  /** Waits for a result. If the result was replaced or is outdated by then, returns the latest result instead. */
  private settle(
    result: MaybePromise<VerifiedToken | Rejection>,
  ): MaybePromise<VerifiedToken | Rejection> {
    return andThen(result, (found) => {
      if (this.result !== result || this.isOutdated(found)) return this.latest()
      this.mayRetry = found instanceof Rejection && found.isUnavailability
      return found
    })
  }

  isLatest(verified: VerifiedToken): boolean {
    return this.found === verified && !this.isOutdated(verified)
  }

  checkOnce(
    verified: VerifiedToken,
    check: () => MaybePromise<Rejection | undefined>,
  ): MaybePromise<Rejection | undefined> {
    const startedAt = getMoment(this.services.clock)
    const last = this.lastCheck
    const isValid =
      last?.verified === verified &&
      secondsBetween(last.startedAt, startedAt) < LIMITS.responseOfRequest
    if (isValid) return last.result
    const result = check()
    const own = { verified, startedAt, result }
    this.lastCheck = own
    const forget = () => {
      if (this.lastCheck === own) this.lastCheck = undefined
    }
    const keepIfDecided = (rejection: Rejection | undefined) => {
      if (rejection?.isUnavailability === true) forget()
      return rejection
    }
    if (result instanceof Promise) result.catch(forget)
    return andThen(result, keepIfDecided)
  }

  get runningIntrospection(): SharedIntrospection | undefined {
    return this.running
  }

  get failure(): Rejection | undefined {
    return this.failedCall
  }

  introspect(
    verified: VerifiedToken,
    work: () => MaybePromise<VerifiedToken | Rejection>,
  ): SharedIntrospection {
    const response = work()
    const result = andThen(response, (found) => {
      if (!(found instanceof Rejection && found.isUnavailability)) return found
      this.failedCall = found
      return verified
    })
    this.setResult(result)
    const isLatest = () => this.result === result && !this.isOutdated(this.found)
    // Guards also wait for `result`, because `isLatest` reads `this.found`, which is set when `result` settles.
    const introspection = { result: andThen(result, () => response), isLatest }
    if (response instanceof Promise) {
      this.running = introspection
      const forget = () => {
        if (this.running === introspection) this.running = undefined
      }
      response.then(forget, forget)
    }
    return introspection
  }

  /** Returns whether a key was distrusted since the verification, or the options of the issuer of the token have changed. */
  private isOutdated(found: VerifiedToken | Rejection | undefined): boolean {
    if (this.distrustCount !== this.services.distrustCount) return true
    return (
      found !== undefined &&
      !(found instanceof Rejection) &&
      found.issuer.dynamic?.isOutdated === true
    )
  }

  private start(): MaybePromise<VerifiedToken | Rejection> {
    // The count is read before the call, because `verify` may call a listener that distrusts a key. It is stored afterwards,
    // because `verify` may throw.
    const { distrustCount } = this.services
    const result = verify(this.presented, this.services, this, this.hashToken)
    this.distrustCount = distrustCount
    this.setResult(result)
    return result
  }

  private setResult(result: MaybePromise<VerifiedToken | Rejection>): void {
    this.result = result
    this.found = result instanceof Promise ? undefined : result
    this.running = undefined
    this.mayRetry = false
    if (!(result instanceof Promise)) return
    // Also prevents an unhandled rejection if no other guard waits for the result.
    result.then(
      (found) => {
        if (this.result === result) this.found = found
      },
      () => {
        if (this.result === result) this.mayRetry = true
      },
    )
  }
}
