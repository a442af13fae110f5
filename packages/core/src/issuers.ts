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
  /** As in the options: with `{tenantid}` if it has tenants, which share their keys. */
  readonly issuer: string
  readonly keys: KeyStatus
  /** True if the resource server was closed: its keys are not fetched any more. */
  readonly closed: boolean
}

/** The resource server was closed: it makes no outgoing calls any more. Loaded keys stay in use. */
export interface ClosedEvent {
  readonly type: 'closed'
}

/** A key is never used again, because the operator has called `distrustKey`. */
export interface KeyDistrustedEvent {
  readonly type: 'key_distrusted'
  readonly issuer: string
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

/** The configured issuers, and what an operator can do with all of them. */
export interface ConfiguredIssuers {
  readonly trusted: TrustedIssuers
  readonly ready: () => Promise<void>
  readonly status: () => readonly IssuerStatus[]
  /** Calls `isNew` first if the key was trusted. Throws a `ConfigurationError` if there is no such issuer with public keys, or if it is not a thumbprint. */
  readonly distrustKey: (issuer: string, thumbprint: string, isNew: () => void) => void
}

/** Makes the keys of every issuer (tenants share them) and its introspection. `closed` aborts outgoing calls. */
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
        throw new ConfigurationError('distrustKey was called wrongly', [
          'It takes a configured issuer that has public keys, and a SHA-256 thumbprint in base64url: 43 characters (RFC 7638).',
        ])
      }
      if (keys.distrustKey(thumbprint)) isNew()
      // The key may have signed answers about tokens.
      for (const one of trusted.values()) if (one.keys === keys) one.introspection?.forget()
      publish('key_distrusted', () => ({ issuer, thumbprint }))
    },
  }
}
