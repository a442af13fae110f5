import { andThen, type MaybePromise } from '../lib/maybe-promise.ts'
import type { RequestLike } from '../model/request-like.ts'
import { Rejection } from '../response/rejection.ts'
import { type RequestOfToken, type VerificationServices, verify } from '../token/verification.ts'
import type { VerifiedToken } from '../token/verified-token.ts'
import type { Question, SharedVerification } from '../token/verify-token.ts'

/** The verification of one token for one request, which its guards share by the rules of `RequestState`. */
export class RequestVerification implements SharedVerification, RequestOfToken {
  readonly services: VerificationServices
  readonly presented: string
  readonly raw: object | undefined
  readonly request: RequestLike | undefined
  private result: MaybePromise<VerifiedToken | Rejection> | undefined
  /** The settled `result`. */
  private found: VerifiedToken | Rejection | undefined
  /** The question to the issuer that is under way. */
  private question: Question | undefined
  /** The issuer gave no answer to the guards that have waited for one. */
  private unanswered: Rejection | undefined
  private distrustCount = 0
  /** The result is not kept. It still counts for the guards that have waited for it. */
  private mayRetry = false

  constructor(services: VerificationServices, presented: string, { raw, request }: RequestOfToken) {
    this.services = services
    this.presented = presented
    this.raw = raw
    this.request = request
  }

  latest(): MaybePromise<VerifiedToken | Rejection> {
    this.unanswered = undefined
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

  get asking(): Question | undefined {
    return this.question
  }

  get failure(): Rejection | undefined {
    return this.unanswered
  }

  ask(verified: VerifiedToken, work: () => MaybePromise<VerifiedToken | Rejection>): Question {
    const answer = work()
    const result = andThen(answer, (found) => {
      if (!(found instanceof Rejection && found.isUnavailability)) return found
      this.unanswered = found
      return verified
    })
    const question = { answer, isLatest: () => this.result === result && !this.isOutdated() }
    this.setResult(result)
    if (answer instanceof Promise) {
      this.question = question
      const forget = () => {
        if (this.question === question) this.question = undefined
      }
      answer.then(forget, forget)
    }
    return question
  }

  private isOutdated(): boolean {
    return this.distrustCount !== this.services.distrustCount
  }

  private start(): MaybePromise<VerifiedToken | Rejection> {
    // From before: `verify` may throw, or call a listener that distrusts a key.
    const { distrustCount } = this.services
    const result = verify(this.presented, this.services, this)
    this.distrustCount = distrustCount
    this.setResult(result)
    return result
  }

  private setResult(result: MaybePromise<VerifiedToken | Rejection>): void {
    this.result = result
    this.found = undefined
    this.question = undefined
    this.mayRetry = false
    if (!(result instanceof Promise)) return
    // Also the handler for a result that no other guard waits for.
    result.catch(() => {
      if (this.result === result) this.mayRetry = true
    })
  }
}
