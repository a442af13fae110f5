import { ConfigurationError } from '../errors.ts'
import type { Publish } from '../events/publisher.ts'
import { introspectionOf } from '../introspection/introspection-of-issuer.ts'
import type { KeySource, KeyStatus } from '../keys/key-source.ts'
import { keySourceOf } from '../keys/key-sources.ts'
import type { Settings } from '../options/read-options.ts'
import type { TrustedIssuer, TrustedIssuers } from './trusted-issuers.ts'

/** How it stands with one issuer. */
export interface IssuerStatus {
  /** As in the options: with `{tenantid}` in it where it has tenants, which share their keys. */
  readonly issuer: string
  readonly keys: KeyStatus
}

/** The issuers of the configuration, and what an operator can do about all of them. */
export interface ConfiguredIssuers {
  readonly trusted: TrustedIssuers
  ready(): Promise<void>
  status(): readonly IssuerStatus[]
  /** Throws a `ConfigurationError` where there is no such issuer with public keys, or no such thumbprint. */
  distrust(issuer: string, thumbprint: string): void
}

/** Gives every issuer its keys, which tenants of one share, and its introspection. `closed` ends outgoing calls. */
export function configuredIssuers(
  settings: Settings,
  publish: Publish,
  closed: AbortSignal,
): ConfiguredIssuers {
  const keySources = new Map<string, KeySource>()
  const trusted = new Map<string, TrustedIssuer>()
  for (const issuer of settings.issuers) {
    const keys =
      keySources.get(issuer.metadataIssuer) ?? keySourceOf(issuer, settings, publish, closed)
    keySources.set(issuer.metadataIssuer, keys)
    const signer = { settings: issuer, keys }
    const introspection = introspectionOf(signer, settings, publish, closed)
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
      [...keySources].map(([issuer, keys]) => Object.freeze({ issuer, keys: keys.status() })),
    distrust(issuer, thumbprint) {
      const keys = trusted.get(issuer)?.keys ?? keySources.get(issuer)
      if (keys?.distrust === undefined || !/^[A-Za-z0-9_-]{43}$/.test(thumbprint)) {
        throw new ConfigurationError('distrust was called wrongly', [
          'It takes a configured issuer that has public keys, and a SHA-256 thumbprint in base64url: 43 characters (RFC 7638).',
        ])
      }
      keys.distrust(thumbprint)
      // What the key has signed may be an answer about a token.
      for (const one of trusted.values()) if (one.keys === keys) one.introspection?.forget()
      publish(() => ({ type: 'key_distrusted', issuer, thumbprint }))
    },
  }
}
