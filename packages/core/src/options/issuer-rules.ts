import { signatureEngine } from '#signature-engine'
import { TENANT_PLACEHOLDER } from '../authorization-server/tenants.ts'
import { LIMITS } from '../limits.ts'
import type { IssuerSettings } from '../model/settings.ts'
import { getTraits } from '../signature/algorithms.ts'
import { canNameClient } from '../subject/client-id.ts'
import { describeHttps, isHttpName, isIssuerAddress } from './issuer-identifier.ts'
import type { IssuerOptions, IssuerValues } from './issuer-options.ts'
import type { OptionContext } from './option-context.ts'

/** An issuer whose options have been read. Combinations are not checked yet. */
export interface ReadIssuer {
  readonly values: IssuerValues
  readonly settings: IssuerSettings
  /** Returns whether an option is set, even if its value is wrong. */
  readonly isGiven: (option: keyof IssuerOptions) => boolean
  /** `true` if signatures of this issuer are verified. */
  readonly needsKeys: boolean
}

/** Rules about combinations of options of an issuer. Each rule reports options that break it. */
export const ISSUER_RULES: readonly ((issuer: ReadIssuer, context: OptionContext) => void)[] = [
  checkKeySources,
  checkAlgorithms,
  checkDiscovery,
  checkTenants,
  checkClients,
  checkMissingAudience,
  checkAudienceOptions,
  checkTypes,
  checkIntrospection,
  checkUseless,
]

const KEY_SOURCES = ['jwksUri', 'jwks', 'secret'] as const

function checkKeySources({ isGiven }: ReadIssuer, { toName, report }: OptionContext): void {
  const given = KEY_SOURCES.filter(isGiven).map(toName)
  if (given.length > 1)
    report(`${given.join(' and ')} cannot be combined: set only one source of keys.`)
}

function checkAlgorithms(
  { values, settings, isGiven }: ReadIssuer,
  { toName, report }: OptionContext,
): void {
  const isSymmetric = isGiven('secret')
  const { algorithms } = settings.algorithms
  const traits = algorithms.map((algorithm) => ({ algorithm, ...getTraits(algorithm) }))
  if (traits.some(({ kty }) => (kty === 'oct') !== isSymmetric)) {
    report(
      isSymmetric
        ? `${toName('algorithms')} must be HS256, HS384 or HS512 for an issuer with a secret.`
        : `${toName('algorithms')} can contain HS256, HS384 and HS512 only for an issuer with a secret: remove them, or set ${toName('secret')}.`,
    )
  }
  const missing = algorithms.filter((algorithm) => !signatureEngine.supports(algorithm))
  if (missing.length > 0) {
    report(
      `${toName('algorithms')} contains ${missing.join(', ')}, which this runtime does not have: use others, or a newer runtime such as Node 24.7.`,
    )
  }
  const { secret } = values
  for (const needed of traits) {
    // RFC 7518 section 3.2: a key of at least the size of the hash.
    if (secret === undefined || needed.kty !== 'oct' || secret.length >= needed.keyBytes) continue
    report(
      `${toName('secret')} must have at least ${needed.keyBytes} bytes for ${needed.algorithm} (RFC 7518 section 3.2).`,
    )
  }
}

/** Reports missing options that discovery cannot replace. Discovery requires an issuer that is an address. */
function checkDiscovery({ values, isGiven, needsKeys }: ReadIssuer, context: OptionContext): void {
  const { toName, report } = context
  const { issuer, introspection } = values
  const isHttp = isHttpName(issuer, context)
  if (issuer === '' || (isIssuerAddress(issuer) && !isHttp)) return
  const needsSource = needsKeys && !KEY_SOURCES.some(isGiven)
  const needsEndpoint = introspection !== undefined && introspection.endpoint === undefined
  const sources = `${toName('jwksUri')} or ${toName('jwks')}`
  const endpoint = `${toName('introspection')}.endpoint`
  if (isHttp) {
    if (!needsSource && !needsEndpoint) return
    const missing = [...(needsSource ? [sources] : []), ...(needsEndpoint ? [endpoint] : [])]
    report(
      `${describeHttps(toName('issuer'), context)} If the iss of the tokens begins with http:, set ${missing.join(' and ')}.`,
    )
    return
  }
  const without = `${toName('issuer')} is not an https address, so its`
  if (needsSource) {
    const hint = isHost(issuer) ? `Did you mean https://${issuer}? Otherwise set` : 'Set'
    report(`${without} keys cannot be discovered. ${hint} ${sources}.`)
  }
  if (needsEndpoint) {
    report(`${without} introspection endpoint cannot be discovered. Set ${endpoint}.`)
  }
}

/** Returns whether an issuer identifier looks like an address without a scheme. */
function isHost(issuer: string): boolean {
  const isShort = issuer.length <= 100
  return (
    isShort && /^[\w-]{1,40}(?:\.[\w-]{1,40})*\.[a-z]{2,24}(?::\d+)?(?:\/[\w./-]*)?$/i.test(issuer)
  )
}

function checkTenants({ values, isGiven }: ReadIssuer, { toName, report }: OptionContext): void {
  const { issuer } = values
  const name = toName('issuer')
  const placeholders = issuer.split(TENANT_PLACEHOLDER).length - 1
  if (!isGiven('tenants')) {
    if (placeholders > 0) {
      report(
        `${name} contains ${TENANT_PLACEHOLDER}, which requires ${toName('tenants')}: set the ids of the accepted tenants.`,
      )
    }
  } else if (/^https?:\/\/[^/]*\{tenantid\}/i.test(issuer)) {
    report(`${name} contains ${TENANT_PLACEHOLDER} in its host: use it only in the path.`)
  } else if (placeholders !== 1) {
    report(
      `${toName('tenants')} requires an issuer that contains ${TENANT_PLACEHOLDER} exactly once.`,
    )
  }
}

/** Reports lists of clients that match no token, and machines whose tokens are always refused. */
function checkClients({ values, settings }: ReadIssuer, { toName, report }: OptionContext): void {
  const { allowedClients, machineClients } = values
  for (const [option, clients] of Object.entries({ allowedClients, machineClients })) {
    if (clients === undefined || canNameClient(settings)) continue
    report(
      `${toName(option)} cannot match: JWTs of ${settings.subjects.provider} usually contain no client id. Remove this option, or set ${toName('clientIdClaim')} if your JWTs contain a client id.`,
    )
  }
  // The message has no client id: a secret may have been given by mistake.
  for (const [index, client] of (machineClients ?? []).entries()) {
    if (allowedClients?.includes(client) ?? true) continue
    report(
      `${toName('machineClients')}[${index}] is not in ${toName('allowedClients')}: add it there, or remove it here.`,
    )
  }
}

/** Requires other options that restrict the accepted tokens, if the audience is `null`. */
function checkMissingAudience(
  { settings, isGiven }: ReadIssuer,
  { toName, report }: OptionContext,
): void {
  const { audiences, tokenFormat, tokenUse, jwtProfile, maxTokenAge, introspection } = settings
  const hasResponses = tokenFormat !== 'jwt' && introspection?.audiences === null
  if (audiences !== null && !hasResponses) return
  const option = audiences === null ? toName('audience') : `${toName('introspection')}.audience`
  const withoutAudience = `${option}: null requires`
  if (!isGiven('allowedClients')) {
    report(
      `${withoutAudience} ${toName('allowedClients')}. Otherwise tokens for all other APIs are accepted.`,
    )
  }
  const hasJwts = tokenFormat !== 'opaque' && audiences === null
  if (hasJwts && tokenUse === undefined && jwtProfile === undefined) {
    report(
      `${withoutAudience} ${toName('tokenUse')}, or ${toName('jwtProfile')}: 'rfc9068'. Otherwise ID tokens are accepted.`,
    )
  }
  // Scopes and a client id do not prove that a token is an access token: a refresh token can have both, too.
  const hasShortMaxAge = maxTokenAge !== undefined && maxTokenAge <= LIMITS.ageWithoutMark
  if (hasResponses && tokenUse === undefined && !hasShortMaxAge) {
    report(
      `${withoutAudience} ${toName('tokenUse')}, or a ${toName('maxTokenAge')} of at most ${LIMITS.ageWithoutMark} seconds. Introspection endpoints also report refresh tokens as active, so refresh tokens would be accepted.`,
    )
  }
}

/** Checks options about the audience. Warns if the date `audienceRequiredFrom` has passed or is more than a year ahead. */
function checkAudienceOptions(
  { settings, isGiven }: ReadIssuer,
  { toName, report, warn, common }: OptionContext,
): void {
  const { audiences, audienceRequiredFrom, metadataIssuer, tokenFormat, introspection } = settings
  const option = 'audienceRequiredFrom'
  for (const name of ['onlyAudience', option] as const) {
    if (audiences !== null || !isGiven(name)) continue
    report(`${toName(name)} has no effect with ${toName('audience')}: null: remove it.`)
  }
  if (audienceRequiredFrom === undefined || common === undefined) return
  // From the date on, all responses would be refused, because the responses never have an audience.
  if (audiences !== null && tokenFormat !== 'jwt' && introspection?.audiences === null) {
    report(
      `${toName(option)} cannot be combined with ${toName('introspection')}.audience: null: remove one of them.`,
    )
  }
  checkTokensWithoutAudience({ settings, isGiven }, { toName, report, warn })
  const now = common.now()
  // Cloudflare Workers has no time while it loads modules: its clock is 0.
  if (now === 0) return
  const daysLeft = (audienceRequiredFrom - now) / 86_400
  if (daysLeft > 366) {
    const advice = 'The date is more than a year ahead. Set the date on which all clients send aud.'
    warn({ issuer: metadataIssuer, option, advice })
  }
  if (daysLeft > 0) return
  const advice = 'The date has passed, so tokens without aud are refused now. Remove the option.'
  warn({ issuer: metadataIssuer, option, advice })
}

/** Requires or recommends other options that restrict the accepted tokens, if `audienceRequiredFrom` is set. */
function checkTokensWithoutAudience(
  { settings, isGiven }: Pick<ReadIssuer, 'settings' | 'isGiven'>,
  { toName, report, warn }: Pick<OptionContext, 'toName' | 'report' | 'warn'>,
): void {
  const { tokenFormat, tokenUse, jwtProfile, maxTokenAge, metadataIssuer } = settings
  const option = 'audienceRequiredFrom'
  const hasShortMaxAge = maxTokenAge !== undefined && maxTokenAge <= LIMITS.ageWithoutMark
  if (tokenFormat !== 'jwt' && tokenUse === undefined && !hasShortMaxAge) {
    report(
      `${toName(option)} requires ${toName('tokenUse')}, or a ${toName('maxTokenAge')} of at most ${LIMITS.ageWithoutMark} seconds, if tokens are introspected. Introspection endpoints also report refresh tokens as active, so refresh tokens would be accepted.`,
    )
  }
  if (isGiven('allowedClients') || tokenUse !== undefined || jwtProfile !== undefined) return
  const advice =
    'Until the date, tokens without aud are accepted, even tokens for other APIs. Set allowedClients, tokenUse or jwtProfile, too.'
  warn({ issuer: metadataIssuer, option, advice })
}

function checkIntrospection(
  { values, settings, isGiven }: ReadIssuer,
  { toName, report }: OptionContext,
): void {
  const { tokenFormat, introspection } = values
  const name = toName('introspection')
  if (tokenFormat !== 'jwt' && !isGiven('introspection')) {
    report(
      `${toName('tokenFormat')} '${tokenFormat}' requires ${name}: { clientId, clientAuthentication }.`,
    )
  }
  if (isGiven('introspection') && isGiven('tenants'))
    report(
      `${name} cannot be combined with ${toName('tenants')}: remove ${toName('tenants')}, and list each tenant in issuers.`,
    )
  if (tokenFormat === 'jwt' && introspection?.audience === null) {
    report(
      `${name}.audience: null has no effect with ${toName('tokenFormat')} 'jwt': remove it. An introspection response for a JWT does not have to contain aud.`,
    )
  }
  if (introspection?.algorithms === undefined) return
  const { algorithms } = settings.algorithms
  if (introspection.response !== 'jwt') {
    report(
      `${name}.algorithms requires signed responses: set ${name}.response: 'jwt', or remove ${name}.algorithms.`,
    )
  } else if (!introspection.algorithms.every((algorithm) => algorithms.includes(algorithm))) {
    report(
      `${name}.algorithms can only contain algorithms of the issuer: ${algorithms.join(', ')}.`,
    )
  }
}

/** Reports types that the profile of RFC 9068 does not allow. */
function checkTypes({ isGiven }: ReadIssuer, { toName, report }: OptionContext): void {
  if (!isGiven('acceptTyp') || !isGiven('jwtProfile')) return
  report(
    `${toName('acceptTyp')} and ${toName('jwtProfile')} cannot be combined: RFC 9068 allows only the typ at+jwt.`,
  )
}

/** Reports options that have no effect, because operators rely on every option that they set. */
function checkUseless({ settings, isGiven, needsKeys }: ReadIssuer, context: OptionContext): void {
  const { toName, report } = context
  if (settings.tokenFormat !== 'opaque') return
  const without = `has no effect with ${toName('tokenFormat')} 'opaque': remove it`
  for (const option of ['jwtProfile', 'acceptTyp'] as const) {
    if (isGiven(option)) report(`${toName(option)} ${without}.`)
  }
  if (needsKeys) return
  for (const option of [...KEY_SOURCES, 'algorithms'] as const) {
    if (!isGiven(option)) continue
    report(
      `${toName(option)} ${without}, or request signed responses with ${toName('introspection')}.response: 'jwt'.`,
    )
  }
}
