import { describe, expect, it } from 'vitest'
import { fc } from '../../../test/support/property.ts'
import { checkLength, hasBytes, parseRead, readStream } from '../src/body.ts'
import { summarize } from './setup.ts'

const toBytes = (text: string) => new TextEncoder().encode(text)
const LARGE = 'body_too_large: more'
const MALFORMED = 'malformed_body: a text that is not JSON'
const NOT_UTF8 = 'malformed_body: bytes that are not UTF-8'

/** A stream of chunks. `state` describes how it ended. */
function createStream(chunks: readonly Uint8Array[]) {
  const state = { read: 0, isCancelled: false }
  async function* generate() {
    try {
      for (const chunk of chunks) {
        state.read += chunk.length
        yield chunk
      }
    } finally {
      state.isCancelled = state.read < chunks.reduce((sum, { length }) => sum + length, 0)
    }
  }
  return { state, stream: generate() }
}

/** Reads chunks as a body. */
async function read(limit: number, ...chunks: readonly Uint8Array[]) {
  return summarize(await readStream(createStream(chunks).stream, limit))
}

describe('readStream', () => {
  it.each<[text: string, expected: unknown]>([
    ['{"a":[1,"b"]}', { value: { a: [1, 'b'] } }],
    ['null', { value: null }],
    [' 7\r\n', { value: 7 }],
    // `JSON.parse` keeps the last of two members with the same name. The server executes the object that `readStream` returns.
    ['{"a":1,"a":2}', { value: { a: 2 } }],
    ['\ufeff{}', { value: {} }],
    ['\ufeff\ufeff{}', MALFORMED],
    ['', 'malformed_body: an empty body'],
    ['{', MALFORMED],
    ['{}{}', MALFORMED],
    ["{'a':1}", MALFORMED],
    ['undefined', MALFORMED],
    ['{} // comment', MALFORMED],
  ])('readStream of %j returns %j', async (text, expected) => {
    expect(await read(1000, toBytes(text))).toEqual(expected)
  })

  it('readStream of a stream without chunks returns malformed_body', async () => {
    expect(await read(1000)).toBe('malformed_body: an empty body')
  })

  it.each([
    ['an invalid byte', [0x22, 0xff, 0x22]],
    ['an incomplete character at the end', [0x22, 0xc3]],
    ['an incomplete character before the end', [0x22, 0xc3, 0x22]],
    ['an overlong encoding', [0x22, 0xc1, 0xa1, 0x22]],
    ['a surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['UTF-16', [0xff, 0xfe, 0x37, 0x00]],
  ])('readStream of a body with %s returns malformed_body', async (_what, bytes) => {
    expect(await read(1000, Uint8Array.from(bytes))).toBe(NOT_UTF8)
    expect(await read(1000, ...bytes.map((byte) => Uint8Array.of(byte)))).toBe(NOT_UTF8)
  })

  it('readStream returns a body that has exactly the maximum number of bytes, and body_too_large for one byte more', async () => {
    const bytes = toBytes('"\u00e9\u{1f600}"')
    expect(bytes).toHaveLength(8)
    expect(await read(8, bytes)).toEqual({ value: '\u00e9\u{1f600}' })
    expect(await read(7, bytes)).toBe(LARGE)
    const single = Array.from(bytes, (byte) => Uint8Array.of(byte))
    expect(await read(8, ...single)).toEqual({ value: '\u00e9\u{1f600}' })
    expect(await read(7, ...single)).toBe(LARGE)
    // An empty chunk has no bytes.
    expect(await read(8, bytes, new Uint8Array())).toEqual({ value: '\u00e9\u{1f600}' })
  })

  it.each([1, 7, 4095, 4096, 4097, 5000, 12_000, 20_000])(
    'readStream returns a body of 20,000 bytes whose chunks have %i bytes',
    async (size) => {
      const value = Array.from({ length: 19_998 }, (_, i) =>
        String.fromCharCode(97 + (i % 26)),
      ).join('')
      const bytes = toBytes(JSON.stringify(value))
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      )
      expect(await read(bytes.length, ...chunks)).toEqual({ value })
      expect(await read(bytes.length - 1, ...chunks)).toBe(LARGE)
      expect(await read(1_000_000, ...chunks)).toEqual({ value })
    },
  )

  it('readStream stops after the first chunk above the limit, and cancels the stream', async () => {
    const chunk = toBytes('1'.repeat(10))
    const { stream, state } = createStream([chunk, chunk, chunk, chunk])
    expect(summarize(await readStream(stream, 15))).toBe(LARGE)
    expect(state).toEqual({ read: 20, isCancelled: true })
  })

  it('readStream rejects with the error of a stream that fails', async () => {
    async function* fail() {
      yield toBytes('{')
      throw new Error('The client has disconnected.')
    }
    await expect(readStream(fail(), 100)).rejects.toThrow('The client has disconnected.')
  })

  it('readStream returns the value of a text, wherever its bytes are split into chunks', async () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 })
    const cuts = fc.array(fc.nat(60), { maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(text, cuts, async (value, at) => {
        const bytes = toBytes(JSON.stringify(value))
        const ends = [...at.filter((cut) => cut < bytes.length), bytes.length].sort((a, b) => a - b)
        const chunks = ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end))
        expect(await read(bytes.length, ...chunks)).toEqual({ value })
        expect(await read(bytes.length - 1, ...chunks)).toBe(LARGE)
      }),
    )
  })
})

it('readStream does not write to the chunks of a stream', async () => {
  const bytes = toBytes('[1,2,3]4')
  const chunks = [bytes.subarray(0, 4), new Uint8Array(), toBytes(','), toBytes('5]')]
  expect(await read(1000, ...chunks)).toEqual({ value: [1, 2, 5] })
  expect(bytes).toEqual(toBytes('[1,2,3]4'))
})

describe('hasBytes', () => {
  it('hasBytes returns true after the first chunk with bytes, and cancels the stream', async () => {
    const { stream, state } = createStream([new Uint8Array(), toBytes('a'), toBytes('b')])
    expect(await hasBytes(stream)).toBe(true)
    expect(state).toEqual({ read: 1, isCancelled: true })
  })

  it('hasBytes returns false for a stream without bytes', async () => {
    expect(await hasBytes(createStream([]).stream)).toBe(false)
    expect(await hasBytes(createStream([new Uint8Array()]).stream)).toBe(false)
  })
})

describe('checkLength', () => {
  it.each<[expected: string | undefined, value: string | null | undefined]>([
    [undefined, undefined],
    [undefined, null],
    [undefined, ''],
    [undefined, '0'],
    [undefined, '10'],
    [LARGE, '11'],
    [LARGE, '99999999999999999999999'],
    // A value that is not a number is ignored, and the bytes are counted while the body is read.
    [undefined, 'many'],
  ])('checkLength returns %s for Content-Length %j and a limit of 10', (expected, value) => {
    expect(summarize(checkLength(value, 10))).toBe(expected)
  })
})

describe('parseRead', () => {
  it('parseRead returns the same object for a body that was parsed', () => {
    for (const body of [{ a: 1 }, [], null, 7, true])
      expect(parseRead(body)).toEqual({ value: body })
    const body = {}
    const parsed = parseRead(body)
    expect('value' in parsed && parsed.value).toBe(body)
  })

  it('parseRead parses a text, and the bytes of a Buffer or Uint8Array', () => {
    for (const body of ['{"a":1}', toBytes('{"a":1}'), Buffer.from('{"a":1}')])
      expect(parseRead(body)).toEqual({ value: { a: 1 } })
    expect(summarize(parseRead('{'))).toBe(MALFORMED)
    expect(summarize(parseRead(''))).toBe('malformed_body: an empty body')
    expect(summarize(parseRead(Uint8Array.of(0xff)))).toBe(NOT_UTF8)
  })
})
