import type { Advisor } from '../advice/advisor.ts'
import type { createCertificateCheck } from '../binding/mtls.ts'
import { ConfigurationError } from '../errors.ts'
import type { IssuerParts } from '../issuers/issuers.ts'
import type { mayResolve } from '../issuers/resolve-issuer.ts'
import { isRecord } from '../lib/objects.ts'
import type { getProviderOfAddress } from '../subject/address-patterns.ts'
import type { getProfile } from '../subject/providers.ts'
import type { IntrospectionSteps } from '../token/introspection/introspection-steps.ts'
import type { SignMetadata } from '../protected-resource-metadata.ts'
import type { ReplacedRows } from './common-options.ts'
import type { toDpopSettings } from './dpop-options.ts'
import type { Dpop } from '../binding/dpop/dpop.ts'
import type { DYNAMIC_ISSUER_OPTIONS, toDynamicIssuers } from './dynamic-issuer-options.ts'
import type { toIntrospectionSettings } from './introspection-options.ts'
import type { ISSUER_OPTIONS } from './issuer-options.ts'
import type { Part } from './part.ts'
import type { PROVIDER_OPTION } from './provider-option.ts'
import type { PROVIDER_RULES } from './provider-rules.ts'

/** The optional parts of a resource server. */
export interface ServerParts {
  /** The option `introspection`. */
  readonly introspection?: {
    readonly options: typeof ISSUER_OPTIONS
    readonly toSettings: typeof toIntrospectionSettings
    readonly steps: IntrospectionSteps
  }
  /** The option `issuers` with functions. */
  readonly dynamicIssuers?: {
    readonly options: typeof DYNAMIC_ISSUER_OPTIONS
    readonly toSettings: typeof toDynamicIssuers
    readonly mayResolve: typeof mayResolve
    readonly create: NonNullable<IssuerParts['createDynamic']>
  }
  /** The option `provider`, and the rules of providers. */
  readonly providers?: {
    readonly options: typeof PROVIDER_OPTION
    readonly getProfile: typeof getProfile
    readonly getProviderOfAddress: typeof getProviderOfAddress
    readonly rules: typeof PROVIDER_RULES
  }
  /** The option `signed` of `metadata`. */
  readonly signedMetadata?: {
    readonly rows: Pick<ReplacedRows, 'metadata'>
    readonly sign: SignMetadata
  }
  /** The option `dpop`. */
  readonly dpop?: {
    readonly rows: Pick<ReplacedRows, 'dpop'>
    readonly toSettings: typeof toDpopSettings
    readonly create: (...args: ConstructorParameters<typeof Dpop>) => Dpop
  }
  /** The option `mtls`. */
  readonly mtls?: {
    readonly rows: Pick<ReplacedRows, 'mtls'>
    readonly createCheck: typeof createCertificateCheck
  }
  /** Advice in the log and in the event `refused`. */
  readonly advice?: Advisor
}

/**
 * Reads the option `use`.
 *
 * @throws {ConfigurationError} if `use` is not an array of parts
 */
export function collectParts(use: unknown = []): ServerParts {
  if (!Array.isArray(use) || !Array.from(use).every(isPart)) {
    throw new ConfigurationError('The option use is wrong', [
      'use must be an array of the imported parts: advice, dpop, dynamicIssuers, introspection, mtls, providers, signedMetadata.',
    ])
  }
  return Object.assign(
    Object.create(null) as ServerParts,
    ...use.map(({ name, content }) => ({ [name]: content })),
  ) as ServerParts
}

function isPart(value: unknown): value is Part {
  return isRecord(value) && typeof value['name'] === 'string' && isRecord(value['content'])
}
