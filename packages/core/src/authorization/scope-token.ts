/** RFC 6749 section 3.3: `scope-token`. */
const SCOPE_TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]+$/

export function isScopeToken(value: unknown): value is string {
  return typeof value === 'string' && SCOPE_TOKEN.test(value)
}

/** The scope with which a client requests a refresh token (OpenID Connect Core section 11). It is not a scope of an API. */
export const OFFLINE_ACCESS = 'offline_access'

/** Completes the sentence "... must be ..." or "... contains a value that is not a scope: use ...". */
export const SCOPE_TOKEN_FORM =
  'printable ASCII without spaces, quotes and backslashes (RFC 6749 section 3.3)'

/** Follows the name of an option or a requirement that contains the scope. */
export const OFFLINE_ACCESS_PROBLEM = `contains ${OFFLINE_ACCESS}: remove it. With this scope, a client requests a refresh token: it is not a scope of an API.`
