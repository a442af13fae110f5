import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { mustBeAwaited } from '../../src/lib/must-be-awaited.ts'

describe('mustBeAwaited', () => {
  it('mustBeAwaited returns the same promise, whose given members throw when they are read', async () => {
    const given = Promise.resolve({ kind: 'granted' })
    const promise = mustBeAwaited(given, ['kind', 'reason'])
    expect(promise).toBe(given)
    for (const name of ['kind', 'reason']) {
      const read = () => (promise as unknown as Record<string, unknown>)[name]
      expect(read).toThrow(`The result was not awaited, so it has no ${name}: write await.`)
    }
    expect(await promise).toEqual({ kind: 'granted' })
  })

  it('mustBeAwaited makes Object.assign() throw if it copies the promise', async () => {
    const promise = mustBeAwaited(Promise.resolve('a'), ['kind'])
    const copy = (given: object) => Object.assign({}, given)
    expect(() => copy(promise)).toThrow('write await')
  })

  it('mustBeAwaited prevents an unhandled rejection of a promise whose member was read', async () => {
    const rejected = mustBeAwaited(Promise.reject(new Error('a')), ['kind'])
    expect(() => (rejected as unknown as { kind: unknown }).kind).toThrow('write await')
    // Vitest fails the run if a rejection is not handled.
    await new Promise(setImmediate)
  })

  it('mustBeAwaited adds only the given members to the text of inspect(), and does not change the result of Promise.all()', async () => {
    const promise = mustBeAwaited(Promise.resolve('a'), ['kind'])
    expect(inspect(promise)).toBe("Promise { 'a', kind: [Getter] }")
    expect(await Promise.all([promise, promise])).toEqual(['a', 'a'])
  })
})
