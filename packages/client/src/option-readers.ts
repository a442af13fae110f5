import {
  checkIssuerAddress,
  describeGiven,
  describeNotPlain,
  isAcceptableAddress,
  isName,
  isPlainObject,
  type OptionContext,
  copyOwnMembers,
  quoteName,
  TENANT_PLACEHOLDER,
} from '@bearward/core/internal'
import { GRANT_PARAMETERS } from './token-request.ts'
import { MISSING_TYPE } from './token-response.ts'

/** Matches a scope (RFC 6749 section 3.3). */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/** Reads the option `scope`. Returns scopes without duplicates, in the given order. */
export function readScopes(
  given: unknown,
  name: string,
  { report }: OptionContext,
): readonly string[] | undefined {
  if (given === undefined) return undefined
  const scopes = typeof given === 'string' ? given.split(' ').filter((one) => one !== '') : given
  if (isNonEmptyList(scopes, (one) => SCOPE.test(one))) return Object.freeze([...new Set(scopes)])
  report(`${name} must be a string of scopes separated by spaces, or an array of scopes.`)
  return undefined
}

/** Reads the option `resource`: resource indicators (RFC 8707 section 2). */
export function readResources(
  given: unknown,
  name: string,
  { report }: OptionContext,
): readonly string[] | undefined {
  if (given === undefined) return undefined
  const resources = typeof given === 'string' ? [given] : given
  const isResource = (one: string) => URL.canParse(one) && !one.includes('#')
  if (isNonEmptyList(resources, isResource)) return Object.freeze([...new Set(resources)])
  report(`${name} must be an absolute URI without a fragment, or an array of such URIs.`)
  return undefined
}

/** Reads the option `issuer`. */
export function readIssuer(
  given: unknown,
  name: string,
  context: OptionContext,
): string | undefined {
  if (given === undefined) return undefined
  const issuer = isName(given) ? given : ''
  checkIssuerAddress(issuer, name, context)
  if (issuer.includes(TENANT_PLACEHOLDER)) {
    context.report(`${name} contains ${TENANT_PLACEHOLDER}: replace it with the id of the tenant.`)
  }
  return issuer
}

/** Reads the option `parameters`. */
export function readParameters(
  given: unknown,
  name: string,
  { report }: OptionContext,
): Readonly<Record<string, string>> {
  if (given === undefined) return {}
  if (!isPlainObject(given)) {
    report(`${name} must be an object of non-empty strings, not ${describeNotPlain(given)}.`)
    return {}
  }
  const parameters = copyOwnMembers(given)
  for (const [parameter, value] of Object.entries(parameters)) {
    const place = `${name}.${quoteName(parameter)}`
    if (!isName(value)) report(`${place} must be a non-empty string, not ${describeGiven(value)}.`)
    if (!GRANT_PARAMETERS.includes(parameter)) continue
    report(
      `${place} is a parameter that the token source sends. If an option exists for this parameter, use the option. Otherwise, remove the parameter.`,
    )
  }
  return Object.freeze(parameters) as Readonly<Record<string, string>>
}

/** Reads the option `acceptTokenType`. Returns the types in lower case, because upper and lower case are treated as equal. */
export function readTokenTypes(
  given: unknown,
  name: string,
  { report }: OptionContext,
): readonly string[] {
  if (given === undefined) return []
  const types = typeof given === 'string' ? [given] : given
  if (isNonEmptyList(types, (one) => /^[\x21-\x7e]+$/.test(one)))
    return Object.freeze(types.map((type) => type.toLowerCase()))
  report(
    `${name} must be a token type, or an array of token types, as the server writes them into token_type; '${MISSING_TYPE}' stands for responses without token_type.`,
  )
  return []
}

/** Reads the option `allowedOrigins`. */
export function readAllowedOrigins(
  given: unknown,
  name: string,
  { report, insecureHosts }: OptionContext,
): readonly string[] | undefined {
  if (given === undefined) return undefined
  const isOrigin = (origin: string) =>
    isAcceptableAddress(origin, insecureHosts.hosts) && new URL(origin).origin === origin
  if (isNonEmptyList(given, isOrigin)) return Object.freeze([...given])
  report(
    `${name} must be an array of origins without a path or a trailing slash, such as 'https://api.example.com'; http is accepted on loopback and for hosts in ${insecureHosts.name}.`,
  )
  return undefined
}

/** Reads the option `signal`. */
export function readSignal(
  given: unknown,
  name: string,
  { report }: OptionContext,
): AbortSignal | undefined {
  if (given === undefined || given instanceof AbortSignal) return given
  report(`${name} must be an AbortSignal.`)
  return undefined
}

/** Reads the option `url`. */
export function readRequestUrl(given: unknown, name: string, { report }: OptionContext): URL {
  const isAddress = typeof given === 'string' || given instanceof URL
  // A copy, because the caller can change a `URL`.
  const url = isAddress && URL.canParse(given) ? new URL(given) : undefined
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username === '') return url
  report(`${name} must be the absolute URL of the request, without a user name.`)
  return new URL('https://invalid')
}

/** Reads the option `method`. Returns the method in upper case. */
export function readMethod(given: unknown, name: string, { report }: OptionContext): string {
  if (given === undefined) return 'GET'
  if (typeof given === 'string' && /^[\w!#$%&'*+.^`|~-]+$/.test(given)) return given.toUpperCase()
  report(`${name} must be an HTTP method, such as 'GET'.`)
  return 'GET'
}

function isNonEmptyList(value: unknown, isOne: (text: string) => boolean): value is string[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    // `every` skips the holes of a sparse array. `Array.from` fills them.
    Array.from(value).every((one) => typeof one === 'string' && isOne(one))
  )
}
