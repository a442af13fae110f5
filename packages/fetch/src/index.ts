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
  ControlStatus,
  CorsOptions,
  DpopNonceOptions,
  DpopOptions,
  DynamicIssuerOptions,
  Evidence,
  IntrospectionOptions,
  IssuerOptions,
  IssuerStatus,
  Logger,
  MetadataOptions,
  MemoryReplayOptions,
  Outcome,
  ProofUse,
  ProvedBinding,
  Provider,
  PublicUrl,
  Reason,
  RefusalBody,
  RefusalView,
  Refused,
  RefusedEvent,
  ReplayStore,
  RequestTarget,
  ResourceServerOptions,
  ScopesOptions,
  ServerStatus,
  Subject,
} from '@bearward/core'
export {
  ConfigurationError,
  IntrospectionUnavailableError,
  KeysUnavailableError,
  memoryReplay,
  optionsFromEnv,
  ReplayStoreError,
  subjectKey,
} from '@bearward/core'
