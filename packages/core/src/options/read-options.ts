import { Problems } from '../configuration-problems.ts'
import { getSeconds, withSuspension } from '../lib/clock.ts'
import { copyOwnMembers, isPlainObject } from '../lib/objects.ts'
import type { CredentialsOption, KeyAges, Settings, TokenCacheLimits } from '../model/settings.ts'
import { type CommonOptions, OPTIONS_WITHOUT_PARTS } from './common-options.ts'
import { OPTIONS_WITHOUT_INTROSPECTION } from './issuer-options.ts'
import { checkMetadata } from './metadata-options.ts'
import { createOptionContext, type OptionContext, type OptionWarning } from './option-context.ts'
import { ALL_PARTS } from './parts.ts'
import type { DpopSettings } from '../binding/dpop/dpop-settings.ts'
import { reportPublicUrl } from './public-url-option.ts'
import { collectParts, type ServerParts } from './server-parts.ts'
import type { OptionSource } from './option-source.ts'
import { readObject, readRows, reportUnknownNames } from './option-table.ts'
import { readIssuers } from './read-issuers.ts'

/** The options after validation, with defaults. */
export interface ServerSettings {
  readonly settings: Settings
  readonly parts: ServerParts
  /** `undefined`: tokens that are bound to a key are refused. */
  readonly dpop: DpopSettings | undefined
  /** `undefined`: tokens are read from the `Authorization` header. */
  readonly credentials: CredentialsOption | undefined
  readonly realm: string
  /** `undefined`: tokens are not cached. */
  readonly tokenCache: TokenCacheLimits | undefined
  readonly logger: CommonOptions['logger']
  readonly onEvent: CommonOptions['onEvent']
  readonly errorBody: CommonOptions['errorBody']
  readonly revoked: CommonOptions['revoked']
  /** Warnings about options that are probably wrong. */
  readonly warnings: readonly OptionWarning[]
}

/** The argument of `createResourceServer` as a source of options. */
export const AS_OPTIONS: OptionSource = {
  title: 'The options of Bearward are wrong',
  toName: (option) => option,
}

/**
 * Validates all options and adds the defaults.
 *
 * @throws {ConfigurationError} if options are wrong: lists every problem with its fix
 */
export function readOptions(options: unknown, source?: OptionSource): ServerSettings {
  return readOptionsOf(collectParts(ALL_PARTS), options, source)
}

/** The same as `readOptions`, for a resource server that has only the parts in the option `use`. */
export function readOptionsWithUse(given: unknown, source?: OptionSource): ServerSettings {
  if (!isPlainObject(given)) return readOptionsOf({}, given, source)
  const { use, ...options } = copyOwnMembers(given)
  return readOptionsOf(collectParts(use), options, source)
}

function readOptionsOf(
  parts: ServerParts,
  options: unknown,
  { title, toName, hasSocket }: OptionSource = AS_OPTIONS,
): ServerSettings {
  const problems = new Problems()
  const own = readObject(options, '{ issuer, audience, ... }', title)
  const warnings: OptionWarning[] = []
  const context = createOptionContext(problems, own, toName, warnings, hasSocket)
  const known = [
    ...Object.keys(OPTIONS_WITHOUT_INTROSPECTION),
    ...Object.keys(OPTIONS_WITHOUT_PARTS),
    'issuers',
  ]
  reportUnknownNames(own, known, context)
  const table = {
    ...OPTIONS_WITHOUT_PARTS,
    ...parts.signedMetadata?.rows,
    ...parts.dpop?.rows,
    ...parts.mtls?.rows,
  }
  const { credentials, realm, tokenCache, logger, onEvent, errorBody, revoked, ...values } =
    readRows(table, own, context)
  const keyAges = { maxAge: values.jwksMaxAge, staleLimit: values.jwksStaleIfError }
  checkKeyAges(keyAges, context)
  const { resource, metadata, mtls: bound, scopes, clock } = values
  const common = { resource, now: () => getSeconds(clock) }
  const issuers = readIssuers(own, { ...context, common }, parts)
  const isIssuer = (name: string) =>
    issuers.issuers.some(({ issuer }) => issuer === name) ||
    (issuers.dynamicIssuers !== undefined &&
      parts.dynamicIssuers!.mayResolve(name, issuers.dynamicIssuers))
  const hasStaticIssuers = issuers.issuers.length > 0
  checkMetadata(metadata, { resource, isIssuer, hasStaticIssuers }, context)
  const dpopContext = {
    publicUrl: values.publicUrl,
    isGiven: own['dpop'] !== undefined,
    resource,
    hasMetadata: metadata !== undefined,
    hasCredentials: credentials !== undefined,
  }
  const dpopSettings =
    parts.dpop === undefined
      ? reportPublicUrl(dpopContext, context)
      : parts.dpop.toSettings(values.dpop, dpopContext, context)
  problems.throwAs(title)

  return {
    parts,
    settings: {
      ...issuers,
      getProviderOfAddress: parts.providers?.getProviderOfAddress,
      resource,
      metadata,
      mtls: bound,
      scopes,
      insecureHosts: values.allowInsecureHosts,
      fetch: values.fetch,
      fetchTimeout: values.fetchTimeout * 1000,
      keyAges,
      clock: withSuspension(clock),
    },
    dpop: dpopSettings,
    credentials,
    realm,
    tokenCache,
    logger,
    onEvent,
    errorBody,
    revoked,
    warnings,
  }
}

function checkKeyAges({ maxAge, staleLimit }: KeyAges, { toName, report }: OptionContext): void {
  if (staleLimit >= maxAge) return
  report(`${toName('jwksStaleIfError')} must be at least ${toName('jwksMaxAge')} (${maxAge}).`)
}
