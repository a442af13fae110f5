import { isPlainObject, copyOwnMembers } from '../lib/objects.ts'
import { toTenantIssuer } from '../authorization-server/tenants.ts'
import type { DynamicIssuerSettings, IssuerSettings, KeyOrigin } from '../model/settings.ts'
import { toClaimSettings } from './claim-settings.ts'
import {
  type IssuerOptions,
  type IssuerValues,
  OPTIONS_WITHOUT_INTROSPECTION,
} from './issuer-options.ts'
import { ISSUER_RULES } from './issuer-rules.ts'
import { toAlgorithmPolicy, toKeyOrigin } from './issuer-keys.ts'
import { nestContext, type OptionContext } from './option-context.ts'
import type { ServerParts } from './server-parts.ts'
import { readRows, readTable, reportUnknownNames } from './option-table.ts'
import { getProviderOfIssuer } from '../subject/issuer-patterns.ts'
import { toMediaType } from '../subject/media-types.ts'
import type { Provider } from '../subject/providers.ts'

type Own = Readonly<Record<string, unknown>>

/** The settings of all issuers. */
export interface ReadIssuers {
  readonly issuers: readonly IssuerSettings[]
  readonly dynamicIssuers: DynamicIssuerSettings | undefined
}

/**
 * Reads the options of all issuers and adds the defaults. The options are in `issuers`. The options of a single issuer can also
 * be next to the common options. `own` contains the own members of the options. Reports problems. The result is valid only if no
 * problem was reported.
 */
export function readIssuers(own: Own, context: OptionContext, parts: ServerParts): ReadIssuers {
  const { issuers: given } = own
  if (given === undefined)
    return { issuers: readIssuer(own, context, parts), dynamicIssuers: undefined }
  const { toName, report } = context
  const name = toName('issuers')
  for (const option of Object.keys(OPTIONS_WITHOUT_INTROSPECTION)) {
    if (own[option] !== undefined)
      report(`${toName(option)} cannot be combined with ${name}: set it in each issuer.`)
  }
  if (!isPlainObject(given)) {
    const issuers = readList(given, name, ', or an object { match, resolve }', context, parts)
    return { issuers, dynamicIssuers: undefined }
  }
  const part = parts.dynamicIssuers
  if (part === undefined) {
    report(
      `${name} with functions requires a part: import dynamicIssuers, and set use: [dynamicIssuers].`,
    )
    return { issuers: [], dynamicIssuers: undefined }
  }
  const dynamic = nestContext(context, name)
  const values = readTable(part.options, given, dynamic)
  return {
    issuers:
      values.static === undefined || isEmptyList(values.static)
        ? []
        : readList(values.static, dynamic.toName('static'), '', context, parts),
    dynamicIssuers: part.toSettings(
      values,
      context,
      (one, ofOne) => readOneIssuer(one, ofOne, parts).settings,
    ),
  }
}

/** Reads a list of issuers. `name` is the name of the list in messages. `other` describes another accepted value, or is empty. */
function readList(
  given: unknown,
  name: string,
  other: string,
  context: OptionContext,
  parts: ServerParts,
): readonly IssuerSettings[] {
  const { report } = context
  if (!Array.isArray(given) || given.length === 0 || !Array.from(given).every(isPlainObject)) {
    report(`${name} must be an array of at least one { issuer, audience, ... }${other}.`)
    return []
  }
  const read = given.map(copyOwnMembers).map((issuer, i) => {
    const ofIssuer = nestContext(context, `${name}[${i}]`)
    reportUnknownNames(issuer, Object.keys(OPTIONS_WITHOUT_INTROSPECTION), ofIssuer)
    return readIssuer(issuer, ofIssuer, parts)
  })
  // An identifier with `{tenantid}` must not be repeated, even with other tenants: all tenants of an identifier share its keys.
  const names = read.map(([first]) => first!.metadataIssuer)
  const issuers = read.flat()
  const duplicate = findDuplicate(names) ?? findDuplicate(issuers.map(({ issuer }) => issuer))
  if (duplicate !== undefined)
    report(`${name} contains ${duplicate} twice: set each issuer once, with all its audiences.`)
  if (issuers.filter(({ tokenFormat }) => tokenFormat !== 'jwt').length > 1) {
    report(
      `${name} contains more than one issuer with tokenFormat 'opaque' or 'any': keep one. An opaque token does not name its issuer, so only one issuer can introspect it.`,
    )
  }
  return issuers
}

function isEmptyList(given: unknown): boolean {
  return Array.isArray(given) && given.length === 0
}

/** Returns a name that a list contains twice. Empty names are ignored, because they are reported as missing. */
function findDuplicate(names: readonly string[]): string | undefined {
  return names.find((name, i) => name !== '' && names.indexOf(name) < i)
}

/** Reads the options of one issuer. Returns its settings, or the settings of each tenant if it has tenants. */
function readIssuer(
  own: Own,
  context: OptionContext,
  parts: ServerParts,
): readonly IssuerSettings[] {
  const { settings, tenants } = readOneIssuer(own, context, parts)
  if (tenants === undefined) return [settings]
  return tenants.map((tenant) =>
    Object.freeze({ ...settings, issuer: toTenantIssuer(settings.issuer, tenant), tenant }),
  )
}

/** Reads the options of one issuer. The settings of an issuer with tenants still contain `{tenantid}`. */
function readOneIssuer(
  own: Own,
  context: OptionContext,
  parts: ServerParts,
): { readonly settings: IssuerSettings; readonly tenants: readonly string[] | undefined } {
  const rows = {
    ...(parts.introspection?.options ?? OPTIONS_WITHOUT_INTROSPECTION),
    ...parts.providers?.options,
  }
  const values = readRows(rows, own, context)
  const { issuer, tokenFormat, tenants } = values
  const isGiven = (option: keyof IssuerOptions) => own[option] !== undefined
  const algorithms = toAlgorithmPolicy(values.algorithms, isGiven('secret'))
  const introspection =
    values.introspection &&
    parts.introspection?.toSettings(values.introspection, {
      algorithms: algorithms.algorithms,
      audiences: values.audience,
    })
  const needsKeys = tokenFormat !== 'opaque' || introspection?.response === 'jwt'
  const keyOrigin: KeyOrigin = needsKeys ? toKeyOrigin(values) : { kind: 'unused' }
  const settings: IssuerSettings = Object.freeze({
    issuer,
    metadataIssuer: issuer,
    tenant: undefined,
    audiences: values.audience,
    isAudienceDerived: !isGiven('audience'),
    onlyAudience: values.onlyAudience,
    audienceRequiredFrom: values.audienceRequiredFrom,
    allowedClients: values.allowedClients,
    keyOrigin,
    algorithms,
    tokenFormat,
    introspection,
    jwtProfile: values.jwtProfile,
    acceptedTypes: (values.acceptTyp ?? []).map(toMediaType),
    ...toClaimSettings(values, getProvider(values, parts, context), parts.providers),
    clockTolerance: values.clockTolerance,
    maxTokenAge: values.maxTokenAge,
  })
  for (const check of [...ISSUER_RULES, ...(parts.providers?.rules ?? [])])
    check({ values, settings, isGiven, needsKeys }, context)
  return { settings, tenants }
}

/**
 * Returns the provider of an issuer. Without the rules of the provider, clients and scopes would not be recognized. Guards would
 * then accept every token of a public platform such as GitHub Actions. So an issuer of a known provider requires the part `providers`.
 */
function getProvider(
  { issuer, provider = getProviderOfIssuer(issuer) }: IssuerValues,
  parts: ServerParts,
  { toName, report }: OptionContext,
): Provider | undefined {
  if (provider !== undefined && parts.providers === undefined)
    report(
      `${toName('issuer')} is an address of the provider ${provider}. Its rules require a part: import providers, and set use: [providers].`,
    )
  return provider
}
