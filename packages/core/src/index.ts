/**
 * OAuth 2.0 access-token verification for HTTP APIs. A guard takes a request and returns an outcome. No framework is required.
 *
 * Every export of this module is public API. Exports are listed by name.
 *
 * @module @bearward/core
 */
export { createResourceServer } from './create-resource-server.ts'
export type { Guard, MetadataHandler, ResourceServer, ServerStatus } from './resource-server.ts'
export { resourceServerFromEnv } from './resource-server-from-env.ts'
export type {
  ClosedEvent,
  IssuerFailedEvent,
  IssuerForgottenEvent,
  IssuerResolvedEvent,
  KeyDistrustedEvent,
} from './issuers/issuer-events.ts'
export type { IssuerStatus } from './issuers/issuers.ts'
export type { ResolutionFailure } from './model/resolution-failure.ts'
export type { MaybePromise } from './lib/maybe-promise.ts'
export type { Clock, ClockOption } from './lib/clock.ts'

export type { ResourceServerOptions } from './options/options.ts'
export type { MetadataOptions, SignedMetadataOptions } from './options/metadata-options.ts'
export type { ScopesOptions } from './options/scopes-options.ts'
export type { CertificateHeaderOptions, MtlsOptions } from './options/mtls-options.ts'
export type { CorsOptions } from './options/cors-options.ts'
export type { CommonOptions } from './options/common-options.ts'
export type { DynamicIssuerOptions } from './options/dynamic-issuer-options.ts'
export type { IssuerOptions, SecretKeyObject } from './options/issuer-options.ts'
export type { IntrospectionOptions } from './options/introspection-options.ts'
export { optionsFromEnv } from './options/environment.ts'
export type { OptionsFromEnv } from './options/environment.ts'
export type { Fetch, FetchBody, FetchInit, FetchResponse } from './model/fetch.ts'
export type { FetchFailure } from './authorization-server/bounded-fetch.ts'
export type {
  ClientAssertion,
  ClientAuthentication,
  PrivateKeyJwt,
  Secret,
} from './model/client-authentication.ts'
export type { PrivateJwk, PrivateKey, PrivateKeyObject } from './signature/private-key.ts'
export type { Algorithm } from './signature/algorithms.ts'

export type { AuthorizationDetails, RequiredDetail } from './authorization/authorization-details.ts'
export type { ClaimCondition, ClaimValue } from './authorization/claim-conditions.ts'
export type { ClientOfIssuer } from './authorization/clients.ts'
export type { Requirements } from './authorization/requirements.ts'

export { createCors } from './create-cors.ts'
export type { CorsResult } from './request/cors.ts'
export { getToken } from './request/request-state.ts'
export type {
  HeaderFields,
  RequestIdentity,
  RequestLike,
  SocketLike,
  WebHeaders,
} from './model/request-like.ts'
export type { Anonymous, Granted, Outcome } from './model/outcome.ts'
export type { DescribedToken, RefusedEvent } from './request/refused-event.ts'
export type { HttpResponse, ResponseHeaders } from './response/http-response.ts'
export type { RefusalBody, RefusalView, Refused } from './response/refusal.ts'
export { REASONS } from './response/reasons.ts'
export type { Reason, ReasonText } from './response/reasons.ts'
export type { Explanation } from './response/rejection.ts'

export type { AccessToken, Claims, ProvedBinding } from './model/access-token.ts'
export type { ClaimPath } from './subject/claim-path.ts'
export { classifySubject } from './subject/classify-subject.ts'
export { subjectKey } from './subject/subject-key.ts'
export type { SubjectContext, SubjectStatements } from './subject/context.ts'
export type { Provider } from './subject/providers.ts'
export type { TokenForm } from './subject/profile.ts'
export type { Actor } from './subject/actor.ts'
export type { Evidence, UnknownReason } from './subject/evidence.ts'
export type { MachineSubject, Subject, UnknownSubject, UserSubject } from './subject/subject.ts'

export type { CertificateIgnoredEvent } from './binding/certificate-event.ts'
export { memoryReplay } from './options/memory-replay.ts'
export type { MemoryReplayOptions } from './options/memory-replay.ts'
export type { DpopNonceOptions, DpopOptions } from './options/dpop-options.ts'
export type { RequestTarget } from './binding/dpop/dpop-settings.ts'
export type { PublicUrl } from './options/public-url-option.ts'
export type {
  Control,
  ControlRecoveredEvent,
  ControlStatus,
  DegradedEvent,
} from './binding/control-events.ts'
export { ReplayStoreError } from './binding/replay-store.ts'
export type {
  ProofUse,
  ReplayStore,
  ReplayStoreConfiguration,
  ReplayStoreProblem,
} from './binding/replay-store.ts'

export type { BearwardEvent, BearwardEventListener } from './events.ts'
export type { Logger } from './log/logger.ts'
export type { AudienceMissingEvent } from './token/missing-audience.ts'
export type { VerifiedEvent } from './token/verification.ts'
export type { SubjectUnknownEvent } from './authorization/subject-unknown-event.ts'
export type { ConfigurationWarningEvent } from './subject/provider-hint.ts'
export type {
  KeysFailedEvent,
  KeysRecoveredEvent,
  KeysRefreshedEvent,
  KeysRefreshTriggeredEvent,
  KeysStaleEvent,
} from './keys/key-events.ts'
export type {
  DiscoveryFailedEvent,
  IntrospectionMovedEvent,
  KeysMovedEvent,
} from './authorization-server/discovery-events.ts'
export type {
  IntrospectionCachedEvent,
  IntrospectionCalledEvent,
  IntrospectionFailedEvent,
  IntrospectionProbedEvent,
} from './token/introspection/introspection-events.ts'
export type { IntrospectionFailure } from './token/introspection/introspection-failure.ts'
export type { KeyStatus } from './keys/key-source.ts'
export type { IgnoredKey } from './keys/key-set.ts'
export type { UnusableKey } from './keys/jwk.ts'

export {
  ConfigurationError,
  IntrospectionUnavailableError,
  KeysUnavailableError,
} from './errors.ts'
