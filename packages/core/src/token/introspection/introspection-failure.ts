import { FetchError } from '../../authorization-server/bounded-fetch.ts'
import { CredentialsError } from '../../authorization-server/authenticate-client.ts'
import {
  type CallFailure,
  describeFailure,
  type DiscoveryFailure,
  UNEXPECTED,
} from '../../authorization-server/describe-failure.ts'
import { readRetryAfter } from '../../authorization-server/retry-after.ts'

/** The reasons why it is not known whether a token is active. Never the caller's fault. */
export type IntrospectionFailure =
  | DiscoveryFailure<'introspection_endpoint'>
  /** Our own secret or key could not be had. */
  | 'credentials_unavailable'
  /** The server does not know us: our credentials are wrong, or we may not ask. */
  | 'credentials_refused'
  /** The server asks for fewer calls. */
  | 'throttled'
  /** The server does not introspect such a token. Some refuse JWTs. */
  | 'token_refused'
  /** The same, and the server says that it does not keep tokens of this kind. */
  | 'token_unsupported'
  /** The answer is about another token than the one that was asked about. */
  | 'another_token'
  /** A signed answer that is not what it should be, or not signed by the issuer. */
  | 'untrusted_answer'
  /** A signed answer that cannot be verified: the keys of the issuer cannot be had. */
  | 'keys_unavailable'
  /** It is something else, in this library or in one's own `fetch`. */
  | 'unexpected'

/** A call that has come to nothing, for a reason that only introspection knows. */
export class IntrospectionError extends Error {
  override readonly name = 'IntrospectionError'
  readonly failure: IntrospectionFailure
  /** Seconds after which asking again makes sense, where that is known. */
  readonly retryAfter: number

  constructor(failure: IntrospectionFailure, message: string, retryAfter = 0) {
    super(message)
    this.failure = failure
    this.retryAfter = retryAfter
  }
}

/** The result of a failed call: to the operator, and about the calls that come after it. */
export interface FailedCall extends CallFailure<IntrospectionFailure> {
  /**
   * The cause of the failure. `server`: it cannot answer anybody at present, or not us. `token`: the failure may be due to this
   * one token, and says nothing about others. `either`: nobody may get an answer now, or something in front of the server
   * does not like this token and closes the connection. What a caller can bring about with a token of his choice must
   * neither keep others out nor let them all in upon a server that is down.
   */
  readonly dueTo: 'server' | 'token' | 'either'
  /** Seconds that the server asks us to wait: 0 where it does not. */
  readonly retryAfter: number
}

/** The keys of signed answers have a pace of their own, so that they are not among these. */
const DUE_TO: Partial<Record<IntrospectionFailure, FailedCall['dueTo']>> = {
  unreachable: 'either',
  timeout: 'either',
  credentials_unavailable: 'server',
  credentials_refused: 'server',
  throttled: 'server',
}

/** The meaning of statuses. A 403 may be the work of a firewall that did not like the token. */
const OF_STATUS: Readonly<Record<number, IntrospectionFailure>> = {
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

/** The endpoint was asked, and no answer came that can be used. `wall` is now in milliseconds since the epoch. */
export function failedCall(error: unknown, wall: number): FailedCall {
  const { failure, detail } = describe(error)
  const status = error instanceof FetchError ? error.status : undefined
  return {
    failure,
    detail,
    dueTo: DUE_TO_BY_STATUS[status ?? 0] ?? DUE_TO[failure] ?? 'token',
    retryAfter:
      error instanceof IntrospectionError ? error.retryAfter : readRetryAfter(error, wall),
  }
}

/** It is not known where to ask. Whatever has come of looking for it, no token had to do with it. */
export function failedDiscovery(error: unknown, wall: number): FailedCall {
  const { failure, detail } = describeFailure<'introspection_endpoint'>(error) ?? UNEXPECTED
  return {
    failure,
    detail: `${detail} (set introspection.endpoint)`,
    dueTo: 'server',
    retryAfter: readRetryAfter(error, wall),
  }
}

function describe(error: unknown): CallFailure<IntrospectionFailure> {
  if (error instanceof CredentialsError)
    return { failure: 'credentials_unavailable', detail: error.message }
  if (error instanceof IntrospectionError) return { failure: error.failure, detail: error.message }
  if (error instanceof FetchError && error.failure === 'status')
    return { failure: OF_STATUS[error.status!] ?? 'status', detail: error.message }
  return describeFailure<'introspection_endpoint'>(error) ?? UNEXPECTED
}
