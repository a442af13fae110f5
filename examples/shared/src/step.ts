import type { AuthorizationServer } from '@bearward/example-authorization-server'
import type { RunningApi } from './listen.ts'
import type { DescribedToken } from './tokens.ts'

/** Servers that a step uses. */
export interface Servers {
  readonly authorizationServer: AuthorizationServer
  readonly api: RunningApi
}

/** A request and its expected answer. */
export interface Step<S extends Servers = Servers> {
  /** Case and outcome, such as `Expired token: refused`. */
  readonly heading: string
  readonly expected: ExpectedAnswer
  /** Returns the request. Obtains the token for it, if the request needs one. */
  prepare(servers: S): ApiRequest | Promise<ApiRequest>
}

export interface ApiRequest {
  readonly target: `${'GET' | 'POST'} /${string}`
  readonly token?: DescribedToken
  /** Default: the API of the servers. */
  readonly api?: RunningApi
}

/** The checked parts of an answer. */
export interface ExpectedAnswer {
  readonly status: number
  /**
   * Error code in the `WWW-Authenticate` challenge, or `null` for a challenge without one. If it is absent, the
   * answer must have no challenge.
   */
  readonly error?: string | null
  /** Requires a `Retry-After` of at least one second. If it is absent, the answer must have none. */
  readonly retryAfter?: true
  /** Members that the body must have. */
  readonly body?: Readonly<Record<string, unknown>>
}
