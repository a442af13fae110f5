/**
 * OAuth 2.0 access-token verification for Koa 3 and 2.
 *
 * @module @bearward/koa
 */
export { auth, createBearward, requireToken } from './bearward.ts'
export type { Bearward, KoaGuard, KoaRequirements } from './bearward.ts'
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
