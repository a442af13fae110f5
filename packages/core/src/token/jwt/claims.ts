import type { JsonObject } from '../../lib/json.ts'
import type { ClaimReading, IssuerSettings } from '../../model/settings.ts'
import { listAlternatives } from '../../lib/quote.ts'
import { getOwn, ifOwn, isOwn } from '../../lib/objects.ts'
import { type AcceptedAudiences, checkIntended } from './audience.ts'
import { memoize } from '../../lib/memoize.ts'
import { describeType, Rejection } from '../../response/rejection.ts'
import { getClaim, showClaimPath } from '../../subject/claim-path.ts'
import { claimNames, clientIdentity } from '../../subject/client-id.ts'
import { describeClientId } from '../../subject/personal-claims.ts'
import type { TokenForm } from '../../subject/profile.ts'
import { getScopeSource } from '../../subject/scope-source.ts'

/** Claims required by RFC 9068 section 2.2. */
const REQUIRED_BY_RFC9068 = ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti']

type ClaimType = readonly [description: string, matches: (value: unknown) => boolean]

const NUMERIC_DATE: ClaimType = [
  'a number of seconds',
  (value) => typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER,
]
/** A non-empty string without lone surrogates. Different identifiers with lone surrogates can have the same encoding. */
const IDENTIFIER: ClaimType = [
  'a non-empty string',
  (value) => typeof value === 'string' && value !== '' && value.isWellFormed(),
]
const STRING: ClaimType = ['a string', (value) => typeof value === 'string']
const STRINGS: ClaimType = [
  'an array of strings',
  (value) => Array.isArray(value) && value.every((entry) => typeof entry === 'string'),
]
const AUDIENCE: ClaimType = [
  'a string or an array of strings',
  (value) => STRING[1](value) || STRINGS[1](value),
]

/**
 * Checks that the required claims are present. Also checks the types of the claims that the core reads (RFC 7519 section 4.1,
 * RFC 9068 section 2.2). If `settings` has a `tenant`, the claim `tid` must be the id of this tenant.
 */
export function checkClaimTypes(
  claims: JsonObject,
  settings: ClaimReading & { readonly tenant?: string | undefined },
  required: readonly string[],
  form: TokenForm = 'jwt',
): Rejection | undefined {
  for (const name of required) {
    if (!isOwn(claims, name)) {
      return new Rejection('missing_claim', { check: name, expected: 'present', found: 'nothing' })
    }
  }
  const wrong = checkRegisteredTypes(claims, settings)
  if (wrong !== undefined) return wrong
  for (const named of settings.clientIdClaims) {
    const name = typeof named === 'string' ? named : named.claim
    // `checkRegisteredTypes` has already checked `client_id`.
    if (name === 'client_id') continue
    const rejection = checkType(getOwn(claims, name), name, IDENTIFIER)
    if (rejection !== undefined) return rejection
  }
  const scope = getScopeSource(claims, settings.scopeSources, form)
  if (scope !== undefined) {
    const { claim, format } = scope
    const type = format === 'array' ? STRINGS : STRING
    const rejection = checkType(getClaim(claims, claim), showClaimPath(claim), type)
    if (rejection !== undefined) return rejection
  }
  const { tenant } = settings
  if (tenant !== undefined && getOwn(claims, 'tid') !== tenant) {
    return new Rejection('invalid_claim', {
      check: 'tid',
      expected: tenant,
      found: 'no tid, or a tid that differs from the tenant in iss',
    })
  }
  return undefined
}

/** Checks the types of the claims that the core reads from the tokens of every issuer. */
function checkRegisteredTypes(claims: JsonObject, settings: ClaimReading): Rejection | undefined {
  const sub = ifOwn(claims['sub'], claims, 'sub')
  const isChecked = sub !== '' || settings.subjects.profile?.writesEmptySub !== true
  return (
    checkType(ifOwn(claims['exp'], claims, 'exp'), 'exp', NUMERIC_DATE) ??
    checkType(ifOwn(claims['nbf'], claims, 'nbf'), 'nbf', NUMERIC_DATE) ??
    checkType(ifOwn(claims['iat'], claims, 'iat'), 'iat', NUMERIC_DATE) ??
    checkType(ifOwn(claims['aud'], claims, 'aud'), 'aud', AUDIENCE) ??
    (isChecked ? checkType(sub, 'sub', IDENTIFIER) : undefined) ??
    checkType(ifOwn(claims['jti'], claims, 'jti'), 'jti', STRING) ??
    checkType(ifOwn(claims['client_id'], claims, 'client_id'), 'client_id', IDENTIFIER)
  )
}

/** Checks the type of a claim that is present. The value `undefined` means a missing claim, because JSON has no such value. */
function checkType(
  value: unknown,
  name: string,
  [expected, matches]: ClaimType,
): Rejection | undefined {
  if (value === undefined || matches(value)) return undefined
  return new Rejection('invalid_claim', { check: name, expected, found: describeType(value) })
}

/** Returns the claims that a JWT of this issuer must have. They always include `exp`. */
export const getRequiredClaims = memoize((settings: IssuerSettings): readonly string[] => {
  const required = settings.jwtProfile === 'rfc9068' ? REQUIRED_BY_RFC9068 : ['iss', 'exp']
  const more = settings.maxTokenAge === undefined ? [] : ['iat']
  const needsAudience = settings.audiences !== null && settings.audienceRequiredFrom === undefined
  return [...required, ...more].filter((name) => name !== 'aud' || needsAudience)
})

/**
 * Checks that the token was issued for this API: see `checkIntended`. If `allowedClients` is set, the client of the token must be
 * one of them.
 */
export function checkAudience(
  claims: JsonObject,
  settings: AcceptedAudiences & Pick<IssuerSettings, 'allowedClients'>,
  reading: ClaimReading,
): Rejection | undefined {
  return checkIntended(claims, settings) ?? checkClient(claims, settings, reading)
}

function checkClient(
  claims: JsonObject,
  { allowedClients }: Pick<IssuerSettings, 'allowedClients'>,
  { clientIdClaims }: ClaimReading,
): Rejection | undefined {
  if (allowedClients === undefined) return undefined
  const { clientId, contradicted } = clientIdentity(claims, clientIdClaims)
  if (clientId !== undefined && allowedClients.includes(clientId)) return undefined
  return new Rejection('untrusted_client', {
    check: claimNames(clientIdClaims).join(', '),
    expected: listAlternatives(allowedClients),
    found: contradicted
      ? 'different client ids in several claims'
      : describeClientId(clientId, { clientIdClaims }),
  })
}
