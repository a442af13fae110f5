import { ConfigurationError } from './errors.ts'
import type {
  DiscoveryFailedEvent,
  EndpointMovedEvent,
} from './authorization-server/discovery-events.ts'
import type { KeysEvent } from './keys/key-events.ts'
import type { Publish } from './lib/publisher.ts'
import { createIssuerIntrospection } from './token/introspection/introspection-of-issuer.ts'
import { isThumbprint } from './keys/thumbprint.ts'
import type { KeySource, KeyStatus } from './keys/key-source.ts'
import { createKeySource } from './keys/key-sources.ts'
import type { Settings } from './model/settings.ts'
import type { IntrospectionEvent } from './token/introspection/introspection-events.ts'
import { type ConfigurationWarningEvent, createProviderHint } from './subject/provider-hint.ts'
import type { TrustedIssuer, TrustedIssuers } from './token/trusted-issuers.ts'

/** The state of one issuer. */
export interface IssuerStatus {
  /** The issuer, as in the options. It contains `{tenantid}` if it has tenants, because they share their keys. */
  readonly issuer: string
  readonly keys: KeyStatus
  /** `true` if the resource server was closed. Its keys are no longer fetched. */
  readonly closed: boolean
}

/**
 * Published when `close()` has closed the resource server. It then makes no outgoing calls. Cached keys stay in use.
 *
 * @example
 * ```ts
 * { type: 'closed' }
 * ```
 */
export interface ClosedEvent {
  readonly type: 'closed'
}

/**
 * Published when `distrustKey` was called for a key. This resource server never uses the key again.
 *
 * @example
 * ```ts
 * {
 *   type: 'key_distrusted',
 *   issuer: 'https://login.example.com/',
 *   thumbprint: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
 * }
 * ```
 */
export interface KeyDistrustedEvent {
  readonly type: 'key_distrusted'
  /** The issuer that was passed to `distrustKey`. */
  readonly issuer: string
  /** SHA-256 thumbprint of the key in base64url (RFC 7638). */
  readonly thumbprint: string
}

type IssuersEvent =
  | ClosedEvent
  | KeyDistrustedEvent
  | KeysEvent
  | IntrospectionEvent
  | EndpointMovedEvent
  | DiscoveryFailedEvent
  | ConfigurationWarningEvent

/** The configured issuers, and the operations on all of them. */
export interface ConfiguredIssuers {
  readonly trusted: TrustedIssuers
  readonly ready: () => Promise<void>
  readonly status: () => readonly IssuerStatus[]
  /**
   * Stops trusting a key. Calls `isNew` before it publishes the event, if the key was trusted until now.
   *
   * @throws {ConfigurationError} if the issuer is not configured or has no public keys, or if `thumbprint` is malformed
   */
  readonly distrustKey: (issuer: string, thumbprint: string, isNew: () => void) => void
}

/** Creates the key source and the introspection of every issuer. Tenants share their keys. `closed` aborts outgoing calls. */
export function createIssuers(
  settings: Settings,
  publish: Publish<IssuersEvent>,
  closed: AbortSignal,
): ConfiguredIssuers {
  closed.addEventListener('abort', () => publish('closed', () => ({})), { once: true })
  const keySources = new Map<string, KeySource>()
  const trusted = new Map<string, TrustedIssuer>()
  for (const issuer of settings.issuers) {
    const hint = createProviderHint(issuer, publish)
    const known = keySources.get(issuer.metadataIssuer)
    if (known === undefined) hint(issuer.metadataIssuer)
    const keys = known ?? createKeySource(issuer, settings, publish, closed, hint)
    keySources.set(issuer.metadataIssuer, keys)
    const signer = { settings: issuer, keys }
    const introspection = createIssuerIntrospection(signer, settings, publish, closed, hint)
    trusted.set(issuer.issuer, { ...signer, introspection })
  }
  return {
    trusted,
    async ready() {
      await Promise.all([
        ...[...keySources.values()].map((keys) => keys.ready()),
        ...[...trusted.values()].map(({ introspection }) => introspection?.ready()),
      ])
    },
    status: () =>
      [...keySources].map(([issuer, keys]) =>
        Object.freeze({ issuer, keys: keys.status(), closed: closed.aborted }),
      ),
    distrustKey(issuer, thumbprint, isNew) {
      const keys = trusted.get(issuer)?.keys ?? keySources.get(issuer)
      if (keys?.distrustKey === undefined || !isThumbprint(thumbprint)) {
        throw new ConfigurationError('The argument of distrustKey is wrong', [
          'Pass { issuer, thumbprint }: a configured issuer that has public keys, and a SHA-256 thumbprint in base64url, which has 43 characters (RFC 7638).',
        ])
      }
      if (keys.distrustKey(thumbprint)) isNew()
      // The key may have signed introspection responses.
      for (const one of trusted.values()) if (one.keys === keys) one.introspection?.forget()
      publish('key_distrusted', () => ({ issuer, thumbprint }))
    },
  }
}
