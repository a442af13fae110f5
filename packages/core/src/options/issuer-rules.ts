import { TENANT_PLACEHOLDER } from '../authorization-server/tenants.ts'
import { LIMITS } from '../limits.ts'
import type { IssuerSettings } from '../model/settings.ts'
import { getTraits } from '../signature/algorithms.ts'
import { canNameClient } from '../subject/client-id.ts'
import { describeHttps, isHttpName, isIssuerAddress } from './issuer-identifier.ts'
import type { IssuerOptions, IssuerValues } from './issuer-options.ts'
import type { OptionContext } from './option-context.ts'

/** An issuer whose options were read one by one. */
export interface ReadIssuer {
  readonly values: IssuerValues
  readonly settings: IssuerSettings
  /** Returns whether an option is set, even if its value is wrong. */
  readonly isGiven: (option: keyof IssuerOptions) => boolean
  /** True if something that the issuer signs is verified. */
  readonly needsKeys: boolean
}

/** Rules about several options of an issuer. Each reports what breaks it. */
export const ISSUER_RULES: readonly ((issuer: ReadIssuer, context: OptionContext) => void)[] = [
  checkKeySources,
  checkAlgorithms,
  checkDiscovery,
  checkTenants,
  checkClients,
  checkMissingAudience,
  checkIntrospection,
  checkUseless,
]

const KEY_SOURCES = ['jwksUri', 'jwks', 'secret'] as const

function checkKeySources({ isGiven }: ReadIssuer, { toName, report }: OptionContext): void {
  const given = KEY_SOURCES.filter(isGiven).map(toName)
  if (given.length > 1)
    report(`${given.join(' and ')} exclude each other: keep one source of keys.`)
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
  const { secret } = values
  for (const needed of traits) {
    // RFC 7518 section 3.2: a key of at least the size of the hash.
    if (secret === undefined || needed.kty !== 'oct' || secret.length >= needed.keyBytes) continue
    report(
      `${toName('secret')} must have at least ${needed.keyBytes} bytes for ${needed.algorithm} (RFC 7518 section 3.2).`,
    )
  }
}

/** Only an issuer that is an address that may be called has metadata. */
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
      `${describeHttps(toName('issuer'), context)} If the iss of the tokens begins with http, set ${missing.join(' and ')}.`,
    )
    return
  }
  const without = `${toName('issuer')} is no https address, so its`
  if (needsSource) {
    const hint = isHost(issuer) ? `Did you mean https://${issuer}? Otherwise set` : 'Set'
    report(`${without} keys cannot be discovered. ${hint} ${sources}.`)
  }
  if (needsEndpoint) {
    report(`${without} introspection endpoint cannot be discovered: give ${endpoint}.`)
  }
}

/** Returns whether an issuer identifier looks like an address whose scheme was forgotten. */
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
        `${name} contains ${TENANT_PLACEHOLDER}, which takes ${toName('tenants')}: set the ids of the tenants that may call.`,
      )
    }
  } else if (/^https?:\/\/[^/]*\{tenantid\}/i.test(issuer)) {
    report(`${name} contains ${TENANT_PLACEHOLDER} in its host: it may only stand in the path.`)
  } else if (placeholders !== 1) {
    report(`${toName('tenants')} requires an issuer with one ${TENANT_PLACEHOLDER} in it.`)
  }
}

/** Lists of clients must contain no client whose tokens are always refused. */
function checkClients({ values, settings }: ReadIssuer, { toName, report }: OptionContext): void {
  const { allowedClients, machineClients } = values
  for (const [option, clients] of Object.entries({ allowedClients, machineClients })) {
    if (clients === undefined || canNameClient(settings)) continue
    report(
      `${toName(option)} matches no token: JWTs of ${settings.subjects.provider} contain no client id. Remove it, or set ${toName('clientIdClaim')} if your tokens contain one.`,
    )
  }
  if (machineClients?.every((client) => allowedClients?.includes(client) ?? true) === false) {
    report(
      `${toName('machineClients')} names a client that is not in ${toName('allowedClients')}, so its tokens are refused: add it there, or remove it.`,
    )
  }
}

/** `null`: other rules must make sure that a token for another API is not accepted. */
function checkMissingAudience(
  { settings, isGiven }: ReadIssuer,
  { toName, report }: OptionContext,
): void {
  const { audiences, tokenFormat, tokenUse, jwtProfile, maxTokenAge, introspection } = settings
  const hasAnswers = tokenFormat !== 'jwt' && introspection?.audiences === null
  if (audiences !== null && !hasAnswers) return
  const option = audiences === null ? toName('audience') : `${toName('introspection')}.audience`
  const withoutAudience = `${option}: null requires`
  if (!isGiven('allowedClients')) {
    report(
      `${withoutAudience} ${toName('allowedClients')}: without either, a token for any other API would be accepted.`,
    )
  }
  const hasJwts = tokenFormat !== 'opaque' && audiences === null
  if (hasJwts && tokenUse === undefined && jwtProfile === undefined) {
    report(
      `${withoutAudience} a rule that tells access tokens from ID tokens: ${toName('tokenUse')}, or ${toName('jwtProfile')}: 'rfc9068'.`,
    )
  }
  // Nothing else in a response does: a refresh token has scopes and a client id, too.
  const isYoung = maxTokenAge !== undefined && maxTokenAge <= LIMITS.ageWithoutMark
  if (hasAnswers && tokenUse === undefined && !isYoung) {
    report(
      `${withoutAudience} a rule that tells access tokens from refresh tokens, which an introspection endpoint calls active, too: ${toName('tokenUse')}, or a ${toName('maxTokenAge')} of at most ${LIMITS.ageWithoutMark} seconds.`,
    )
  }
}

function checkIntrospection(
  { values, settings, isGiven }: ReadIssuer,
  { toName, report }: OptionContext,
): void {
  const { tokenFormat, introspection } = values
  const name = toName('introspection')
  if (tokenFormat !== 'jwt' && !isGiven('introspection')) {
    report(
      `${toName('tokenFormat')} '${tokenFormat}' requires ${name}: { clientId, clientAuthentication }, to ask the issuer with.`,
    )
  }
  if (isGiven('introspection') && isGiven('tenants'))
    report(`${name} does not go with ${toName('tenants')}: give each one as an issuer.`)
  if (tokenFormat === 'jwt' && introspection?.audience === null) {
    report(
      `${name}.audience: null has no effect with ${toName('tokenFormat')} 'jwt': an answer about a JWT need not have an audience.`,
    )
  }
  if (introspection?.algorithms === undefined) return
  const { algorithms } = settings.algorithms
  if (introspection.response !== 'jwt') {
    report(
      `${name}.algorithms are those of signed responses: remove it, or set ${name}.response: 'jwt'.`,
    )
  } else if (!introspection.algorithms.every((algorithm) => algorithms.includes(algorithm))) {
    report(`${name}.algorithms can only contain those of the issuer: ${algorithms.join(', ')}.`)
  }
}

/** An option without effect is a mistake: somebody relies on it. */
function checkUseless({ settings, isGiven, needsKeys }: ReadIssuer, context: OptionContext): void {
  const { toName, report } = context
  if (settings.tokenFormat !== 'opaque') return
  const without = `has no effect with ${toName('tokenFormat')} 'opaque': leave it out`
  if (isGiven('jwtProfile')) report(`${toName('jwtProfile')} ${without}.`)
  if (needsKeys) return
  for (const option of [...KEY_SOURCES, 'algorithms'] as const) {
    if (!isGiven(option)) continue
    report(
      `${toName(option)} ${without}, or ask for signed answers with ${toName('introspection')}.response: 'jwt'.`,
    )
  }
}
