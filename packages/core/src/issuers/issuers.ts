import { WORK_ENDS_WITH_REQUEST } from '#async-context'
import { ConfigurationError } from '../errors.ts'
import { LIMITS } from '../limits.ts'
import type { GuardedIssuers } from '../authorization/requirement.ts'
import type { IssuersEvent } from './issuer-events.ts'
import { isIssuerName } from './issuer-name.ts'
import type { Publish } from '../lib/publisher.ts'
import type { IntrospectionSteps } from '../token/introspection/introspection-steps.ts'
import { isThumbprint } from '../keys/thumbprint.ts'
import type { KeySource, KeyStatus } from '../keys/key-source.ts'
import { createKeySource } from '../keys/key-sources.ts'
import type { DynamicIssuerSettings, Settings } from '../model/settings.ts'
import { createProviderHint } from '../subject/provider-hint.ts'
import type { DynamicIssuers, TrustedIssuer, TrustedIssuers } from '../token/trusted-issuers.ts'

/** Specifies what starts the fetches of keys for static issuers: see `KeyRefreshOptions`. */
const STARTED_BY = WORK_ENDS_WITH_REQUEST ? 'requests' : 'timers'

/** The state of one issuer. */
export interface IssuerStatus {
  /** The static issuer, as in the options. An issuer with tenants contains `{tenantid}`, because its tenants share their keys. */
  readonly issuer: string
  readonly keys: KeyStatus
  /** `true` if the resource server was closed. The keys are then no longer fetched. */
  readonly closed: boolean
}

/** The trusted issuers, and the operations on all of them. */
export interface Issuers {
  readonly trusted: TrustedIssuers
  /** The issuers that requirements can name. */
  readonly guarded: GuardedIssuers
  readonly ready: () => Promise<void>
  readonly status: () => readonly IssuerStatus[]
  /**
   * Stops trusting a key. If the key was trusted until now, calls `isNew` before the event `key_distrusted` is published.
   *
   * @throws {ConfigurationError} if the issuer is not configured or has no public keys, or if `thumbprint` is malformed
   */
  readonly distrustKey: (issuer: string, thumbprint: string, isNew: () => void) => void
  /**
   * Forgets a dynamic issuer.
   *
   * @throws {ConfigurationError} if the issuer is static or not valid (see `isIssuerName`), or if there are no dynamic issuers
   */
  readonly forgetIssuer: (issuer: string) => void
}

/** The dynamic issuers, and the operations on them. */
export interface ManagedIssuers extends DynamicIssuers {
  /** Returns whether requirements can name this issuer. */
  mayResolve(name: unknown): name is string
  /** Forgets the options, the keys and the cached tokens of an issuer. Its next token starts a call of `resolve`. */
  forgetIssuer(iss: string): void
  /**
   * Distrusts a key of an issuer. Returns whether the key was trusted until now. Returns `undefined` if the issuer has no
   * public keys, or if it is not cached and `match` does not accept it.
   */
  distrustKey(iss: string, thumbprint: string): boolean | undefined
}

/** Parts that the issuers have only if the options need them. */
export interface IssuerParts {
  readonly steps: IntrospectionSteps | undefined
  readonly createDynamic:
    | ((
        dynamic: DynamicIssuerSettings,
        settings: Settings,
        publish: Publish<IssuersEvent>,
        closed: AbortSignal,
        forget: (issuer: TrustedIssuer) => void,
        steps: IntrospectionSteps | undefined,
      ) => ManagedIssuers)
    | undefined
}

/**
 * Creates the key source and the introspection of every static issuer, and the cache of the dynamic issuers. The tenants
 * of a static issuer share their keys. `closed` aborts outgoing calls. `forget` is called for each dynamic issuer that is removed,
 * evicted or replaced.
 */
export function createIssuers(
  settings: Settings,
  publish: Publish<IssuersEvent>,
  closed: AbortSignal,
  { steps, createDynamic }: IssuerParts,
  forget: (issuer: TrustedIssuer) => void = () => {},
): Issuers {
  closed.addEventListener('abort', () => publish('closed', () => ({})), { once: true })
  const keySources = new Map<string, KeySource>()
  const trusted = new Map<string, TrustedIssuer>()
  for (const issuer of settings.issuers) {
    const hint = createProviderHint(issuer, settings, publish)
    const known = keySources.get(issuer.metadataIssuer)
    if (known === undefined) hint(issuer.metadataIssuer)
    const keys = known ?? createKeySource(issuer, settings, publish, closed, hint, STARTED_BY)
    keySources.set(issuer.metadataIssuer, keys)
    const signer = { settings: issuer, keys }
    const introspection = steps?.createIssuerIntrospection(
      signer,
      settings,
      publish,
      closed,
      hint,
      LIMITS.cachedResponses,
    )
    trusted.set(issuer.issuer, { ...signer, introspection, dynamic: undefined })
  }
  const dynamic =
    settings.dynamicIssuers &&
    createDynamic?.(settings.dynamicIssuers, settings, publish, closed, forget, steps)

  const isStatic = (issuer: string) => trusted.has(issuer) || keySources.has(issuer)

  /**
   * Returns whether the key was trusted until now. Returns `undefined` if the issuer is not static, or if it has no public keys.
   */
  function distrustStatic(issuer: string, thumbprint: string): boolean | undefined {
    const keys = trusted.get(issuer)?.keys ?? keySources.get(issuer)
    const isNew = keys?.distrustKey?.(thumbprint)
    // The key may have signed introspection responses.
    for (const one of trusted.values()) if (one.keys === keys) one.introspection?.forget()
    return isNew
  }

  return {
    trusted: { static: trusted, dynamic },
    guarded: {
      static: settings.issuers,
      hasDynamic: dynamic !== undefined,
      isDynamic: (name): name is string => dynamic !== undefined && dynamic.mayResolve(name),
    },
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
    forgetIssuer(issuer) {
      if (dynamic === undefined || !isIssuerName(issuer) || isStatic(issuer)) {
        throw new ConfigurationError('The argument of forgetIssuer is wrong', [
          'Pass the iss of an issuer that comes from the function issuers.resolve.',
        ])
      }
      dynamic.forgetIssuer(issuer)
    },
    distrustKey(issuer, thumbprint, isNew) {
      const wasTrusted = isThumbprint(thumbprint)
        ? (distrustStatic(issuer, thumbprint) ?? dynamic?.distrustKey(issuer, thumbprint))
        : undefined
      if (wasTrusted === undefined) {
        throw new ConfigurationError('The argument of distrustKey is wrong', [
          'Pass { issuer, thumbprint }: a configured issuer that has public keys, and a SHA-256 thumbprint in base64url, which has 43 characters (RFC 7638).',
        ])
      }
      if (wasTrusted) isNew()
      publish('key_distrusted', () => ({ issuer, thumbprint }))
    },
  }
}
