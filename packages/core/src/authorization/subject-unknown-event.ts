import type { UnknownReason } from '../subject/evidence.ts'

/** A guard that requires a kind of subject refused a token whose subject kind is unknown. */
export interface SubjectUnknownEvent {
  readonly type: 'subject_unknown'
  readonly issuer: string
  readonly reason: UnknownReason
  /** The rules that contradict each other, or that led to this result. */
  readonly rules: readonly string[]
  /** The names of the claims that were read. */
  readonly claims: readonly string[]
  /** Advice on what to configure. A fixed text without anything of the token. */
  readonly advice: string
  /** The client to which the token was issued, if the token names one. */
  readonly clientId: string | undefined
  /** The id of the request, if the framework or the application gives it one. */
  readonly requestId: string | undefined
}
