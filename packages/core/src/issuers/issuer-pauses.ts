import { BoundedCache } from '../lib/bounded-cache.ts'
import { Rejection } from '../response/rejection.ts'
import { rejectUnknownIssuer } from '../token/trusted-issuers.ts'
import { getPause, rejectUnavailable } from './resolution-failures.ts'
import type { FailedResolution } from './resolve-issuer.ts'

/** A pause after a failure of `match` or `resolve` for an issuer. `until` is in monotonic milliseconds. */
interface FailurePause {
  readonly until: number
  /** Number of failures in a row. */
  readonly failures: number
  readonly rejection: Rejection
}

/** A pause for an issuer that `resolve` did not know. `until` is in monotonic milliseconds. */
interface UnknownPause {
  readonly until: number
  readonly rejection: Rejection
}

/** The pauses in which `resolve` is not called for an issuer, because a call has failed or `resolve` did not know the issuer. */
export class IssuerPauses {
  readonly #failures: BoundedCache<FailurePause>
  /** The pauses for unknown issuers, in a separate cache: invented issuers must not evict the pauses after failures. */
  readonly #unknown: BoundedCache<UnknownPause>

  /** `maxEntries` is the maximum number of pauses of each kind. */
  constructor(maxEntries: number) {
    this.#failures = new BoundedCache(maxEntries, Infinity, () => 1)
    this.#unknown = new BoundedCache(maxEntries, Infinity, () => 1)
  }

  /** Returns the rejection for a token of this issuer, or `undefined` if the issuer has no pause. */
  reject(iss: string, now: number): Rejection | undefined {
    const unknown = this.#unknown.get(iss)
    if (unknown !== undefined && now < unknown.until) return unknown.rejection
    const failed = this.#failures.get(iss)
    if (failed === undefined || now >= failed.until) return undefined
    const { reason, explanation, advice } = failed.rejection
    return new Rejection(reason, explanation, { advice, retryAfter: (failed.until - now) / 1000 })
  }

  /** Begins a pause, if this kind of failure causes one. Returns the pause in seconds (0 for none), and the rejection. */
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

  /** Begins the pause for an issuer that `resolve` does not know. Returns the rejection. */
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
