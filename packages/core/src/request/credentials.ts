import { LIMITS } from '../limits.ts'
import type { RequestLike } from '../model/request-like.ts'
import type { Scheme } from '../response/challenge.ts'
import { describeType, Rejection } from '../response/rejection.ts'
import { checkTokenLength, rejectAsSeveral, rejectAsToken } from '../token/b64token.ts'
import { getRawHeaders, headerValues } from '../model/header-values.ts'

/** The scheme and the token of a request (RFC 9110 section 11.4). */
export interface Credentials {
  /** `undefined`: the token was passed to `verify`. */
  readonly scheme: Scheme | undefined
  readonly token: string
}

/** Matches a scheme (RFC 9110 section 11.4): it ends before the first character that the rule `token` does not allow. */
const SCHEME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+/
/** A second set of credentials after a comma: some proxies join two header lines with a comma. */
const JOINED_CREDENTIALS = /,[ \t]*(?:bearer|dpop)(?:[ \t]|$)/i

/** A scheme before a token. */
const LEADING_SCHEME = /^(?:bearer|dpop)[ \t]/i

/** Reads the credentials of a request. `raw` is the request of the framework. */
export type CredentialsReader = (request: RequestLike, raw: object) => Credentials | Rejection

/** The part of an exchange that `readCredentials` reads and writes. */
export interface CredentialsExchange {
  readonly request: RequestLike
  readonly raw: object | undefined
  readonly services: { readonly findCredentials: CredentialsReader }
  /** Written by `readCredentials`. */
  credentials: Credentials
}

/** Step of the pipeline: reads exactly one set of credentials. Rejections give 400 or 401. */
export function readCredentials(exchange: CredentialsExchange): Rejection | undefined {
  const { request, raw, services } = exchange
  // `raw` is always set in this step. If there is no request, `readSentToken` is used instead of this step.
  const credentials = checkHeaderLines(request) ?? services.findCredentials(request, raw!)
  if (credentials instanceof Rejection) return credentials
  exchange.credentials = credentials
  return undefined
}

/** Creates the first step of the pipeline for a token that was passed to `verify`. */
export function readSentToken(
  token: string,
): (exchange: Pick<CredentialsExchange, 'credentials'>) => Rejection | undefined {
  return (exchange) => {
    const rejection = checkToken(token)
    if (rejection === undefined) exchange.credentials = { scheme: undefined, token }
    return rejection
  }
}

/** Checks a token without a scheme. `check` names the checked value in the rejection. */
export function checkToken(token: unknown, check = 'token'): Rejection | undefined {
  const malformed = (expected: string, found: string) =>
    new Rejection('malformed_credentials', { check, expected, found })
  if (typeof token !== 'string') return malformed('a string', describeType(token))
  if (token === '') return malformed('a token', 'an empty string')
  if (LEADING_SCHEME.test(token))
    return malformed('the token without a scheme', 'a scheme before the token')
  return checkTokenLength(token)
}

/** The accepted schemes of an API without DPoP. */
export const BEARER: readonly Scheme[] = Object.freeze(['Bearer'] as const)

/**
 * Reads the credentials of the `Authorization` header (RFC 6750 section 2.1, RFC 9449 section 7.1). Accepts only `schemes`. Never
 * reads form fields and query parameters. Rejects two header lines, because another component might read the other line. If the
 * header is missing, the reason is `no_credentials`.
 *
 * Does NOT check that the text after the scheme is one token. Call `checkB64token` before any other use of the token, unless the
 * token was parsed as a JWS.
 */
export function parseCredentials(
  request: RequestLike,
  schemes: readonly Scheme[] = BEARER,
): Credentials | Rejection {
  const values = headerValues(request, 'authorization')
  if (values.length === 0) return rejected('no_credentials', 'an access token', 'nothing')
  if (values.length > 1) {
    return rejected('multiple_credentials', 'one header line', 'several header lines')
  }

  const value: unknown = values[0]
  if (typeof value !== 'string') {
    return rejected('malformed_credentials', 'a string', describeType(value))
  }
  for (const scheme of schemes) {
    const token = readAfterScheme(value, scheme)
    if (token === undefined) continue
    const rejection = checkTokenLength(token)
    return rejection === undefined ? { scheme, token } : rejection.with({ scheme })
  }
  return rejectScheme(value, schemes)
}

/** Rejects a request with so many header lines that Node may have dropped lines, including a line with credentials. */
function checkHeaderLines(request: RequestLike): Rejection | undefined {
  if ((getRawHeaders(request)?.length ?? 0) < 2 * LIMITS.headerLines) return undefined
  const expected = `fewer than ${LIMITS.headerLines} header lines`
  return new Rejection('malformed_credentials', {
    check: 'header lines',
    expected,
    found: `at least ${LIMITS.headerLines} header lines`,
  })
}

/**
 * Returns the text after the scheme (RFC 6750 section 2.1: `"Bearer" 1*SP b64token`), or `undefined` for another scheme. The scheme
 * is case-insensitive (RFC 9110 section 11.1). This code is about twice as fast as a regular expression.
 */
function readAfterScheme(value: string, scheme: Scheme): string | undefined {
  let start = scheme.length + 1
  if (value.slice(0, start).toLowerCase() !== BEGINNINGS[scheme]) return undefined
  while (value[start] === ' ') start++
  return value.slice(start)
}

const BEGINNINGS = { Bearer: 'bearer ', DPoP: 'dpop ' } as const

/** Returns the rejection of a value that does not begin with one of the schemes and a space. */
function rejectScheme(value: string, schemes: readonly Scheme[]): Rejection {
  const scheme = SCHEME.exec(value)?.[0] ?? ''
  const rest = value.slice(scheme.length)
  const accepted = schemes.find((one) => one.toLowerCase() === scheme.toLowerCase())
  if (accepted !== undefined) return rejectAsToken(rest).with({ scheme: accepted })
  if (JOINED_CREDENTIALS.test(value)) return rejectAsSeveral()
  if (scheme === '' || !(rest === '' || /^[ \t]/.test(rest))) {
    return rejected('malformed_credentials', 'a scheme and a token', 'no scheme')
  }
  const expected = schemes.length === 1 ? `the ${schemes[0]} scheme` : 'the scheme Bearer or DPoP'
  return rejected('unsupported_scheme', expected, describeScheme(scheme, rest))
}

/** Describes a scheme, for logs. Only a known scheme is named, because any other word may be a token without a scheme. */
function describeScheme(scheme: string, rest: string): string {
  if (JWT.test(scheme)) return 'a JWT without a scheme'
  if (KNOWN_SCHEMES.includes(scheme.toLowerCase())) return `the scheme ${scheme}`
  return rest.trim() === ''
    ? 'one word, so the scheme or the token is missing'
    : 'an unknown scheme'
}

/** Known schemes, in lower case: some from the IANA registry, and others that are common. */
const KNOWN_SCHEMES: readonly string[] = [
  'apikey',
  'aws4-hmac-sha256',
  'basic',
  'bearer',
  'digest',
  'dpop',
  'gnap',
  'jwt',
  'negotiate',
  'ntlm',
  'token',
]

/** The beginning of a JWT: a header in base64url, and at least two dots. */
const JWT = /^eyJ[\w-]*\.[\w-]+\./

function rejected(reason: Rejection['reason'], expected: string, found: string): Rejection {
  return new Rejection(reason, { check: 'Authorization', expected, found })
}
