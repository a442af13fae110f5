import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { mustBeAwaited } from '../../src/lib/must-be-awaited.ts'

describe('mustBeAwaited', () => {
  it('returns the promise, whose members throw until it is awaited', async () => {
    const given = Promise.resolve({ kind: 'granted' })
    const promise = mustBeAwaited(given, ['kind', 'reason'])
    expect(promise).toBe(given)
    for (const name of ['kind', 'reason']) {
      const read = () => (promise as unknown as Record<string, unknown>)[name]
      expect(read).toThrow(`The result was not awaited, so it has no ${name}: write await.`)
    }
    expect(await promise).toEqual({ kind: 'granted' })
  })

  it('throws where the members are copied', async () => {
    const promise = mustBeAwaited(Promise.resolve('a'), ['kind'])
    const copy = (given: object) => Object.assign({}, given)
    expect(() => copy(promise)).toThrow('write await')
  })

  it('handles a rejection whose promise was read and dropped', async () => {
    const rejected = mustBeAwaited(Promise.reject(new Error('a')), ['kind'])
    expect(() => (rejected as unknown as { kind: unknown }).kind).toThrow('write await')
    // The test run fails on an unhandled rejection.
    await new Promise(setImmediate)
  })

  it('changes nothing about how a promise is printed, but for the names, or combined', async () => {
    const promise = mustBeAwaited(Promise.resolve('a'), ['kind'])
    expect(inspect(promise)).toBe("Promise { 'a', kind: [Getter] }")
    expect(await Promise.all([promise, promise])).toEqual(['a', 'a'])
  })
})
