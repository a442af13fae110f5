import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { toCharacterAt, fc } from '../../../../test/support/property.ts'
import { freezeJson, JSON_LIMITS } from '../../src/lib/json.ts'
import { parseClaims, parseJsonObject } from '../../src/lib/parse-json.ts'
import { withPollutedPrototype } from '../support/with-polluted-prototype.ts'

const toBytes = (text: string) => new TextEncoder().encode(text)
const parse = (text: string) => parseJsonObject(toBytes(text))

/** Returns the keys that an object inherits from its prototypes. */
function inherited(object: object): readonly PropertyKey[] {
  const prototype = Object.getPrototypeOf(object) as object | null
  return prototype === null ? [] : [...Reflect.ownKeys(prototype), ...inherited(prototype)]
}

/** A JSON text before it is written. It keeps the order of members, and may have duplicate names. */
type Node = string | readonly Node[] | { readonly members: readonly (readonly [string, Node])[] }

const space = fc.constantFrom('', '', '', ' ', '\n', '\t', '\r\n  ')
// Names that need escapes are excluded, because V8 may misread them (nodejs/node#63785).
const memberName = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('a', 'b', 'c', ':', '', ',', '{', 'u0061', '__proto__') },
  {
    weight: 1,
    arbitrary: fc.string({ unit: 'binary' }).filter((name) => JSON.stringify(name) === `"${name}"`),
  },
)
const specialStrings = fc.constantFrom(
  '"',
  '\\',
  '":',
  '\\"',
  '\\u0061":',
  '{"a":1}',
  '\n',
  '\ud800',
)
const scalar = fc
  .oneof(
    memberName,
    specialStrings,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  )
  .map((value) => JSON.stringify(value))
const { object } = fc.letrec<{ tree: Node; object: Node }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('tree'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc
    .array(fc.tuple(memberName, tie('tree')), { maxLength: 4 })
    .map((members) => ({ members })),
}))

/** Writes a string without unnecessary escapes, or with all characters escaped. JSON allows both. */
function writeString(text: string, escaped: boolean): string {
  if (!escaped) return JSON.stringify(text)
  const units = Array.from({ length: text.length }, (_, i) => text.charCodeAt(i))
  return `"${units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')}"`
}

function write(node: Node, gap: string, escapes: Iterator<boolean>): string {
  const join = (parts: string[]) => gap + parts.join(`${gap},${gap}`) + gap
  if (typeof node === 'string') return node
  if ('members' in node) {
    const members = node.members.map(
      ([name, value]) =>
        `${writeString(name, escapes.next().value === true)}${gap}:${gap}${write(value, gap, escapes)}`,
    )
    return `{${join(members)}}`
  }
  return `[${join(node.map((value) => write(value, gap, escapes)))}]`
}

const noEscapes: Iterator<boolean> = { next: () => ({ value: false }) }

function hasDuplicates(node: Node): boolean {
  if (typeof node === 'string') return false
  if (!('members' in node)) return node.some(hasDuplicates)
  const names = node.members.map(([name]) => name)
  return (
    new Set(names).size < names.length || node.members.some(([, value]) => hasDuplicates(value))
  )
}

function expectFrozen(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  expect(Object.isFrozen(value)).toBe(true)
  Object.values(value).forEach(expectFrozen)
}

describe('parseJsonObject', () => {
  it('parseJsonObject returns the value of JSON.parse without __proto__, and rejects duplicate members', () => {
    const seen = { accepted: 0, rejected: 0 }
    fc.assert(
      fc.property(object, space, fc.infiniteStream(fc.boolean()), (node, gap, escapes) => {
        const text = gap + write(node, gap, escapes) + gap
        if (hasDuplicates(node)) {
          seen.rejected++
          expect(() => parse(text)).toThrow('a member is written twice')
          return
        }
        seen.accepted++
        const value = parse(text)
        expect(value).toEqual(withoutProto(JSON.parse(write(node, '', noEscapes))))
        expectFrozen(value)
      }),
      { numRuns: 500 },
    )
    expect(Math.min(seen.accepted, seen.rejected)).toBeGreaterThan(10)
  })

  it('parseJsonObject throws only a SyntaxError with one of its fixed texts, for any bytes', () => {
    const texts =
      /^(not valid JSON in UTF-8|not a JSON object|a member is written twice|nested too deeply)$/
    const bytes = fc.oneof(
      fc.uint8Array(),
      fc.string({ unit: 'binary' }).map(toBytes),
      fc.string({ unit: toCharacterAt('{}[]":,\\ua1 ') }).map(toBytes),
    )
    fc.assert(
      fc.property(bytes, (input) => {
        try {
          parseJsonObject(input)
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError)
          expect((error as SyntaxError).message).toMatch(texts)
          expect((error as SyntaxError).cause).toBeUndefined()
        }
      }),
      { numRuns: 2000 },
    )
  })

  it.each([
    ['the same name', '{"a":1,"a":1}'],
    ['an escape', '{"alg":1,"\\u0061lg":2}'],
    ['escapes in two cases', '{"\\u006a":1,"\\u006A":2}'],
    ['whitespace before the colon', '{"a" :1,"a"\n\t:2}'],
    ['the empty name', '{"":1,"":2}'],
    ['__proto__', '{"__proto__":1,"__proto__":2}'],
    ['__proto__, written with an escape', '{"__proto__":1,"\\u005f_proto__":2}'],
    ['deep inside', '{"a":[{"b":{"c":1,"c":2}}]}'],
    ['inside a value that is overwritten', '{"a":{"b":1,"b":2},"a":3}'],
    ['inside __proto__', '{"__proto__":{"a":1,"a":2}}'],
  ])('parseJsonObject rejects a member that is written twice: %s', (_, text) => {
    expect(() => parse(text)).toThrow('a member is written twice')
  })

  // After the first text of a row, `JSON.parse` of Node 24 and 26 misreads the second: https://github.com/nodejs/node/issues/63785
  it.each([
    ['crit', '{"alg":1,"cri\\\\":2}', '{"alg":1,"cri\\u0074":2}', { alg: 1, crit: 2 }],
    ['cnf', '{"sub":1,"\\\\u0":2}', '{"sub":1,"\\u0063nf":2}', { sub: 1, cnf: 2 }],
    ['a slash', '{"iss":1,"a:\\\\/":2}', '{"iss":1,"a:\\/b":2}', { iss: 1, 'a:/b': 2 }],
  ])(
    'parseJsonObject reads an escaped name and detects its duplicate after V8 has parsed a similar object: %s',
    (_, before, text, value) => {
      JSON.parse(before)
      expect(parse(text)).toEqual(value)
      expect(() => parse(`${text.slice(0, -1)},${JSON.stringify(value).slice(1)}`)).toThrow(
        'a member is written twice',
      )
    },
  )

  it.each([
    ['quotes and colons', { 'a:': '":"b":', b: '\\":' }],
    ['a value that looks like a member', { a: '"a":1', b: ['"a":', ':', '"'] }],
    ['strings that end in backslashes', { a: 'a\\', b: ['a\\\\', 'a\\"'], c: '\\' }],
    ['an object in a string', { a: '{"a":1,"a":2}' }],
    ['one name at several levels', { a: { a: [{ a: 1 }, { a: 2 }] } }],
    ['names that differ in case or normal form', { a: 1, A: 2, '\u00e9': 3, 'e\u0301': 4 }],
    ['numbers as names', { 1: 'a', '01': 'b', 0: ['c'] }],
    ['a name that needs escapes', { 'a"\\\n': { b: 'c' } }],
    ['an empty object', {}],
  ])('parseJsonObject accepts an object without duplicate members: %s', (_, value) => {
    expect(parse(JSON.stringify(value))).toEqual(value)
  })

  it.each([
    ['an array', '[]'],
    ['a string', '"x"'],
    ['null', 'null'],
    ['a number', '1'],
  ])('parseJsonObject rejects a JSON text whose top level is not an object: %s', (_, text) => {
    expect(() => parse(text)).toThrow('not a JSON object')
  })

  it.each([
    ['two objects', '{} {}'],
    ['a trailing comma', '{"a":1,}'],
    ['a comment', '{"a":1/* b */}'],
    ['trailing text', '{}x'],
    ['nothing at all', ''],
    ['single quotes', "{'a':1}"],
    ['NaN', '{"a":NaN}'],
    ['a byte order mark', '\ufeff{}'],
    ['a no-break space', '\u00a0{}'],
    ['a control character in a string', '{"a":"\u0001"}'],
  ])('parseJsonObject rejects a text that is not JSON: %s', (_, text) => {
    expect(() => parse(text)).toThrow('not valid JSON in UTF-8')
  })

  it.each([
    ['UTF-16, little-endian', Buffer.from('{"a":1}', 'utf16le')],
    ['UTF-16, big-endian', Buffer.from('{"a":1}', 'utf16le').swap16()],
    ['UTF-16 with its byte order mark', Buffer.from('\ufeff{}', 'utf16le')],
    ['UTF-32', Buffer.from(['{', '}'].flatMap((c) => [0, 0, 0, c.charCodeAt(0)]))],
    ['a byte that UTF-8 never has', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['an incomplete sequence', Buffer.from([0x7b, 0x22, 0xc3, 0x22, 0x3a, 0x31, 0x7d])],
    ['an overlong slash', Buffer.from([0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d])],
    ['an overlong quote', Buffer.from([0x7b, 0xe0, 0x80, 0xa2, 0x61, 0x22, 0x3a, 0x31, 0x7d])],
    ['an encoded surrogate', Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d])],
    [
      'a code point beyond Unicode',
      Buffer.from([0x7b, 0x22, 0xf4, 0x90, 0x80, 0x80, 0x22, 0x3a, 0x31, 0x7d]),
    ],
  ])(
    '8725-11: parseJsonObject rejects an encoding other than UTF-8, and malformed UTF-8: %s',
    (_, bytes) => {
      expect(() => parseJsonObject(bytes)).toThrow('not valid JSON in UTF-8')
    },
  )

  it('parseJsonObject accepts 32 levels of nesting and rejects 33, of objects and of arrays', () => {
    const objects = (levels: number) => '{"a":'.repeat(levels - 1) + '{}' + '}'.repeat(levels - 1)
    const arrays = (levels: number) => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`
    for (const nested of [objects, arrays]) {
      expect(parse(nested(32))).toEqual(JSON.parse(nested(32)))
      expect(() => parse(nested(33))).toThrow('nested too deeply')
      expect(() => parse(nested(100_000))).toThrow(SyntaxError)
    }
  })

  it('7519-46: parseJsonObject removes __proto__ at every level, so that neither the value nor a copy is polluted', () => {
    const value = parse(
      '{"__proto__":{"admin":true},"a":{"__proto__":{"admin":true},"b":1},"c":[{"__proto__":null}],"constructor":"x","toString":"y"}',
    )
    expect(Object.keys(value)).toEqual(['a', 'c', 'constructor', 'toString'])
    expect(value).toEqual({ a: { b: 1 }, c: [{}], constructor: 'x', toString: 'y' })
    const inner = value['a'] as object
    for (const original of [value, inner]) expect(inherited(original)).toEqual([])
    for (const copy of [value, inner, Object.assign({}, value), Object.assign({}, inner)]) {
      expect('admin' in copy).toBe(false)
    }
    expect('admin' in {}).toBe(false)
  })

  it.each(['{"a":{"b":1}}', '{"7":{"490":1,"b":2,"__proto__":{"admin":true}}}', '{}'])(
    'parseJsonObject returns objects that inherit nothing: %s',
    (text) => {
      const value = parse(text)
      for (const each of [value, ...Object.values(value)] as object[]) {
        expect(inherited(each)).toEqual([])
        expect('admin' in each).toBe(false)
        const prototype = Object.getPrototypeOf(each) as object | null
        expect(prototype === null || Object.isFrozen(prototype)).toBe(true)
      }
    },
  )

  it('parseJsonObject freezes the parsed objects and arrays at every level', () => {
    const value = parse('{"a":{"b":[{"c":[]}]},"d":[[{}]]}')
    expectFrozen(value)
    expect(() => ((value['a'] as { b: unknown[] }).b[0] = 1)).toThrow(TypeError)
  })

  it('parseJsonObject throws an error that contains nothing of the input', () => {
    const inputs = ['{"s3cret":', '["s3cret"]', '{"s3cret":1,"s3cret":2}', '\ufeff{"s3cret":1}']
    for (const input of inputs) {
      expect(() => parse(input)).toThrow(
        expect.toSatisfy((error: unknown) => !inspect(error).includes('s3cret')),
      )
    }
  })
})

/** Returns a copy of a parsed value without own members named `__proto__`. */
function withoutProto(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutProto)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).filter(([name]) => name !== '__proto__')
  return Object.fromEntries(members.map(([name, member]) => [name, withoutProto(member)]))
}

/** Returns the result of a parser, or the message of its error. */
function getResult(parser: () => unknown): unknown {
  try {
    return parser()
  } catch (error) {
    return (error as SyntaxError).message
  }
}

describe('parseClaims', () => {
  it('parseClaims returns what parseJsonObject returns, as plain objects that are not frozen', () => {
    fc.assert(
      fc.property(object, space, fc.infiniteStream(fc.boolean()), (node, gap, escapes) => {
        const text = gap + write(node, gap, escapes) + gap
        const claims = getResult(() => parseClaims(toBytes(text)))
        expect(claims).toEqual(getResult(() => parse(text)))
        if (typeof claims !== 'object') return
        expect(Object.isFrozen(claims)).toBe(false)
        expectPlain(claims)
        expectFrozen(freezeJson(claims as object))
      }),
    )
  })

  it('parseClaims returns the same result with and without a scan of the text before parsing', () => {
    fc.assert(
      fc.property(object, space, fc.infiniteStream(fc.boolean()), (node, gap, escapes) => {
        const text = gap + write(node, gap, escapes) + gap
        const long = text + ' '.repeat(JSON_LIMITS.unscanned)
        expect(getResult(() => parseClaims(toBytes(long)))).toEqual(
          getResult(() => parseClaims(toBytes(text))),
        )
      }),
    )
  })

  it.each([
    ['a name', { inherited: 'a' }],
    ['an object', { inherited: { a: 1 } }],
    ['the name of a member', { a: 2 }],
  ])(
    'parseClaims and freezeJson ignore members of Object.prototype: %s',
    (_, members: Record<string, unknown>) => {
      const [claims, duplicate] = withPollutedPrototype(members, () => [
        freezeJson(parseClaims(toBytes('{"a":1,"b":[{"c":2}]}'))),
        getResult(() => parseClaims(toBytes('{"a":1,"a":2}'))),
      ])
      expect(claims).toEqual({ a: 1, b: [{ c: 2 }] })
      expect(duplicate).toBe('a member is written twice')
      expect(
        Object.values(members).some((value) => Object.isFrozen(value) && typeof value === 'object'),
      ).toBe(false)
    },
  )

  const names = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`n${i}`, 1]))
  const padding = { padding: 'x'.repeat(JSON_LIMITS.unscanned) }

  it.each([
    ['members', (count: number) => names(count - 2)],
    ['objects', (count: number) => ({ a: Array.from({ length: count - 4 }, () => ({})) })],
    ['arrays', (count: number) => ({ a: Array.from({ length: count - 4 }, () => []) })],
  ])(
    'parseClaims accepts JSON_LIMITS.structure %s in a long text, and rejects one more',
    (_, create) => {
      const parseLong = (count: number) =>
        parseClaims(
          toBytes(JSON.stringify({ ...padding, ...create(count) })),
          JSON_LIMITS.structure,
        )
      expect(parseLong(JSON_LIMITS.structure)).toBeTypeOf('object')
      expect(() => parseLong(JSON_LIMITS.structure + 1)).toThrow('too many values')
    },
  )

  it('parseClaims ignores JSON_LIMITS.structure for a short text, with and without an escape', () => {
    for (const note of ['a', 'a\\b']) {
      const text = JSON.stringify({
        note,
        a: Array.from({ length: JSON_LIMITS.structure }, () => []),
      })
      expect(text.length).toBeLessThan(JSON_LIMITS.unscanned)
      expect(parseClaims(toBytes(text), JSON_LIMITS.structure)).toBeTypeOf('object')
    }
  })

  it('parseClaims accepts JSON_LIMITS.escapedNames names with escapes, and rejects one more', () => {
    const create = (count: number) =>
      `{${Array.from({ length: count }, (_, i) => `"\\u0061${i}":1`).join(',')}}`
    const { escapedNames } = JSON_LIMITS
    expect(Object.keys(parseClaims(toBytes(create(escapedNames))))).toHaveLength(escapedNames)
    expect(() => parseClaims(toBytes(create(escapedNames + 1)))).toThrow('too many values')
  })
})

function expectPlain(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  expect(Object.getPrototypeOf(value)).toBe(
    Array.isArray(value) ? Array.prototype : Object.prototype,
  )
  Object.values(value).forEach(expectPlain)
}

describe('work of parseClaims', () => {
  /** Counts the characters that string methods read while `call` runs. */
  function countCharacters(call: () => void): number {
    const { charCodeAt, indexOf, includes } = String.prototype
    let characters = 0
    Object.assign(String.prototype, {
      charCodeAt(this: string, at: number) {
        characters++
        return charCodeAt.call(this, at)
      },
      indexOf(this: string, text: string, from = 0) {
        const found = indexOf.call(this, text, from)
        characters += 1 + (found === -1 ? this.length : found) - from
        return found
      },
      includes(this: string, text: string, from = 0) {
        characters += this.length
        return includes.call(this, text, from)
      },
    })
    try {
      call()
    } finally {
      Object.assign(String.prototype, { charCodeAt, indexOf, includes })
    }
    return characters
  }

  const repeat = (unit: (i: number) => string, length: number, start = '{"x":[0', end = ']}') => {
    let text = start
    for (let i = 0; text.length + unit(i).length + end.length <= length; i++) text += unit(i)
    return text + end
  }

  it.each<[string, (length: number) => string]>([
    ['a long string', (length) => `{"x":"${'a'.repeat(length)}"}`],
    ['strings', (length) => repeat((i) => `,"r${i}"`, length)],
    ['numbers', (length) => repeat(() => ',1', length)],
    ['objects', (length) => repeat((i) => `,{"${i}":1}`, length)],
    ['names', (length) => repeat((i) => `,"${i}a":1`, length, '{"a":1', '}')],
    ['names with escapes', (length) => repeat((i) => `,"\\u0061${i}":1`, length, '{"a":1', '}')],
    ['a name of escapes', (length) => `{"${'\\u0061'.repeat(length / 6)}":1}`],
    ['backslashes', (length) => `{"x":"${'\\\\'.repeat(length / 2)}"}`],
    ['escaped quotes', (length) => `{"x":"${'\\"'.repeat(length / 2)}"}`],
    ['colons', (length) => `{"x":"${':'.repeat(length)}"}`],
    ['quoted colons', (length) => repeat(() => ',":"', length)],
    ['spaces before colons', (length) => `{"x":"${' :'.repeat(length / 2)}"}`],
    ['spaces after strings', (length) => repeat(() => ',"" ', length)],
    ['nested arrays', (length) => `{"x":${'['.repeat(length / 2)}${']'.repeat(length / 2)}}`],
    ['a text that is not JSON', (length) => '"'.repeat(length)],
    ['backslashes only', (length) => '\\'.repeat(length)],
  ])('parseClaims reads each character of %s a bounded number of times', (_, create) => {
    for (const length of [1000, 4000, 16_000, 64_000]) {
      const bytes = toBytes(create(length))
      const work = countCharacters(() => getResult(() => parseClaims(bytes, Infinity)))
      expect(work / bytes.length).toBeLessThan(12)
    }
  })
})
