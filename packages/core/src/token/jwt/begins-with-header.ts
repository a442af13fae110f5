import { decodeBase64url } from '#base64url'

/** Matches an opening brace, or the end of the text, after optional white space and byte order marks. */
const BEGINS_WITH_BRACE = /^[\s\uFEFF]*(?:\{|$)/
/** Number of characters that are decoded. If all of them encode white space, the token is not regarded as opaque. */
const DECODED_LENGTH = 64

/** Returns whether a token begins like a JOSE header, with or without leading white space or a byte order mark. */
export function beginsWithHeader(token: string): boolean {
  const dot = token.indexOf('.')
  if (dot < 1) return false
  const length = Math.min(dot, DECODED_LENGTH)
  // If there are at least four characters, only whole groups of four are decoded, because the last group may be malformed.
  const bytes = decodeBase64url(token.slice(0, length < 4 ? length : length - (length % 4)))
  return bytes !== undefined && BEGINS_WITH_BRACE.test(new TextDecoder().decode(bytes))
}
