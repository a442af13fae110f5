import type { AuthorizationServer } from '@bearward/example-authorization-server'
import type { RunningApi } from './listen.ts'
import type { DescribedToken } from './tokens.ts'

/** Servers that a step uses. */
export interface Servers {
  readonly authorizationServer: AuthorizationServer
  readonly api: RunningApi
}

/** A request and its expected response. */
export interface Step<S extends Servers = Servers> {
  /** Case and outcome, for example `Expired token: refused`. */
  readonly heading: string
  readonly expected: ExpectedResponse
  /** Returns the request, with a token if the step needs one. */
  prepare(servers: S): ApiRequest | Promise<ApiRequest>
}

export interface ApiRequest {
  readonly target: `${'GET' | 'POST'} /${string}`
  readonly token?: DescribedToken
  /** A DPoP proof. If it is set, the token is sent with the scheme `DPoP`. */
  readonly proof?: string
  /** @default the `api` of the servers */
  readonly api?: RunningApi
}

/** The checked parts of a response. */
export interface ExpectedResponse {
  readonly status: number
  /**
   * Error code in the `WWW-Authenticate` challenge. `null` requires a challenge without an error code.
   * `undefined` requires a response without a challenge.
   */
  readonly error?: string | null
  /** `true` requires a `Retry-After` of at least one second. `undefined` requires a response without `Retry-After`. */
  readonly retryAfter?: true
  /** Members that the body must have. */
  readonly body?: Readonly<Record<string, unknown>>
}
