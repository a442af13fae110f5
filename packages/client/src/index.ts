/**
 * The caller's side of OAuth 2.0: tokens for services that call APIs as themselves (client credentials,
 * RFC 6749 section 4.4), and a `fetch` that carries them.
 *
 * Every export here is public API, by name.
 *
 * @packageDocumentation
 */
export { clientCredentials } from './token-source.ts'
export type { TokenSource } from './token-source.ts'
export type { SourceFetch } from './authorized-fetch.ts'
export type { ClientCredentialsOptions, GetTokenOptions, TokenRequest } from './options.ts'
export type { Token } from './token.ts'

export { ERRORS, TokenError } from './errors.ts'
export type { ErrorText, Fault, TokenErrorCode } from './errors.ts'

export type {
  TokenCachedEvent,
  TokenCounters,
  TokenEvent,
  TokenFailedEvent,
  TokenInvalidatedEvent,
  TokenIssuedEvent,
  TokenRenewedEvent,
} from './events.ts'

export { ConfigurationError } from '@bearward/core/for-clients'
export type {
  ClientAuthentication,
  Clock,
  Fetch,
  FetchInit,
  PrivateJwk,
  PrivateKey,
  PrivateKeyJwt,
  PrivateKeyObject,
  ReadyAssertion,
  Secret,
} from '@bearward/core'
