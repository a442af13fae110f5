import { LIMITS } from '../limits.ts'
import type { RequestLike } from '../model/request-like.ts'
import { describeType, Rejection } from '../response/rejection.ts'
import { checkTokenLength, rejectAsSeveral, rejectAsToken } from '../token/b64token.ts'
import { getRawHeaders, headerValues } from './header-values.ts'

/** The scheme and the token of a request (RFC 9110 section 11.4). */
export interface Credentials {
  readonly scheme: 'Bearer'
  readonly token: string
}

/** RFC 9110 section 11.4: the scheme is a token, and ends at the first character that is not part of one. */
const SCHEME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+/
/** Another set of credentials after a comma: a proxy joins two header lines so. */
const JOINED_CREDENTIALS = /,[ \t]*(?:bearer|dpop)(?:[ \t]|$)/i

/** A scheme in front of a token. */
const LEADING_SCHEME = /^(?:bearer|dpop)[ \t]/i

/** Finds the credentials of a request. `raw` is the request of the framework. */
export type CredentialsReader = (request: RequestLike, raw: object) => Credentials | Rejection

/** The part of an exchange that this step reads and writes. */
export interface CredentialsExchange {
  readonly request: RequestLike
  readonly raw: object | undefined
  readonly services: { readonly findCredentials: CredentialsReader }
  /** Written by `readCredentials`. */
  credentials: Credentials
}

/** Step of the pipeline: finds exactly one set of credentials (400, 401). */
export function readCredentials(exchange: CredentialsExchange): Rejection | undefined {
  const { request, raw, services } = exchange
  // A token that did not come in a request has a first step of its own.
  const credentials = checkHeaderLines(request) ?? services.findCredentials(request, raw!)
  if (credentials instanceof Rejection) return credentials
  exchange.credentials = credentials
  return undefined
}

/** Makes the first step for a token that did not come in a request. */
export function presentToken(
  token: string,
): (exchange: Pick<CredentialsExchange, 'credentials'>) => Rejection | undefined {
  return (exchange) => {
    const rejection = checkToken(token)
    if (rejection === undefined) exchange.credentials = { scheme: 'Bearer', token }
    return rejection
  }
}

/** Checks a token that stands alone. `check` is the name of the place where it stands. */
export function checkToken(token: unknown, check = 'token'): Rejection | undefined {
  const malformed = (expected: string, found: string) =>
    new Rejection('malformed_credentials', { check, expected, found })
  if (typeof token !== 'string') return malformed('a string', describeType(token))
  if (token === '') return malformed('a token', 'an empty string')
  if (LEADING_SCHEME.test(token))
    return malformed('the token without a scheme', 'a scheme before the token')
  return checkTokenLength(token)
}

/**
 * Reads the credentials of the `Authorization` header (RFC 6750 section 2.1). Form fields and query
 * parameters are never read. Two header lines are rejected, because another reader of the same request
 * might choose the other one. Without the header the reason is `no_credentials`.
 *
 * Does NOT check that the text after the scheme is one token. Call `checkB64token` before it is used as
 * anything but a JWS.
 */
export function parseCredentials(request: RequestLike): Credentials | Rejection {
  const values = headerValues(request, 'authorization')
  if (values.length === 0) return rejected('no_credentials', 'an access token', 'nothing')
  if (values.length > 1) {
    return rejected('multiple_credentials', 'one header line', 'several header lines')
  }

  const value: unknown = values[0]
  if (typeof value !== 'string') {
    return rejected('malformed_credentials', 'a string', describeType(value))
  }
  const token = readBearer(value)
  if (token === undefined) return rejectAsBearer(value)
  return checkTokenLength(token) ?? { scheme: 'Bearer', token }
}

/** The line with the credentials may be among those that Node drops from a request with too many. */
function checkHeaderLines(request: RequestLike): Rejection | undefined {
  if ((getRawHeaders(request)?.length ?? 0) < 2 * LIMITS.headerLines) return undefined
  const expected = `fewer than ${LIMITS.headerLines} header lines`
  return new Rejection('malformed_credentials', {
    check: 'header lines',
    expected,
    found: 'the maximum that Node accepts, or more',
  })
}

/**
 * Returns what follows the scheme (RFC 6750 section 2.1: `"Bearer" 1*SP b64token`), which has no case (RFC 9110
 * section 11.1). Costs half as much as a regular expression.
 */
function readBearer(value: string): string | undefined {
  if (value.slice(0, 7).toLowerCase() !== 'bearer ') return undefined
  let start = 7
  while (value[start] === ' ') start++
  return value.slice(start)
}

/** The rejection of a value that does not begin with `Bearer` and a space. */
function rejectAsBearer(value: string): Rejection {
  const scheme = SCHEME.exec(value)?.[0] ?? ''
  const rest = value.slice(scheme.length)
  if (scheme.toLowerCase() === 'bearer') return rejectAsToken(rest)
  if (JOINED_CREDENTIALS.test(value)) return rejectAsSeveral()
  if (scheme === '' || !(rest === '' || /^[ \t]/.test(rest))) {
    return rejected('malformed_credentials', 'a scheme and a token', 'no scheme')
  }
  return rejected('unsupported_scheme', 'the Bearer scheme', describeScheme(scheme, rest))
}

/** Shows a scheme that is registered or known. Any other word may be a token whose scheme is missing. */
function describeScheme(scheme: string, rest: string): string {
  if (JWT.test(scheme)) return 'a JWT without a scheme'
  if (KNOWN_SCHEMES.includes(scheme.toLowerCase())) return `the scheme ${scheme}`
  return rest.trim() === ''
    ? 'one word, so the scheme or the token is missing'
    : 'an unknown scheme'
}

/** Schemes of the IANA registry, and others that are in use. */
const KNOWN_SCHEMES: readonly string[] = [
  'apikey',
  'aws4-hmac-sha256',
  'basic',
  'digest',
  'dpop',
  'gnap',
  'jwt',
  'negotiate',
  'ntlm',
  'token',
]

/** The first character of a part, and two dots at least. */
const JWT = /^eyJ[\w-]*\.[\w-]+\./

function rejected(reason: Rejection['reason'], expected: string, found: string): Rejection {
  return new Rejection(reason, { check: 'Authorization', expected, found })
}
