/**
 * OAuth 2.0 access-token verification for Fastify 5.
 *
 * @module @bearward/fastify
 */
export { auth, createBearward, requireToken } from './bearward.ts'
export type { Bearward, FastifyGuard, FastifyRequirements } from './types.ts'
export type { PluginOptions } from './plugin.ts'
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
