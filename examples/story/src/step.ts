import type { AuthorizationServer } from '@bearward/example-authorization-server'
import type { Credential } from './credential.ts'
import type { RunningApi } from './running-api.ts'

/** Where a story plays: an authorization server and an API, both listening on loopback. */
export interface Stage {
  readonly authorizationServer: AuthorizationServer
  readonly api: RunningApi
}

/** One scene of a story: a request, and the answer that it has to get. */
export interface Step<S extends Stage = Stage> {
  /** What happens, in plain words. */
  readonly heading: string
  readonly expected: Expected
  /** Gets what the request needs, such as a token, and says what to send. */
  prepare(stage: S): ApiRequest | Promise<ApiRequest>
}

export interface ApiRequest {
  readonly target: `${'GET' | 'POST'} /${string}`
  readonly credential?: Credential
  /** The stage's API where it is left out. */
  readonly api?: RunningApi
}

/** An answer, as far as the story fixes it. */
export interface Expected {
  readonly status: number
  /**
   * The error code in the `WWW-Authenticate` challenge, or null for a challenge without one. Where
   * it is left out, there must be no challenge.
   */
  readonly error?: string | null
  /** There must be a `Retry-After`, of at least a second. Otherwise there must be none. */
  readonly retryAfter?: true
  /** Members that the body must have. */
  readonly body?: Readonly<Record<string, unknown>>
}
