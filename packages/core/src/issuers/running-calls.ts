import type { Rejection } from '../response/rejection.ts'
import type { TrustedIssuer } from '../token/trusted-issuers.ts'

export type FoundIssuer = TrustedIssuer | Rejection

/** A running call of `resolve`. */
export interface RunningCall {
  /** Time of the start in monotonic milliseconds. */
  readonly startedAt: number
  /** Aborted by `forgetIssuer`, and when the resource server is closed. */
  readonly aborting: AbortController
  found?: Promise<FoundIssuer>
}

/** The running calls of `resolve`, at most one for each issuer. */
export class RunningCalls {
  /** The running calls, in the order of their start. */
  readonly #calls = new Map<string, RunningCall>()
  readonly #lostAfter: number

  /** Takes the milliseconds after which a call is lost: see `getLostAfter`. */
  constructor(lostAfter: number) {
    this.#lostAfter = lostAfter
  }

  get(iss: string): RunningCall | undefined {
    return this.#calls.get(iss)
  }

  /** Returns `false` if the call has ended or was removed. The result of such a call may be outdated. */
  has(iss: string, call: RunningCall): boolean {
    return this.#calls.get(iss) === call
  }

  add(iss: string, call: RunningCall): void {
    this.#calls.set(iss, call)
  }

  /** Removes this call, unless another one has replaced it. */
  end(iss: string, call: RunningCall): void {
    if (this.has(iss, call)) this.#calls.delete(iss)
  }

  /** Forgets calls that the runtime has cancelled. They would stay in memory if no other token of their issuers arrived. */
  forgetLost(now: number): void {
    for (const [iss, { startedAt }] of this.#calls) {
      if (now - startedAt < this.#lostAfter) return
      this.#calls.delete(iss)
    }
  }
}
