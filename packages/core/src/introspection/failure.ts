import { FetchError, type FetchFailure } from '../authorization-server/bounded-fetch.ts'
import { CredentialsError } from '../authorization-server/client-authentication.ts'
import { MetadataError } from '../authorization-server/metadata.ts'
import { secondsUntil } from '../authorization-server/retry-after.ts'

/** Why it is not known whether a token is active. Never the caller's fault. */
export type IntrospectionFailure =
  | FetchFailure
  | MetadataError['failure']
  /** Our own secret or key could not be had. */
  | 'credentials_unavailable'
  /** The server does not know us: our credentials are wrong, or we may not ask. */
  | 'credentials_refused'
  /** The server asks for fewer calls. */
  | 'throttled'
  /** The server does not introspect such a token. Some refuse JWTs. */
  | 'token_refused'
  /** A signed answer that is not what it should be, or not signed by the issuer. */
  | 'untrusted_answer'
  /** It is something else, in this library or in one's own `fetch`. */
  | 'unexpected'

/** An answer that cannot be used. */
export class AnswerError extends Error {
  override readonly name = 'AnswerError'
  readonly failure: 'malformed' | 'untrusted_answer'

  constructor(failure: AnswerError['failure'], message: string) {
    super(message)
    this.failure = failure
  }
}

/** What a failed call says: to the operator, and to the circuit breaker. */
export interface FailedCall {
  readonly failure: IntrospectionFailure
  readonly detail: string
  /**
   * Whether it says something about the server and not about this one token: what a caller can bring about
   * with a token of his choice must not keep others out.
   */
  readonly isOutage: boolean
  /** Seconds that the server asks us to wait. */
  readonly retryAfter: number | undefined
}

/** Failures that another token may not have met: the server has answered, if not as it should. */
const OF_ONE_TOKEN: readonly IntrospectionFailure[] = [
  'token_refused',
  'content_type',
  'too_large',
  'malformed',
  'untrusted_answer',
]

/** Says what a thrown value means. `now` is in milliseconds since the epoch. */
export function failedCall(error: unknown, now: number): FailedCall {
  const failure = failureOf(error)
  return {
    failure,
    detail: failure === 'unexpected' ? 'something unexpected was thrown' : (error as Error).message,
    isOutage: !OF_ONE_TOKEN.includes(failure),
    retryAfter: error instanceof FetchError ? secondsUntil(error.retryAfter, now) : undefined,
  }
}

const OF_STATUS: Readonly<Record<number, IntrospectionFailure>> = {
  400: 'token_refused',
  401: 'credentials_refused',
  403: 'credentials_refused',
  413: 'token_refused',
  414: 'token_refused',
  422: 'token_refused',
  429: 'throttled',
}

function failureOf(error: unknown): IntrospectionFailure {
  if (error instanceof CredentialsError) return 'credentials_unavailable'
  if (error instanceof AnswerError || error instanceof MetadataError) return error.failure
  if (!(error instanceof FetchError)) return 'unexpected'
  if (error.failure !== 'status') return error.failure
  return OF_STATUS[error.status!] ?? 'status'
}
