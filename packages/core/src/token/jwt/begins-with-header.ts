import { decodeBase64url } from '#base64url'

/** White space, a byte order mark, and then a brace, or nothing else. */
const BEGINS_WITH_BRACE = /^[\s\uFEFF]*(?:\{|$)/
/** Characters of a token that are looked at: whatever is padded by more is no opaque token. */
const LOOKED_AT = 64

/** Returns whether a token begins like a JOSE header, also one with white space or a byte order mark in front. */
export function beginsWithHeader(token: string): boolean {
  const dot = token.indexOf('.')
  if (dot < 1) return false
  const length = Math.min(dot, LOOKED_AT)
  // Whole groups of four characters, because the last one may be malformed.
  const bytes = decodeBase64url(token.slice(0, length < 4 ? length : length - (length % 4)))
  return bytes !== undefined && BEGINS_WITH_BRACE.test(new TextDecoder().decode(bytes))
}
