import { deepFreeze } from './deep-freeze.ts'
import { isPlainObject } from './objects.ts'

/** Limits for JSON texts from tokens and responses. */
export const JSON_LIMITS = deepFreeze({
  /** Levels of nesting. */
  depth: 32,
  /** Number of members and elements, at all levels together. */
  values: 2_000,
  /** Number of member names that are written with escapes. */
  escapedNames: 100,
  /** Number of members, objects and arrays in a claims set that has more than `unscanned` characters. */
  structure: 700,
  /** Maximum length of a text that is not scanned before it is parsed, in characters. Parsing such a text is cheap. */
  unscanned: 4_000,
})

/** A parsed JSON object. Its members have any type. */
export type JsonObject = Readonly<Record<string, unknown>>

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

/** Freezes a parsed value and all objects in it. */
export function freezeJson<T extends object>(value: T): T {
  // Arrays have a branch of their own, because a `for...in` loop over an array takes two microseconds on Node 24.
  if (Array.isArray(value)) {
    for (const entry of value as unknown[]) if (isObject(entry)) freezeJson(entry)
    return Object.freeze(value)
  }
  for (const name in value) {
    const member: unknown = isOwn(value, name) ? value[name] : undefined
    if (isObject(member)) freezeJson(member)
  }
  return Object.freeze(value)
}

/**
 * Freezes a value of the application that is an object of JSON values, with the limits `depth` and `values` of `JSON_LIMITS`. Removes
 * members named `__proto__`, like `parseClaims`. Members that are `undefined` are allowed, because JSON leaves them out. Returns
 * `undefined` for any other value.
 */
export function toJsonObject(value: unknown): JsonObject | undefined {
  if (!isObject(value)) return undefined
  try {
    // The limits also end the search in an object that contains itself.
    countMembers(value, JSON_LIMITS.depth, { values: JSON_LIMITS.values })
  } catch {
    return undefined
  }
  removeProto(value)
  return isJsonObject(value) ? freezeJson(value) : undefined
}

function isJsonObject(value: unknown): value is JsonObject {
  if (!isPlainObject(value)) return false
  return Object.values(value).every((member) => member === undefined || isJsonValue(member))
}

function isJsonValue(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return true
  return Array.isArray(value) ? isJsonArray(value) : isJsonObject(value)
}

/** `every` on the array itself would skip holes. An array can have other members, which JSON leaves out. */
function isJsonArray(value: readonly unknown[]): boolean {
  return Object.keys(value).length === value.length && Array.from(value).every(isJsonValue)
}

/** In a loop over the names, V8 compiles this check to nothing. `Object.hasOwn` and `Object.values` are slower. */
function isOwn(object: object, name: string): boolean {
  return Object.prototype.hasOwnProperty.call(object, name)
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

const tooManyValues = () => new SyntaxError('too many values')

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/**
 * Returns the number of members in a parsed value, at all levels together. Throws if the value is nested more than `depth`
 * levels deep, or if it contains more than `left.values` values.
 */
function countMembers(value: object, depth: number, left: { values: number }): number {
  if (depth === 0) throw new SyntaxError('nested too deeply')
  let members = 0
  if (Array.isArray(value)) {
    spend(left, value.length)
    for (const entry of value as unknown[]) {
      if (isObject(entry)) members += countMembers(entry, depth - 1, left)
    }
    return members
  }
  for (const name in value) {
    if (!isOwn(value, name)) continue
    spend(left, 1)
    members++
    const member = (value as Record<string, unknown>)[name]
    if (isObject(member)) members += countMembers(member, depth - 1, left)
  }
  return members
}

function spend(left: { values: number }, values: number): void {
  left.values -= values
  if (left.values < 0) throw tooManyValues()
}

/** Removes the prototypes of a parsed value and of all objects in it, except arrays. Freezes all objects and arrays. */
function isolate(value: object): void {
  for (const member of Object.values(value)) if (isObject(member)) isolate(member)
  if (!Array.isArray(value)) Object.setPrototypeOf(value, null)
  Object.freeze(value)
}

/** Removes the members named `__proto__` of a parsed value and of all objects in it. */
function removeProto(value: object): void {
  if (Object.hasOwn(value, '__proto__')) delete (value as Record<string, unknown>)['__proto__']
  for (const member of Object.values(value)) if (isObject(member)) removeProto(member)
}

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
