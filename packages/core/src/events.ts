import type {
  DiscoveryFailedEvent,
  EndpointMovedEvent,
} from './authorization-server/discovery-events.ts'
import type { CertificateIgnoredEvent } from './binding/certificate-event.ts'
import type { ControlRecoveredEvent, DegradedEvent } from './binding/control-events.ts'
import type { SubjectUnknownEvent } from './authorization/subject-unknown-event.ts'
import type { ClosedEvent, IssuerEvent, KeyDistrustedEvent } from './issuers/issuer-events.ts'
import type { KeysEvent } from './keys/key-events.ts'
import type { RefusedEvent } from './request/refused-event.ts'
import type { IntrospectionEvent } from './token/introspection/introspection-events.ts'
import type { ConfigurationWarningEvent } from './subject/provider-hint.ts'
import type { AudienceMissingEvent } from './token/missing-audience.ts'
import type { VerifiedEvent } from './token/verification.ts'

/** All events that the core publishes. Narrow on `type`. */
export type BearwardEvent =
  | AudienceMissingEvent
  | VerifiedEvent
  | RefusedEvent
  | SubjectUnknownEvent
  | IssuerEvent
  | KeysEvent
  | KeyDistrustedEvent
  | ClosedEvent
  | IntrospectionEvent
  | EndpointMovedEvent
  | DiscoveryFailedEvent
  | ConfigurationWarningEvent
  | DegradedEvent
  | ControlRecoveredEvent
  | CertificateIgnoredEvent

/**
 * Listener that is called for every event. `request` is the request of the framework, for the events `verified`, `refused`,
 * `subject_unknown` and `certificate_ignored`. Use it to read the id or the path of the request. A request contains the token, so
 * never log the whole request. Errors that the listener throws are ignored.
 *
 * @example
 * const onEvent: BearwardEventListener = (event) => {
 *   if (event.type === 'refused') console.warn(event.reason, event.check, event.expected, event.found)
 * }
 */
export type BearwardEventListener<Raw extends object = object> = (
  event: BearwardEvent,
  request?: Raw,
) => void
