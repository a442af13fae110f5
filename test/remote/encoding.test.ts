import { expect, it } from 'vitest'
import { decode, encode, type Encoded } from './encoding.ts'

const send = (value: unknown) =>
  decode(JSON.parse(JSON.stringify(encode(value, 'value'))) as Encoded)

it.each<[string, unknown]>([
  ['undefined', undefined],
  ['a member that is undefined', { a: undefined }],
  ['a number that is not finite', [Infinity, -Infinity, NaN]],
  ['the negative zero', -0],
  ['bytes', Uint8Array.of(0, 128, 255)],
  ['an array that looks like an encoded value', ['undefined', ['bytes', 1]]],
  ['a lone surrogate', '\ud800'],
  ['null and booleans', { a: null, b: [true, false] }],
])('decode returns the value that encode got: %s', (_what, value) => {
  expect(send(value)).toStrictEqual(value)
})

it('decode returns a member __proto__ as a member', () => {
  const value = JSON.parse('{"__proto__":{"polluted":true}}') as object
  const decoded = send(value) as object
  expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype)
  expect(Object.entries(decoded)).toEqual([['__proto__', { polluted: true }]])
})

it('encode throws an error with the name of a value that has no encoding', () => {
  expect(() => encode({ a: [() => {}] }, 'value')).toThrow('value.a.0 cannot be sent')
  expect(() => encode({ when: new Date() }, 'value')).toThrow('value.when cannot be sent')
})
