import type { ClientAuthentication, Clock, Fetch } from '@bearward/core/internal'
import type { DpopKeySettings } from './dpop-options.ts'
import type { TokenTarget } from './token-target.ts'

/** Validated options of a token source, with defaults. Times are in seconds. */
export interface SourceSettings {
  readonly issuer: string | undefined
  readonly tokenEndpoint: string | undefined
  readonly clientId: string
  readonly clientAuthentication: ClientAuthentication
  /** Default target of a token request. */
  readonly target: TokenTarget
  readonly parameters: Readonly<Record<string, string>>
  /** Accepted values of `token_type` in addition to Bearer, in lower case. */
  readonly acceptTokenType: readonly string[]
  readonly dpop: DpopKeySettings | undefined
  readonly retryOn: 'invalid_token' | 'any401'
  readonly allowedOrigins: readonly string[] | undefined
  readonly renewBefore: number | undefined
  readonly defaultExpiresIn: number
  readonly maxWait: number
  readonly fetchTimeout: number
  readonly fetch: Fetch
  readonly resourceFetch: typeof globalThis.fetch
  readonly insecureHosts: readonly string[]
  readonly clock: Clock
}
