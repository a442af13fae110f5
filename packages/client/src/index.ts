/**
 * OAuth 2.0 access tokens for services that call APIs as themselves, with the client credentials grant (RFC 6749 section
 * 4.4). Includes a `fetch` that adds the token to each request.
 *
 * Every export of this file is public API.
 *
 * @module @bearward/client
 */
export { clientCredentials } from './token-source.ts'
export type { TokenSource } from './token-source.ts'
export type { SourceFetch } from './authorized-fetch.ts'
export type { ClockOption } from '@bearward/core'
export type { ClientCredentialsOptions } from './options.ts'
export type { GetTokenOptions, HeadersRequest, TokenRequest } from './token-request-options.ts'
export type { DpopKeyOptions } from './dpop-options.ts'
export type { Token, TokenType } from './token.ts'
export type { TokenHeaders } from './token-headers.ts'

export { ERRORS, TokenError } from './errors.ts'
export type { ErrorText, Fault, TokenErrorCode } from './errors.ts'

export type { TokenCounters } from './token-counters.ts'
export type {
  TokenCachedEvent,
  TokenEvent,
  TokenFailedEvent,
  TokenInvalidatedEvent,
  TokenIssuedEvent,
  TokenRenewedEvent,
} from './token-events.ts'

export { ConfigurationError } from '@bearward/core/internal'
export type { KeyPair } from '@bearward/core/internal'
export type {
  ClientAssertion,
  ClientAuthentication,
  Clock,
  Fetch,
  FetchInit,
  PrivateJwk,
  PrivateKey,
  PrivateKeyJwt,
  PrivateKeyObject,
  Secret,
} from '@bearward/core'
