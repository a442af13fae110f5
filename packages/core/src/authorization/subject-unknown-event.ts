import type { UnknownReason } from '../subject/evidence.ts'

/**
 * Published when a guard with the requirement `subject` refuses a token whose subject kind is unknown.
 *
 * @example
 * ```ts
 * {
 *   type: 'subject_unknown',
 *   issuer: 'https://login.example.com/',
 *   reason: 'no_evidence',
 *   rules: [],
 *   claims: [],
 *   advice: 'This client is not in machineClients. If it can act for a user, the refusal is right: do not add the client. Name the machines in machineClients.',
 *   clientId: 'reports-cron',
 *   requestId: 'req-7',
 * }
 * ```
 */
export interface SubjectUnknownEvent {
  readonly type: 'subject_unknown'
  readonly issuer: string
  readonly reason: UnknownReason
  /** The rules that contradict each other, or that led to this result. */
  readonly rules: readonly string[]
  /** The names of the claims that were read. */
  readonly claims: readonly string[]
  /** The change to make. A fixed text that contains nothing from the token. */
  readonly advice: string
  /** The client to which the token was issued, if the token names one. */
  readonly clientId: string | undefined
  /** The id of the request, if the framework or the application has set an id. */
  readonly requestId: string | undefined
}
