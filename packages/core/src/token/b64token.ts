import { LIMITS } from '../limits.ts'
import { Rejection } from '../response/rejection.ts'

const B64TOKEN = /^[A-Za-z0-9._~+/-]+=*$/

/**
 * Checks that a text is one token (RFC 6750 section 2.1: `b64token`). Costs as much as a hash, so it is only
 * called for a text that was not parsed as a JWS, which is always one token.
 */
export function checkB64token(text: string): Rejection | undefined {
  return B64TOKEN.test(text) ? undefined : rejectAsToken(text)
}

/** Checks the length of a token. One that is too long and is no b64token is rejected as that. */
export function checkTokenLength(token: string): Rejection | undefined {
  if (token.length <= LIMITS.tokenLength) return undefined
  return (
    checkB64token(token) ??
    rejected('token_too_long', `at most ${LIMITS.tokenLength} characters`, 'more')
  )
}

/** The rejection of a text that is not one token. */
export function rejectAsToken(text: string): Rejection {
  return text.includes(',')
    ? rejectAsSeveral()
    : rejected('malformed_credentials', 'one token', describeText(text))
}

/** Texts that programs make of objects. */
const STRINGIFIED_OBJECTS = ['Object', 'Promise', 'Array', 'Function', 'Response'].map(
  (name) => `[object ${name}]`,
)

/** Describes a text without showing it, except for texts that programs make of objects. */
function describeText(text: string): string {
  if (STRINGIFIED_OBJECTS.includes(text)) return `the text ${text}`
  if (text.trim() === '') return 'no token'
  if (/^(?:bearer|dpop)\s/i.test(text)) return 'the scheme twice'
  if (text.startsWith(':')) return 'a colon after the scheme'
  if (/^(?:\$|%\w+%$|\{\{|<%)/.test(text)) return 'a variable that was not replaced'
  if (/^["'<]/.test(text)) return 'a token in quotes or brackets'
  if (/\s/.test(text)) return 'white space in the token'
  return 'a character that tokens do not have'
}

/** The rejection of several credentials in one header line: a proxy joins two lines by a comma. */
export function rejectAsSeveral(): Rejection {
  return rejected('multiple_credentials', 'one set of credentials', 'several, joined by a comma')
}

function rejected(reason: Rejection['reason'], expected: string, found: string): Rejection {
  return new Rejection(reason, { check: 'token', expected, found })
}
