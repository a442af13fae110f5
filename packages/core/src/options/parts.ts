import { ADVISOR } from '../advice/advisor.ts'
import { ResolvedIssuers } from '../issuers/resolved-issuers.ts'
import { mayResolve } from '../issuers/resolve-issuer.ts'
import { createCertificateCheck } from '../binding/mtls.ts'
import { signMetadata } from '../protected-resource-metadata.ts'
import { getProviderOfAddress } from '../subject/address-patterns.ts'
import { getProfile } from '../subject/providers.ts'
import { INTROSPECTION_STEPS } from '../token/introspection/introspection-steps.ts'
import { Dpop } from '../binding/dpop/dpop.ts'
import { DPOP, toDpopSettings } from './dpop-options.ts'
import { DYNAMIC_ISSUER_OPTIONS, toDynamicIssuers } from './dynamic-issuer-options.ts'
import { toIntrospectionSettings } from './introspection-options.ts'
import { ISSUER_OPTIONS } from './issuer-options.ts'
import { METADATA } from './metadata-options.ts'
import { MTLS } from './mtls-options.ts'
import type { Part } from './part.ts'
import { PROVIDER_OPTION } from './provider-option.ts'
import { PROVIDER_RULES } from './provider-rules.ts'
import type { ServerParts } from './server-parts.ts'

/**
 * The option `introspection` (RFC 7662).
 *
 * @example
 * createBearward({ issuer, audience, tokenFormat: 'opaque', introspection: credentials, use: [introspection] })
 */
export const introspection: Part = {
  name: 'introspection',
  content: {
    options: ISSUER_OPTIONS,
    toSettings: toIntrospectionSettings,
    steps: INTROSPECTION_STEPS,
  } satisfies ServerParts['introspection'],
}

/**
 * The option `issuers` with the functions `match` and `resolve`.
 *
 * @example
 * createBearward({ issuers: { match, resolve }, use: [dynamicIssuers] })
 */
export const dynamicIssuers: Part = {
  name: 'dynamicIssuers',
  content: {
    options: DYNAMIC_ISSUER_OPTIONS,
    toSettings: toDynamicIssuers,
    mayResolve,
    create: (...parts) => new ResolvedIssuers(...parts),
  } satisfies ServerParts['dynamicIssuers'],
}

/**
 * The option `dpop` (RFC 9449).
 *
 * @example
 * createBearward({ issuer, resource, dpop: { replay }, use: [dpop] })
 */
export const dpop: Part = {
  name: 'dpop',
  content: {
    rows: { dpop: DPOP },
    toSettings: toDpopSettings,
    create: (...args) => new Dpop(...args),
  } satisfies ServerParts['dpop'],
}

/**
 * Advice in the log and in the event `refused`: the change to make, and the place of the change. Without this part, the log and
 * the event refer to the documentation.
 *
 * @example
 * createBearward({ issuer, audience, use: [advice] })
 */
export const advice: Part = { name: 'advice', content: ADVISOR satisfies ServerParts['advice'] }

/**
 * The option `provider`, and the rules of known providers for machines, users, clients and scopes.
 *
 * @example
 * createBearward({ issuer, audience, provider: 'keycloak', use: [providers] })
 */
export const providers: Part = {
  name: 'providers',
  content: {
    options: PROVIDER_OPTION,
    getProfile,
    getProviderOfAddress,
    rules: PROVIDER_RULES,
  } satisfies ServerParts['providers'],
}

/**
 * The option `signed` of `metadata`: signed metadata (RFC 9728 section 2.2).
 *
 * @example
 * createBearward({ issuer, resource, metadata: { signed }, use: [signedMetadata] })
 */
export const signedMetadata: Part = {
  name: 'signedMetadata',
  content: {
    rows: { metadata: METADATA },
    sign: signMetadata,
  } satisfies ServerParts['signedMetadata'],
}

/**
 * The option `mtls`: certificate-bound tokens (RFC 8705 section 3).
 *
 * @example
 * createBearward({ issuer, audience, mtls: { certificate }, use: [mtls] })
 */
export const mtls: Part = {
  name: 'mtls',
  content: {
    rows: { mtls: MTLS },
    createCheck: createCertificateCheck,
  } satisfies ServerParts['mtls'],
}

/** The parts of a resource server that is created without the option `use`. */
export const ALL_PARTS: readonly Part[] = [
  advice,
  dpop,
  dynamicIssuers,
  introspection,
  mtls,
  providers,
  signedMetadata,
]
