import {
  countMembers,
  isObject,
  isolate,
  JSON_LIMITS,
  type JsonObject,
  removeProto,
  tooManyValues,
} from './json.ts'

// `ignoreBOM` keeps a byte order mark in the text, so that JSON.parse rejects it.
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Parses bytes from a JOSE header or a response as one JSON object. The object and all objects in it are frozen and have
 * no prototype. Members of a polluted `Object.prototype` therefore do not appear in them.
 *
 * Stricter than `JSON.parse`, so that two parsers cannot read different values from the same bytes. It rejects:
 *
 * - malformed UTF-8 and a byte order mark
 * - a member that is written twice in one object, even with different escapes
 * - nesting deeper than `JSON_LIMITS.depth`, and more than `JSON_LIMITS.values` values
 * - more than `JSON_LIMITS.escapedNames` names with escapes
 * - a top level that is not an object
 *
 * A member named `__proto__` is removed, because assigning it to a copy would set the prototype of the copy.
 *
 * @throws {SyntaxError} With a fixed text that contains nothing of the input.
 */
export function parseJsonObject(bytes: Uint8Array): JsonObject {
  const value = parseStrictly(bytes, Infinity)
  isolate(value)
  return value
}

/**
 * Parses bytes like `parseJsonObject`, but the objects are plain, because applications copy, store and compare claims.
 * They are not frozen, because freezing the claims of a forged token would take longer than parsing them. `structure` limits the
 * work for a token whose signature is not verified: see `JSON_LIMITS`.
 *
 * Read members with `getOwn`, and call `freezeJson` before other code receives the object.
 */
export function parseClaims(bytes: Uint8Array, structure = Infinity): JsonObject {
  return parseStrictly(bytes, structure)
}

function parseStrictly(bytes: Uint8Array, structure: number): JsonObject {
  const text = decode(bytes)
  const isLong = text.length > JSON_LIMITS.unscanned
  const names = isLong || text.includes('\\') ? scan(text) : undefined
  if (isLong && names!.structure > structure) throw tooManyValues()
  const plain = names === undefined ? text : withPlainNames(text, names)
  const value = parse(plain)
  if (!isObject(value) || Array.isArray(value)) throw new SyntaxError('not a JSON object')
  const members = countMembers(value, JSON_LIMITS.depth, { values: JSON_LIMITS.values })
  // `JSON.parse` silently keeps only the last of two members with one name.
  const isUnique =
    names === undefined
      ? members === countSimpleNames(text) || members === scan(text).members
      : members === names.members
  if (!isUnique) throw new SyntaxError('a member is written twice')
  if (plain.includes('__proto__')) removeProto(value)
  return value
}

function decode(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes)
  } catch {
    throw notValid()
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw notValid()
  }
}

const notValid = () => new SyntaxError('not valid JSON in UTF-8')

/**
 * Counts the quotes that are directly followed by a colon. Returns -1 if any colon follows white space. Otherwise, the count for a
 * valid JSON text is at least the number of members. A string that begins with a colon is also counted.
 */
function countSimpleNames(text: string): number {
  let names = 0
  for (let at = text.indexOf(':'); at !== -1; at = text.indexOf(':', at + 1)) {
    const before = text.charCodeAt(at - 1)
    if (before === QUOTE) names++
    else if (isWhitespace(before)) return -1
  }
  return names
}

/** The names of the members in a JSON text, at all levels together. */
interface Names {
  readonly members: number
  /** The members, objects and arrays. */
  readonly structure: number
  /** The start and the end of each name that contains an escape, in turn. */
  readonly escaped: readonly number[]
}

/** Finds the names in a JSON text: the strings that are followed by a colon. The result is meaningless if the text is not JSON. */
function scan(text: string): Names {
  const escaped: number[] = []
  let members = 0
  let containers = 0
  let backslash = text.indexOf('\\')
  let at = 0
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === BRACE || code === BRACKET) containers++
    if (code !== QUOTE) continue
    const start = at
    at = findEnd(text, start)
    if (at === -1) break
    const end = at + 1
    while (isWhitespace(text.charCodeAt(at + 1))) at++
    if (text.charCodeAt(at + 1) !== COLON) continue
    members++
    if (backslash !== -1 && backslash < start) backslash = text.indexOf('\\', start)
    if (backslash !== -1 && backslash < end) escaped.push(start, end)
  }
  return { members, structure: members + containers, escaped }
}

/** Returns the position of the quote that ends the string which begins at `start`, or -1. */
function findEnd(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end
}

/**
 * Removes unnecessary escapes from the names of members. After parsing an object of a certain shape, V8 misreads names
 * with escapes (https://github.com/nodejs/node/issues/63785). An attacker whose JSON is parsed in this process can cause
 * this. An escaped `cnf` or `crit` would then be missed. Names that need escapes (quotes, backslashes) are not relevant.
 */
function withPlainNames(text: string, { escaped }: Names): string {
  if (escaped.length === 0) return text
  if (escaped.length > 2 * JSON_LIMITS.escapedNames) throw tooManyValues()
  let plain = ''
  let done = 0
  for (let i = 0; i < escaped.length; i += 2) {
    const [start, end] = [escaped[i]!, escaped[i + 1]!]
    plain += text.slice(done, start) + JSON.stringify(parse(text.slice(start, end)))
    done = end
  }
  return plain + text.slice(done)
}

const QUOTE = 0x22
const COLON = 0x3a
const BRACE = 0x7b
const BRACKET = 0x5b
const BACKSLASH = 0x5c

/** Returns whether an odd number of backslashes precedes the character. */
function isEscaped(text: string, at: number): boolean {
  let first = at
  while (text.charCodeAt(first - 1) === BACKSLASH) first--
  return (at - first) % 2 === 1
}

function isWhitespace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
}
