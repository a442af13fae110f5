import { deepFreeze } from './deep-freeze.ts'

/** Limits for JSON texts from tokens and responses. */
export const JSON_LIMITS = deepFreeze({
  /** Levels of nesting. */
  depth: 32,
  /** Number of members and elements, at all levels together. */
  values: 2_000,
})

/** A parsed JSON object. It has own members only, of any type. */
export type JsonObject = Readonly<Record<string, unknown>>

// `ignoreBOM` keeps a byte order mark in the text, so that JSON.parse rejects it.
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Parses bytes from a token or a response as one JSON object. Freezes the object and all objects in it.
 *
 * Stricter than `JSON.parse`, so that two parsers cannot read different values from the same bytes. It rejects:
 *
 * - malformed UTF-8 and a byte order mark
 * - a member that is written twice in one object, also with different escapes
 * - nesting deeper than `JSON_LIMITS.depth`, and more than `JSON_LIMITS.values` values
 * - a top level that is not an object
 *
 * A member named `__proto__` is removed, because assigning it to a copy would set the prototype of the copy.
 *
 * @throws {SyntaxError} With a fixed text that contains nothing of the input.
 */
export function parseJsonObject(bytes: Uint8Array): JsonObject {
  let text: string
  let value: unknown
  try {
    text = UTF8.decode(bytes)
    value = JSON.parse(text)
  } catch {
    throw new SyntaxError('not valid JSON in UTF-8')
  }
  const plain = withPlainNames(text)
  if (plain !== text) value = JSON.parse(plain)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new SyntaxError('not a JSON object')
  }
  if (seal(value, JSON_LIMITS.depth, { values: JSON_LIMITS.values }) !== countMembers(plain)) {
    throw new SyntaxError('a member is written twice')
  }
  return value as JsonObject
}

/** Matches a string of a valid JSON text, and the colon after it if the string is the name of a member. */
const STRING = /("[^"\\]*(?:\\.[^"\\]*)*")([ \t\n\r]*:)?/g

/**
 * Removes unnecessary escapes from the names of members. After parsing an object of a certain shape, V8 misreads names
 * with escapes (https://github.com/nodejs/node/issues/63785). An attacker whose JSON is parsed in this process can cause
 * that, so that an escaped `cnf` or `crit` would be missed. Names that need escapes (quotes, backslashes) are not relevant.
 */
function withPlainNames(json: string): string {
  if (!json.includes('\\')) return json
  return json.replace(STRING, (match, string: string, colon?: string) =>
    colon === undefined || !string.includes('\\')
      ? match
      : JSON.stringify(JSON.parse(string)) + colon,
  )
}

/**
 * Freezes a parsed value and all objects in it, and returns the number of their members. Throws if `left` values are
 * exceeded: this limits the work for a text whose signature is not verified yet.
 */
function seal(value: object, depth: number, left: { values: number }): number {
  if (depth === 0) throw new SyntaxError('nested too deeply')
  let members = 0
  if (Array.isArray(value)) {
    spend(left, value.length)
    for (const entry of value as unknown[]) members += sealNested(entry, depth, left)
  } else {
    // Without a prototype, members of a polluted `Object.prototype` do not appear in the object.
    Object.setPrototypeOf(value, null)
    for (const name in value) {
      members += 1 + sealNested((value as Record<string, unknown>)[name], depth, left)
      spend(left, 1)
    }
    if ('__proto__' in value) delete (value as Record<string, unknown>)['__proto__']
  }
  Object.freeze(value)
  return members
}

function sealNested(value: unknown, depth: number, left: { values: number }): number {
  return typeof value === 'object' && value !== null ? seal(value, depth - 1, left) : 0
}

function spend(left: { values: number }, values: number): void {
  left.values -= values
  if (left.values < 0) throw new SyntaxError('too many values')
}

/**
 * Counts the members in a valid JSON text, at all levels together: the strings that are followed by a colon.
 * `JSON.parse` silently keeps only the last of two members with one name, so a larger count shows a duplicate.
 */
function countMembers(text: string): number {
  let members = 0
  let start = text.indexOf('"')
  while (start !== -1) {
    let after = text.indexOf('"', start + 1) + 1
    while (isEscaped(text, after - 1)) after = text.indexOf('"', after) + 1
    while (isWhitespace(text.charCodeAt(after))) after++
    if (text.charCodeAt(after) === COLON) members++
    start = text.indexOf('"', after)
  }
  return members
}

const COLON = 0x3a
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
