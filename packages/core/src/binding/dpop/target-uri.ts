import { LIMITS } from '../../limits.ts'

/** An http or https address without query and fragment: scheme, authority, path (RFC 3986 appendix B). */
const ADDRESS = /^(https?):\/\/([^/]*)(.*)$/i
/** Printable ASCII without space and backslash. An address must not contain other characters (RFC 3986 section 2). */
const ALLOWED = /^[\x21-\x5B\x5D-\x7E]+$/
/** A host and an optional port. A host is a name of unreserved characters, or an IPv6 address in brackets. */
const AUTHORITY = /^([\w.~-]+|\[[0-9a-f:.]+\])(?::(\d*))?$/i
const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' }

/**
 * Returns the normalized form of an `htu` (RFC 9449 section 4.3, RFC 3986 sections 6.2.2 and 6.2.3). Two addresses are equal if
 * their normalized forms are equal.
 *
 * - The query and the fragment are removed.
 * - The scheme and the host are in lower case, and the default port is removed.
 * - Unreserved characters are decoded, other percent-encodings are in upper case, and dot segments are removed.
 * - Characters that an address must not contain, such as `{`, are percent-encoded.
 * - `%2F` and `/` stay different. A path with a slash at the end and a path without it stay different.
 *
 * Returns `undefined` for a text that is not an http or https address. Also returns `undefined` for an http or https address with
 * a user name, a backslash, or more than `LIMITS.targetUri` characters before its query.
 */
export function normalizeTarget(address: string): string | undefined {
  const text = removeQuery(address)
  if (text.length > LIMITS.targetUri || !ALLOWED.test(text)) return undefined
  const parts = ADDRESS.exec(text)
  if (parts === null) return undefined
  const [, givenScheme, authority, givenPath] = parts as unknown as [string, string, string, string]
  const scheme = givenScheme.toLowerCase()
  const found = AUTHORITY.exec(authority)
  if (found === null) return undefined
  const [, host, givenPort] = found as unknown as [string, string, string | undefined]
  const port = normalizePort(givenPort, scheme)
  const path = normalizePath(givenPath)
  return path === undefined ? undefined : `${scheme}://${host.toLowerCase()}${port}${path}`
}

/**
 * Returns the normalized path of a request target (RFC 9112 section 3.2). The target may be an absolute address. Its host is never
 * returned, because the client chooses it.
 *
 * Returns `undefined` for a path with dot segments: routers do not remove them, so `/admin/../reports` can lead to a route for
 * `/admin`. Returns `undefined` for an absolute address with a malformed host, because frameworks may read another path from it.
 */
export function getTargetPath(target: string): string | undefined {
  const plain = PLAIN_PATH.exec(target)?.[0]
  if (plain !== undefined && plain.length <= LONGEST_PATH) return plain
  const text = removeQuery(target)
  const address = text.startsWith('/') ? ANY_ORIGIN + text : text
  const path = ADDRESS.exec(address)?.[3]
  const normalized = normalizeTarget(address)
  if (path === undefined || normalized === undefined || DOT_SEGMENT.test(path)) return undefined
  return normalized.slice(normalized.indexOf('/', 'https://'.length))
}

/** Stands for the origin of a request target that is a path. */
const ANY_ORIGIN = 'http://host'

/**
 * Maximum number of characters of a plain path. Other paths have the same limit: `normalizeTarget` limits the length of
 * `ANY_ORIGIN` and the path together.
 */
const LONGEST_PATH = LIMITS.targetUri - ANY_ORIGIN.length

/** Matches a path that is already normalized: no segment begins with a dot, and all characters are unreserved. */
const PLAIN_PATH = /^(?:\/[\w~-][\w.~-]*)+\/?(?=$|\?)/

/** A segment that is `.` or `..`, even if its dots are encoded. */
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:\/|$)/i

function removeQuery(address: string): string {
  const end = address.search(/[?#]/)
  return end === -1 ? address : address.slice(0, end)
}

/** Returns a port with its colon, or an empty text for the default port of the scheme. */
function normalizePort(port: string | undefined, scheme: string): string {
  if (port === undefined || port === '') return ''
  const number = port.replace(/^0+(?=\d)/, '')
  return number === DEFAULT_PORTS[scheme] ? '' : `:${number}`
}

function normalizePath(path: string): string | undefined {
  if (path === '' || path === '/') return '/'
  const encoded = path.replace(ENCODED_BY_URL, toPercentEncoding)
  const decoded = encoded.includes('%') ? normalizeEncoding(encoded) : encoded
  if (decoded === undefined) return undefined
  return decoded.includes('/.') ? removeDotSegments(decoded) : decoded
}

/** Characters that a web `Request` encodes in a path. Some other clients do not encode them. */
const ENCODED_BY_URL = /["<>^`{|}]/g

function toPercentEncoding(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}

const UNRESERVED = /[A-Za-z0-9\-._~]/

/** Decodes unreserved characters, and writes other percent-encodings in upper case (RFC 3986 sections 6.2.2.1 and 6.2.2.2). */
function normalizeEncoding(path: string): string | undefined {
  if (/%(?![0-9A-Fa-f]{2})/.test(path)) return undefined
  return path.replace(/%[0-9A-Fa-f]{2}/g, (encoded) => {
    const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16))
    return UNRESERVED.test(character) ? character : encoded.toUpperCase()
  })
}

/** Removes `.` and `..` (RFC 3986 section 5.2.4). If the last segment is `.` or `..`, the result ends with a slash. */
function removeDotSegments(path: string): string {
  const kept: string[] = []
  const segments = path.split('/').slice(1)
  for (const [i, segment] of segments.entries()) {
    const isLast = i === segments.length - 1
    if (segment === '..') kept.pop()
    if (segment !== '.' && segment !== '..') kept.push(segment)
    else if (isLast) kept.push('')
  }
  return `/${kept.join('/')}`
}
