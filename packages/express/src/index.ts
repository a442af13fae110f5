/**
 * OAuth 2.0 access-token verification for Express 5 and 4.
 *
 * @module @bearward/express
 */
export { auth, createBearward, requireToken } from './bearward.ts'
export type { Bearward, ExpressGuard, ExpressRequirements } from './bearward.ts'
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
