import { andThen, type MaybePromise } from '../lib/maybe-promise.ts'
import { Rejection } from '../response/rejection.ts'
import { type VerificationServices, verify } from '../token/verification.ts'
import type { VerifiedToken } from '../token/verified-token.ts'
import type { SharedVerification } from '../token/verify-token.ts'

/** The verification of one token for one request, which its guards share by the rules of `RequestState`. */
export class RequestVerification implements SharedVerification {
  readonly services: VerificationServices
  readonly presented: string
  private readonly raw: object | undefined
  private result: MaybePromise<VerifiedToken | Rejection> | undefined
  /** The settled `result`. */
  private found: VerifiedToken | Rejection | undefined
  private distrustCount = 0
  /** The result is not kept. It still counts for the guards that have waited for it. */
  private mayRetry = false

  constructor(services: VerificationServices, presented: string, raw: object | undefined) {
    this.services = services
    this.presented = presented
    this.raw = raw
  }

  latest(): MaybePromise<VerifiedToken | Rejection> {
    const result =
      this.result === undefined || this.mayRetry || this.isOutdated() ? this.start() : this.result
    return andThen(result, (found) => {
      if (this.result !== result || this.isOutdated()) return this.latest()
      this.mayRetry = found instanceof Rejection && found.isUnavailability
      this.found = found
      return found
    })
  }

  isLatest(verified: VerifiedToken): boolean {
    return this.found === verified && !this.isOutdated()
  }

  replace(result: MaybePromise<VerifiedToken | Rejection>): () => boolean {
    this.setResult(result)
    return () => this.result === result && !this.isOutdated()
  }

  private isOutdated(): boolean {
    return this.distrustCount !== this.services.distrustCount
  }

  private start(): MaybePromise<VerifiedToken | Rejection> {
    this.distrustCount = this.services.distrustCount
    const result = verify(this.presented, this.services, this.raw)
    this.setResult(result)
    return result
  }

  private setResult(result: MaybePromise<VerifiedToken | Rejection>): void {
    this.result = result
    this.found = undefined
    this.mayRetry = false
    if (!(result instanceof Promise)) return
    // Also the handler for a result that no other guard waits for.
    result.catch(() => {
      if (this.result === result) this.mayRetry = true
    })
  }
}
