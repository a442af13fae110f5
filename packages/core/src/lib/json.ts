import { deepFreeze } from './deep-freeze.ts'

/** Bounds of a JSON text from outside. */
export const JSON_LIMITS = deepFreeze({
  /** Levels of nesting. */
  depth: 32,
  /** Values: members and elements, at all levels together. */
  values: 2_000,
})

/** A parsed JSON object: own members only, of any type. */
export type JsonObject = Readonly<Record<string, unknown>>

// `ignoreBOM` keeps a byte order mark in the text, where JSON.parse refuses it.
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Reads bytes that came from outside as one JSON object and freezes it through and through.
 *
 * Stricter than `JSON.parse`, so that no two readers of the same bytes can disagree: malformed UTF-8,
 * a byte order mark, a member written twice in one object (also with different escapes), nesting deeper
 * than `JSON_LIMITS.depth`, more than `JSON_LIMITS.values` values, and a top level that is not an object are
 * refused. A member named `__proto__` is dropped: a copy made by assignment would take it for its
 * prototype.
 *
 * Throws a `SyntaxError` with a fixed text that holds nothing of the input.
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
  if (seal(value, JSON_LIMITS.depth, { values: JSON_LIMITS.values }) !== writtenMembers(plain)) {
    throw new SyntaxError('a member is written twice')
  }
  return value as JsonObject
}

/** A string of a valid JSON text, and the colon behind it where it is the name of a member. */
const STRING = /("[^"\\]*(?:\\.[^"\\]*)*")([ \t\n\r]*:)?/g

/**
 * Rewrites the names of members without the escapes that they do not need. V8 misreads a name with
 * escapes once it has parsed an object of a certain shape (https://github.com/nodejs/node/issues/63785),
 * and anybody whose JSON is parsed in this process can see to that: `cnf` or `crit` in an unusual
 * spelling would go unnoticed. Names that need escapes (quotes, backslashes) are none that matter here.
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
 * Freezes a parsed value through and through, and counts the members that parsing has kept. Gives up where
 * it would have to look at more than is left, before anybody is known to have signed the text.
 */
function seal(value: object, depth: number, left: { values: number }): number {
  if (depth === 0) throw new SyntaxError('nested too deeply')
  let members = 0
  if (Array.isArray(value)) {
    spend(left, value.length)
    for (const entry of value as unknown[]) members += sealNested(entry, depth, left)
  } else {
    // What is not there is not there, whatever somebody has put on the prototype of all objects.
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
 * Counts the members that a valid JSON text writes, at all levels together: the strings that are
 * followed by a colon. `JSON.parse` keeps only the last of two members with one name and says nothing;
 * counting is how a text that holds such a pair is told from one that does not.
 */
function writtenMembers(text: string): number {
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

/** Behind an odd number of backslashes. */
function isEscaped(text: string, at: number): boolean {
  let first = at
  while (text.charCodeAt(first - 1) === BACKSLASH) first--
  return (at - first) % 2 === 1
}

function isWhitespace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
}
