import { FetchError } from '../../authorization-server/bounded-fetch.ts'
import { CredentialsError } from '../../authorization-server/authenticate-client.ts'
import {
  type CallFailure,
  describeFailure,
  type DiscoveryFailure,
  UNEXPECTED,
} from '../../authorization-server/describe-failure.ts'
import { readRetryAfter } from '../../authorization-server/retry-after.ts'

/**
 * Code of an introspection failure. The caller gets 503, because the token may be valid. A response which means that the token
 * is inactive is not a failure.
 */
export type IntrospectionFailure =
  | DiscoveryFailure<'introspection_endpoint'>
  /** The configured secret or key is unavailable. */
  | 'credentials_unavailable'
  /** The server rejects the credentials of this API, or does not allow this API to introspect. */
  | 'credentials_refused'
  /** The server responds with status 429. */
  | 'throttled'
  /** The server does not introspect this token. Some servers refuse JWTs. */
  | 'token_refused'
  /** The server responds with `unsupported_token_type`: it does not introspect tokens of this kind. */
  | 'token_unsupported'
  /** The response is about another token. */
  | 'another_token'
  /** The signed response is invalid, or the issuer has not signed it. */
  | 'untrusted_answer'
  /** The signed response cannot be verified, because the keys of the issuer are unavailable. */
  | 'keys_unavailable'
  /** Any other error, in this library or in a function of the options, such as `fetch`. */
  | 'unexpected'

/** An error that occurs only in introspection calls, and never in other outgoing calls. */
export class IntrospectionError extends Error {
  override readonly name = 'IntrospectionError'
  readonly failure: IntrospectionFailure
  /** Seconds to wait before the next call, or 0 if unknown. */
  readonly retryAfter: number

  constructor(failure: IntrospectionFailure, message: string, retryAfter = 0) {
    super(message)
    this.failure = failure
    this.retryAfter = retryAfter
  }
}

/** Result of a failed call: a failure for the event, and its effect on later calls. */
export interface FailedCall extends CallFailure<IntrospectionFailure> {
  /**
   * Cause of the failure.
   *
   * - `server`: calls for all tokens fail at present.
   * - `token`: the token may have caused the failure, so calls for other tokens may succeed.
   * - `either`: an outage, or a firewall that blocks this token, for example by closing the connection.
   *
   * An attacker can choose a token that causes a failure. Such a token must not open the circuit breaker. During an outage,
   * it must not keep the circuit breaker closed.
   */
  readonly dueTo: 'server' | 'token' | 'either'
  /** `Retry-After` of the response in seconds, or 0. */
  readonly retryAfter: number
}

/** Causes by failure. `keys_unavailable` is missing on purpose: attempts to fetch keys have a separate backoff. */
const DUE_TO: Partial<Record<IntrospectionFailure, FailedCall['dueTo']>> = {
  unreachable: 'either',
  timeout: 'either',
  credentials_unavailable: 'server',
  credentials_refused: 'server',
  throttled: 'server',
}

/** Failures by status. A 403 may also come from a firewall that blocks the token. */
const FAILURE_BY_STATUS: Readonly<Record<number, IntrospectionFailure>> = {
  400: 'token_refused',
  401: 'credentials_refused',
  403: 'credentials_refused',
  413: 'token_refused',
  414: 'token_refused',
  422: 'token_refused',
  429: 'throttled',
}
const DUE_TO_BY_STATUS: Readonly<Record<number, FailedCall['dueTo']>> = {
  403: 'token',
  502: 'either',
  503: 'either',
  504: 'either',
}

/** Describes a failed call to the endpoint. `wall` is the current time in milliseconds since the epoch. */
export function toFailedCall(error: unknown, wall: number): FailedCall {
  const { failure, detail } = describeError(error)
  const status = error instanceof FetchError ? error.status : undefined
  return {
    failure,
    detail,
    dueTo: DUE_TO_BY_STATUS[status ?? 0] ?? DUE_TO[failure] ?? 'token',
    retryAfter:
      error instanceof IntrospectionError ? error.retryAfter : readRetryAfter(error, wall),
  }
}

/** Describes a failed discovery of the endpoint. A token never causes such a failure. */
export function toFailedDiscovery(error: unknown, wall: number): FailedCall {
  const { failure, detail } = describeFailure<'introspection_endpoint'>(error) ?? UNEXPECTED
  return {
    failure,
    detail: `${detail} (set introspection.endpoint)`,
    dueTo: 'server',
    retryAfter: readRetryAfter(error, wall),
  }
}

function describeError(error: unknown): CallFailure<IntrospectionFailure> {
  if (error instanceof CredentialsError)
    return { failure: 'credentials_unavailable', detail: error.message }
  if (error instanceof IntrospectionError) return { failure: error.failure, detail: error.message }
  if (error instanceof FetchError && error.failure === 'status')
    return { failure: FAILURE_BY_STATUS[error.status!] ?? 'status', detail: error.message }
  return describeFailure<'introspection_endpoint'>(error) ?? UNEXPECTED
}
