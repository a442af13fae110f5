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
