/**
 * OAuth 2.0 access-token verification for APIs: request in, decision out. Knows no framework.
 *
 * Every export here is public API, by name.
 *
 * @packageDocumentation
 */
export { createResourceServer } from './resource-server.ts'
export type { Guard, ResourceServer } from './resource-server.ts'
export type { IssuerStatus } from './issuers/configured-issuers.ts'
export type { RequestView } from './request.ts'
export type { MaybePromise } from './maybe-promise.ts'

export type {
  CommonOptions,
  IntrospectionOptions,
  IssuerOptions,
  ResourceServerOptions,
  SecretKeyObject,
} from './options/options.ts'
export { environmentOptions } from './options/environment.ts'
export { standAloneServer } from './stand-alone.ts'
export { tokenOf } from './decisions.ts'
export type { Clock } from './clock.ts'
export type { Fetch, FetchFailure, FetchInit } from './authorization-server/bounded-fetch.ts'
export type {
  ClientAuthentication,
  PrivateJwk,
  PrivateKey,
  PrivateKeyJwt,
  PrivateKeyObject,
  ReadyAssertion,
  Secret,
} from './authorization-server/client-authentication.ts'
export type { Algorithm } from './signature/algorithms.ts'

export type { ClientOfIssuer, Freshness, Requirements } from './requirements/requirements.ts'

export type { Anonymous, Granted, Outcome, Refused } from './outcome/outcome.ts'
export type { RefusalBody, RefusalView } from './outcome/refusal.ts'
export { REASONS } from './outcome/reasons.ts'
export type { Reason, ReasonText } from './outcome/reasons.ts'
export type { Explanation } from './outcome/rejection.ts'

export type { AccessToken, Claims } from './token/access-token.ts'
export { classifySubject } from './subject/classify-subject.ts'
export { subjectKey } from './subject/subject-key.ts'
export type { SubjectContext, SubjectStatements } from './subject/context.ts'
export type { Provider } from './subject/profiles.ts'
export type { TokenForm } from './subject/profile.ts'
export type { Actor } from './subject/actor.ts'
export type { Evidence, WhyUnknown } from './subject/evidence.ts'
export type { MachineSubject, Subject, UnknownSubject, UserSubject } from './subject/subject.ts'

export type {
  BearwardEvent,
  DiscoveryFailedEvent,
  BearwardEventListener,
  IntrospectionCachedEvent,
  IntrospectionCalledEvent,
  IntrospectionFailedEvent,
  IntrospectionMovedEvent,
  KeyDistrustedEvent,
  KeysFailedEvent,
  KeysMovedEvent,
  KeysRecoveredEvent,
  KeysRefreshedEvent,
  KeysSoughtEvent,
  KeysStaleEvent,
  RefusedEvent,
  SubjectUnknownEvent,
  VerifiedEvent,
} from './events/events.ts'
export type { IntrospectionFailure } from './introspection/failure.ts'
export type { KeyStatus } from './keys/key-source.ts'
export type { IgnoredKey } from './keys/key-set.ts'
export type { UnusableKey } from './keys/jwk.ts'

export {
  ConfigurationError,
  IntrospectionUnavailableError,
  KeysUnavailableError,
} from './errors.ts'
