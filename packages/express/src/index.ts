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
