/**
 * OAuth 2.0 access-token verification for web-standard `Request` and `Response`.
 *
 * @module @bearward/fetch
 */
export { auth, createBearward, requireToken } from './bearward.ts'
export { toResponse } from './responses.ts'
export type { Bearward } from './bearward-type.ts'
export type {
  FetchGuard,
  FetchRequirements,
  Handler,
  Passed,
  ProtectedHandler,
  RequestContext,
} from './types.ts'
export type {
  AccessToken,
  Actor,
  BearwardEvent,
  ClientAuthentication,
  CorsOptions,
  DynamicIssuerOptions,
  Evidence,
  IntrospectionOptions,
  IssuerOptions,
  IssuerStatus,
  Logger,
  MetadataOptions,
  Outcome,
  Provider,
  Reason,
  RefusalBody,
  RefusalView,
  Refused,
  RefusedEvent,
  ResourceServerOptions,
  ScopesOptions,
  Subject,
} from '@bearward/core'
export {
  ConfigurationError,
  IntrospectionUnavailableError,
  KeysUnavailableError,
  optionsFromEnv,
  subjectKey,
} from '@bearward/core'
