import { createSecretKey } from 'node:crypto'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { fc } from '../../../../test/support/property.ts'
import { isSameData } from '../../src/lib/is-same-data.ts'

const call = () => true
const secret = createSecretKey(Buffer.from('a secret of more than 32 characters'))

describe('isSameData', () => {
  it.each<[what: string, a: unknown, b: unknown]>([
    ['equal texts', 'a', 'a'],
    ['NaN', Number.NaN, Number.NaN],
    ['undefined', undefined, undefined],
    ['equal objects', { a: 1, b: { c: [1, 2] } }, { a: 1, b: { c: [1, 2] } }],
    ['objects with another order of members', { a: 1, b: 2 }, { b: 2, a: 1 }],
    ['objects with and without a prototype', { a: 1 }, { __proto__: null, a: 1 }],
    ['objects of two realms', { a: [1] }, runInNewContext('({ a: [1] })')],
    ['a frozen object and an equal object that is not frozen', Object.freeze({ a: 1 }), { a: 1 }],
    ['empty arrays', [], []],
    ['equal byte arrays', Uint8Array.of(1, 2), Uint8Array.of(1, 2)],
    ['a Buffer and a byte array', Buffer.of(1, 2), Uint8Array.of(1, 2)],
    ['the same function', call, call],
    ['the same key object', { secret }, { secret }],
  ])('isSameData returns true for %s', (_, a, b) => {
    expect([isSameData(a, b), isSameData(b, a)]).toEqual([true, true])
  })

  it.each<[what: string, a: unknown, b: unknown]>([
    ['different texts', 'a', 'b'],
    ['a number and its text', 1, '1'],
    ['null and undefined', null, undefined],
    ['null and an object', null, {}],
    ['zero and minus zero', 0, -0],
    ['an object with one more member', { a: 1 }, { a: 1, b: 2 }],
    ['a missing member and an undefined one', { a: 1 }, { a: 1, b: undefined }],
    ['members with other names', { a: undefined }, { b: undefined }],
    ['a member and an inherited one', { toString: Object.prototype.toString }, { a: 1 }],
    ['arrays in another order', [1, 2], [2, 1]],
    ['arrays of another length', [1], [1, 2]],
    ['an array and an object with its members', ['a'], { 0: 'a' }],
    ['a text and an array with it', 'a', ['a']],
    ['different bytes', Uint8Array.of(1, 2), Uint8Array.of(1, 3)],
    ['bytes and an array', Uint8Array.of(1, 2), [1, 2]],
    ['two functions with the same text', () => 1, () => 1],
    ['two instances of a class', new Map(), new Map()],
    ['two dates', new Date(0), new Date(0)],
    [
      'two key objects with the same secret',
      secret,
      createSecretKey(Buffer.from('a secret of more than 32 characters')),
    ],
    ['deep values that differ', { a: [{ b: 1 }] }, { a: [{ b: 2 }] }],
  ])('isSameData returns false for %s', (_, a, b) => {
    expect([isSameData(a, b), isSameData(b, a)]).toEqual([false, false])
  })

  it('isSameData returns true for a copy of any JSON value, and false after a value was added or replaced', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (value, other) => {
        expect(isSameData(value, structuredClone(value))).toBe(true)
        expect(isSameData({ a: [value], b: 1 }, { a: [structuredClone(value)], b: 1 })).toBe(true)
        expect(isSameData(value, other)).toBe(isSameData(other, value))
        expect(isSameData({ a: [value] }, { a: [value, other] })).toBe(false)
        expect(isSameData({ a: value }, { a: { new: value } })).toBe(false)
      }),
    )
  })
})
