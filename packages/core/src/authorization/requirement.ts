import type { Problems } from '../configuration-problems.ts'
import type { Clock } from '../lib/clock.ts'
import type { Publish } from '../lib/publisher.ts'
import type { AccessToken, ProvedBinding } from '../model/access-token.ts'
import type { RequestLike } from '../model/request-like.ts'
import type { IssuerSettings, ScopeSettings } from '../model/settings.ts'
import type { ChallengeParameters } from '../response/challenge.ts'
import { type Explanation, Rejection } from '../response/rejection.ts'
import type { Reason } from '../response/reasons.ts'
import type { SubjectUnknownEvent } from './subject-unknown-event.ts'

/** The context in which a guard is created. */
export interface RequirementContext {
  readonly problems: Problems
  readonly issuers: GuardedIssuers
  /** The static issuers that the guard allows. */
  readonly allowed: readonly IssuerSettings[]
  readonly scopes: ScopeSettings
  /** The kinds of bindings that the API checks. */
  readonly bindings: readonly ProvedBinding[]
  /** All requirements of the guard, as given. */
  readonly given: Readonly<Record<string, unknown>>
}

/** The issuers that requirements can name. */
export interface GuardedIssuers {
  readonly static: readonly IssuerSettings[]
  readonly hasDynamic: boolean
  /**
   * Returns whether a name can be the name of a dynamic issuer. The options of such an issuer are not known when a guard is
   * created.
   */
  readonly isDynamic: (name: unknown) => name is string
}

/** A requirement of one guard, ready to be checked. */
export interface CheckedRequirement {
  /** Returns a rejection if the token does not meet the requirement. */
  readonly check: RequirementCheck
  /** The challenge parameters that describe the requirement, such as the scope that the client needs. */
  readonly challenge?: ChallengeParameters
}

export type RequirementCheck = (exchange: AuthorizationExchange) => Rejection | undefined

/** The part of an exchange that requirements read. */
export interface AuthorizationExchange {
  /** The verified token with the bindings that the caller has proved. */
  readonly token: AccessToken
  readonly verified: {
    readonly token: AccessToken
    readonly issuer: { readonly settings: IssuerSettings; readonly dynamic?: object | undefined }
  }
  /** The request of the framework, for `check` and for events. */
  readonly raw: object | undefined
  /** `undefined`: the token did not come in a request. */
  readonly request: RequestLike | undefined
  readonly services: { readonly publish: Publish<SubjectUnknownEvent>; readonly clock: Clock }
}

/** Creates the rejection of a failed check. */
export function reject(reason: Reason, explanation: Explanation): Rejection {
  return new Rejection(reason, explanation)
}
