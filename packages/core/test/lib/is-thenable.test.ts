import { createContext, runInContext } from 'node:vm'
import { expect, it } from 'vitest'
import { isThenable } from '../../src/lib/is-thenable.ts'

/** Sets the prototype of a value to that of promises, so that the value has a function `then`. */
const withThen = (value: object): object =>
  Object.setPrototypeOf(value, Promise.prototype) as object

it.each<[string, unknown]>([
  ['a promise', Promise.resolve()],
  ['a promise of another realm', runInContext('Promise.resolve()', createContext())],
  ['an object with a function then', withThen({})],
  ['a function with a function then, such as the promise of a Durable Object', withThen(() => {})],
])('isThenable returns true for %s', (_, value) => {
  expect(isThenable(value)).toBe(true)
})

it.each([undefined, null, true, 'then', 1, {}, [], () => {}, Symbol('then')])(
  'isThenable returns false for %o',
  (value) => {
    expect(isThenable(value)).toBe(false)
  },
)
