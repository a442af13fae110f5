import { LIMITS } from '../limits.ts'
import { Rejection } from '../response/rejection.ts'

const B64TOKEN = /^[A-Za-z0-9._~+/-]+=*$/

/**
 * Checks that a text is one token (RFC 6750 section 2.1: `b64token`). This check takes as long as a hash of the text. The check
 * is not necessary for a text that was parsed as a JWS, because a JWS is always one token.
 */
export function checkB64token(text: string): Rejection | undefined {
  return B64TOKEN.test(text) ? undefined : rejectAsToken(text)
}

/** Checks the length of a token. A text that is too long and is not a b64token gets the rejection of `rejectAsToken`. */
export function checkTokenLength(token: string): Rejection | undefined {
  if (token.length <= LIMITS.tokenLength) return undefined
  return (
    checkB64token(token) ??
    rejected('token_too_long', `at most ${LIMITS.tokenLength} characters`, 'more')
  )
}

/** Returns the rejection of a text that is not one token. */
export function rejectAsToken(text: string): Rejection {
  return text.includes(',')
    ? rejectAsSeveral()
    : rejected('malformed_credentials', 'one token', describeText(text))
}

/** Texts that result when a program converts an object to a string. */
const STRINGIFIED_OBJECTS = ['Object', 'Promise', 'Array', 'Function', 'Response'].map(
  (name) => `[object ${name}]`,
)

/** Describes a text without showing it. Only a stringified object is shown as it is. */
function describeText(text: string): string {
  if (STRINGIFIED_OBJECTS.includes(text)) return `the text ${text}`
  if (text.trim() === '') return 'no token'
  if (/^(?:bearer|dpop)\s/i.test(text)) return 'the scheme twice'
  if (text.startsWith(':')) return 'a colon after the scheme'
  if (/^(?:\$|%\w+%$|\{\{|<%)/.test(text)) return 'a variable that was not replaced'
  if (/^["'<]/.test(text)) return 'a token in quotes or brackets'
  if (/\s/.test(text)) return 'white space in the token'
  return 'a character that is not allowed in a token'
}

/** Returns the rejection of several credentials in one header line: a proxy joins two lines with a comma. */
export function rejectAsSeveral(): Rejection {
  return rejected('multiple_credentials', 'one set of credentials', 'several, joined by a comma')
}

function rejected(reason: Rejection['reason'], expected: string, found: string): Rejection {
  return new Rejection(reason, { check: 'token', expected, found })
}
