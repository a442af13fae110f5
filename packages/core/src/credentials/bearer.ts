import { LIMITS } from '../limits.ts'
import { Rejection } from '../outcome/rejection.ts'
import { headerValues, type RequestView } from '../request.ts'

/** RFC 9110 section 11.4: the scheme is a token, and ends where something that is no token character stands. */
const SCHEME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+/
/** RFC 6750 section 2.1: `"Bearer" 1*SP b64token`. A scheme has no case (RFC 9110 section 11.1). */
const BEARER = /^[Bb][Ee][Aa][Rr][Ee][Rr] +/
const B64TOKEN = /^[A-Za-z0-9._~+/-]+=*$/
/** A second set of credentials behind a comma: what a proxy makes of two header lines. */
const JOINED_CREDENTIALS = /,[ \t]*(?:bearer|dpop)(?:[ \t]|$)/i

/**
 * Reads the credential from the `Authorization` header (RFC 6750 section 2.1), and from nowhere else:
 * form fields and query parameters are never read. Exactly one header line counts; two are refused, because
 * another reader of the same request might choose differently. `undefined` where there is no such header at all.
 *
 * Does NOT check whether what stands behind the scheme is one token: whoever has not taken it apart as a JWS has to
 * ask `checkB64token` before he does anything with it.
 */
export function readCredential(request: RequestView): string | Rejection | undefined {
  if ((request.headerLines?.length ?? 0) >= 2 * LIMITS.headerLines) {
    // The line that counts may be one of those that were dropped.
    return rejected(
      'malformed_credentials',
      `fewer than ${LIMITS.headerLines} header lines`,
      'more',
    )
  }
  const values = headerValues(request, 'authorization')
  if (values.length === 0) return undefined
  if (values.length > 1) {
    return rejected('multiple_credentials', 'one header line', 'several header lines')
  }

  const value = values[0]!
  const scheme = BEARER.exec(value)?.[0]
  if (scheme === undefined) return whyNot(value)
  const credential = value.slice(scheme.length)
  if (credential.length <= LIMITS.tokenLength) return credential
  return (
    checkB64token(credential) ??
    rejected('token_too_long', `at most ${LIMITS.tokenLength} characters`, 'more')
  )
}

/**
 * Checks that a credential is one token (RFC 6750 section 2.1: `b64token`). To ask this of every one would cost as
 * much as a hash, and whatever parses as a JWS, or has done so before, is one anyway.
 */
export function checkB64token(credential: string): Rejection | undefined {
  return B64TOKEN.test(credential) ? undefined : notOneToken(credential)
}

function notOneToken(text: string): Rejection {
  return text.includes(',')
    ? severalJoined()
    : rejected('malformed_credentials', 'one b64token after the scheme', 'something else')
}

function severalJoined(): Rejection {
  return rejected('multiple_credentials', 'one set of credentials', 'several, joined by a comma')
}

/** What is wrong with a value that does not begin with the scheme and a space. */
function whyNot(value: string): Rejection {
  const scheme = SCHEME.exec(value)?.[0] ?? ''
  const rest = value.slice(scheme.length)
  if (scheme.toLowerCase() === 'bearer') return notOneToken(rest)
  if (JOINED_CREDENTIALS.test(value)) return severalJoined()
  if (scheme === '' || !(rest === '' || /^[ \t]/.test(rest))) {
    return rejected('malformed_credentials', 'a scheme and a token', 'no scheme')
  }
  return rejected('unsupported_scheme', 'the Bearer scheme', 'another scheme')
}

function rejected(reason: Rejection['reason'], expected: string, found: string): Rejection {
  return new Rejection(reason, { check: 'Authorization', expected, found })
}
