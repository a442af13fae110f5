import type { CheckedRequirements } from '../authorization/requirements.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { AccessToken } from '../model/access-token.ts'
import type { Anonymous, Granted, Outcome } from '../model/outcome.ts'
import type { Refused } from '../response/refusal.ts'
import type { Rejection } from '../response/rejection.ts'
import type { Credentials } from './credentials.ts'

/** The outcome of one stage of a guard. */
export interface Stage<Result extends Outcome = Outcome> {
  readonly outcome: Result
  /** The token as it was sent. Set only if the outcome is `granted`. */
  readonly presented: string | undefined
  /** Returns the SHA-256 hash of the token in base64url. Set only if the outcome is `granted`. */
  readonly hashToken: (() => MaybePromise<string>) | undefined
}

/**
 * A guard for one request. It decides in several stages, for example before and after it has read the body. The guard is pending
 * until `finish` is called or a stage refuses the request. A stage that throws leaves the guard pending.
 */
export interface StagedGuard {
  /** Reads the credentials of the request. Does NOT check them. */
  readCredentials(): Credentials | Rejection
  /** Checks the token of the request, and these requirements. Later stages use the same verification of the token. */
  check(requirements: CheckedRequirements): MaybePromise<Stage>
  /**
   * Checks requirements for the token of an API key. Does NOT check the key. A refusal does not contain the address of the metadata,
   * because a client with an API key does not use OAuth.
   */
  checkApiKey(token: AccessToken, requirements: CheckedRequirements): MaybePromise<Outcome>
  /** Refuses the request. `protocolBody` is a JSON body that a protocol prescribes: `errorBody` is then not called. */
  refuse(rejection: Rejection, requirements: CheckedRequirements, protocolBody?: string): Refused
  /** Refuses the API key of the request. */
  refuseApiKey(
    rejection: Rejection,
    requirements: CheckedRequirements,
    protocolBody?: string,
  ): Refused
  /** Records that the guard lets the request pass. Returns the outcome. */
  finish<Result extends Granted | Anonymous>(outcome: Result): Result
}
