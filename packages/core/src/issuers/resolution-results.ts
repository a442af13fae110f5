import type { Clock } from '../lib/clock.ts'
import type { Publish } from '../lib/publisher.ts'
import type { DynamicIssuerSettings } from '../model/settings.ts'
import type { Rejection } from '../response/rejection.ts'
import { IssuerPauses } from './issuer-pauses.ts'
import type { IssuersEvent } from './issuer-events.ts'
import type { FailedResolution } from './resolve-issuer.ts'

/** Records the results of the calls of `match` and `resolve`: begins and ends pauses, and publishes events. */
export class ResolutionResults {
  readonly #negativeTtl: number
  readonly #clock: Clock
  readonly #publish: Publish<IssuersEvent>
  readonly #pauses: IssuerPauses

  constructor(
    { maxEntries, negativeTtl }: DynamicIssuerSettings,
    clock: Clock,
    publish: Publish<IssuersEvent>,
  ) {
    this.#negativeTtl = negativeTtl
    this.#clock = clock
    this.#publish = publish
    this.#pauses = new IssuerPauses(maxEntries)
  }

  /** Returns the rejection for a token of this issuer, or `undefined` if the issuer has no pause. */
  reject(iss: string, now: number): Rejection | undefined {
    return this.#pauses.reject(iss, now)
  }

  endPause(iss: string): void {
    this.#pauses.end(iss)
  }

  /** Records that `resolve` returned valid options. `startedAt` is when the call began, in monotonic milliseconds. */
  recordSuccess(iss: string, startedAt: number): void {
    this.#pauses.end(iss)
    this.#publishResolved(iss, true, startedAt)
  }

  /** Records that `resolve` does not know an issuer. Returns the rejection of its tokens. */
  recordUnknown(iss: string, startedAt: number): Rejection {
    const rejection = this.#pauses.beginUnknown(iss, startedAt + this.#negativeTtl * 1000)
    this.#publishResolved(iss, false, startedAt)
    return rejection
  }

  /** Records a failure. `trusted`: cached options of the issuer stay in use. Returns the rejection for an issuer without them. */
  recordFailure(
    iss: string,
    failed: FailedResolution,
    startedAt: number,
    trusted: boolean,
  ): Rejection {
    const now = this.#clock.monotonic()
    const { pause, rejection } = this.#pauses.beginAfterFailure(iss, failed, now)
    const duration = (now - startedAt) / 1000
    const { failure, detail } = failed
    if (failure !== 'closed') {
      const describe = () => ({ issuer: iss, failure, detail, duration, pause, trusted })
      this.#publish('issuer_failed', describe)
    }
    return rejection
  }

  #publishResolved(issuer: string, trusted: boolean, startedAt: number): void {
    const duration = (this.#clock.monotonic() - startedAt) / 1000
    this.#publish('issuer_resolved', () => ({ issuer, trusted, duration }))
  }
}
