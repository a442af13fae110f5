import { BoundedCache } from '../lib/bounded-cache.ts'
import { Rejection } from '../response/rejection.ts'
import { rejectUnknownIssuer } from '../token/trusted-issuers.ts'
import { getPause, rejectUnavailable } from './resolution-failures.ts'
import type { FailedResolution } from './resolve-issuer.ts'

/** A failure of `resolve` for an issuer. Times are in monotonic milliseconds. */
interface FailurePause {
  readonly until: number
  /** Number of calls that have failed in a row. */
  readonly failures: number
  readonly rejection: Rejection
}

/** A time for which `resolve` does not know an issuer. */
interface UnknownPause {
  readonly until: number
  readonly rejection: Rejection
}

/** The times in which `resolve` is not called for an issuer, because it has failed or does not know the issuer. */
export class IssuerPauses {
  readonly #failures: BoundedCache<FailurePause>
  /** In a cache of its own, so that invented issuers do not end the pauses after failures. */
  readonly #unknown: BoundedCache<UnknownPause>

  /** `maxEntries` limits each kind of pauses. */
  constructor(maxEntries: number) {
    this.#failures = new BoundedCache(maxEntries, Infinity, () => 1)
    this.#unknown = new BoundedCache(maxEntries, Infinity, () => 1)
  }

  /** Returns the rejection of a token if its issuer has a pause. */
  reject(iss: string, now: number): Rejection | undefined {
    const unknown = this.#unknown.get(iss)
    if (unknown !== undefined && now < unknown.until) return unknown.rejection
    const failed = this.#failures.get(iss)
    if (failed === undefined || now >= failed.until) return undefined
    const { reason, explanation, advice } = failed.rejection
    return new Rejection(reason, explanation, { advice, retryAfter: (failed.until - now) / 1000 })
  }

  /** Begins a pause after a failure, if the failure causes one. Returns its length in seconds. */
  beginAfterFailure(
    iss: string,
    failed: FailedResolution,
    now: number,
  ): { readonly pause: number; readonly rejection: Rejection } {
    const failures = this.#failures.peek(iss)?.failures ?? 0
    const pause = getPause(failed, failures)
    const rejection = rejectUnavailable(iss, failed, Math.max(1, pause))
    if (pause > 0)
      this.#failures.set(iss, { until: now + pause * 1000, failures: failures + 1, rejection })
    return { pause, rejection }
  }

  /** Begins the pause of an issuer that `resolve` does not know. */
  beginUnknown(iss: string, until: number): Rejection {
    const rejection = rejectUnknownIssuer('an issuer that resolve knows', iss)
    this.#failures.delete(iss)
    this.#unknown.set(iss, { until, rejection })
    return rejection
  }

  end(iss: string): void {
    this.#failures.delete(iss)
    this.#unknown.delete(iss)
  }
}
