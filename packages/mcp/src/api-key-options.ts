import {
  copyOwnMembers,
  describeNotPlain,
  isPlainObject,
  type Problems,
} from '@bearward/core/internal'
import { type GuardParts } from '@bearward/core/internal-guards'

/** The options of API keys after validation. */
export interface ApiKeySettings {
  /** The name of the header in lower case. */
  readonly header: string | undefined
  readonly prefix: string | undefined
  /** The function of the application. Its result is not checked yet. */
  readonly verify: (key: string) => unknown
}

/** Headers that have a meaning other than an API key. */
const OTHER_HEADERS: readonly string[] = [
  'authorization',
  'cookie',
  'dpop',
  'host',
  'mcp-method',
  'mcp-name',
  'mcp-protocol-version',
  'mcp-session-id',
  'origin',
]

/** Returns whether a text is the name of a header (RFC 9110 section 5.1). */
export function isHeaderName(text: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(text)
}

/** Matches 2 to 40 characters of a Bearer token (RFC 6750 section 2.1). */
const PREFIX = /^[\w.~+/-]{2,40}$/
/**
 * The first characters that a JWT can have. A JWT begins with the base64url of a JSON object, and the JSON can begin with white
 * space. A prefix with another first character is never the beginning of a JWT.
 */
const BEGINNINGS_OF_JWTS: readonly string[] = ['e', 'I', 'C', 'D']

export function readApiKeys(
  given: unknown,
  { acceptsOpaqueTokens }: GuardParts,
  problems: Problems,
): ApiKeySettings | undefined {
  if (given === undefined) return undefined
  if (!isPlainObject(given)) {
    problems.add(
      `apiKeys must be an object such as { header: 'X-Api-Key', verify }, not ${describeNotPlain(given)}.`,
    )
    return undefined
  }
  const own = copyOwnMembers(given)
  problems.unknownNames(own, ['header', 'prefix', 'verify'], { prefix: 'apiKeys.' })
  const { header, prefix, verify } = own
  if (typeof verify !== 'function')
    problems.add('apiKeys.verify must be a function: it returns the owner of a key, or undefined.')
  if (header === undefined && prefix === undefined)
    problems.add("apiKeys requires header, such as 'X-Api-Key', or prefix, such as 'sk_'.")
  const name = typeof header === 'string' ? header.toLowerCase() : undefined
  if (header !== undefined && (name === undefined || !isHeaderName(name)))
    problems.add("apiKeys.header must be the name of a header, such as 'X-Api-Key'.")
  if (name !== undefined && OTHER_HEADERS.includes(name)) {
    problems.add(
      'apiKeys.header must not be a header with another meaning. For keys in the Authorization header, set apiKeys.prefix.',
    )
  }
  if (prefix !== undefined) checkPrefix(prefix, acceptsOpaqueTokens, problems)
  return { header: name, prefix: prefix as string | undefined, verify: verify as never }
}

function checkPrefix(prefix: unknown, acceptsOpaqueTokens: boolean, problems: Problems): void {
  if (typeof prefix !== 'string' || !PREFIX.test(prefix)) {
    problems.add(
      "apiKeys.prefix must have 2 to 40 characters of a Bearer token, such as 'sk_': letters, digits and -._~+/.",
    )
    return
  }
  if (BEGINNINGS_OF_JWTS.includes(prefix[0]!)) {
    problems.add(
      `apiKeys.prefix must not begin with ${BEGINNINGS_OF_JWTS.join(', ')}: a JWT can begin with one of these characters.`,
    )
  }
  if (acceptsOpaqueTokens) {
    problems.add(
      'apiKeys.prefix requires issuers with JWTs only: an opaque token can begin with any text. Use apiKeys.header.',
    )
  }
}
