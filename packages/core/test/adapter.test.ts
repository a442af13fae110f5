import { describe, expect, it } from 'vitest'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../test/support/issuer.ts'
import { callNext, defineAdapter, getUnmetGuard, pending } from '../src/adapter.ts'

const issuer = createTestIssuer()
const options = { issuer: ISSUER, audience: AUDIENCE, jwks: issuer.jwks }
const bearer = (token: string) => `Bearer ${token}`

/** The request of a framework. */
interface Raw {
  readonly url: string
  readonly authorization: string
}

/** Creates an adapter that records its calls. Its `toRequest` throws for the address `//[`. */
function createAdapter(changes: object = {}) {
  const calls: string[] = []
  const adapter = defineAdapter<[Raw, (() => string)?], unknown>({
    toRequest: ({ url, authorization }) => ({
      method: 'GET',
      url: new URL(url, 'https://api.example.com').pathname,
      headers: { authorization },
    }),
    grant: () => void calls.push('grant'),
    proceed: (_raw, next) => callNext(next!),
    setHeaders: () => {},
    respond({ status }) {
      calls.push(`respond: ${status}`)
      return pending()
    },
    fail(error) {
      calls.push(`fail: ${error.name}`)
      return 'failed'
    },
    environment: {},
    ...changes,
  })
  const { requireToken } = adapter.createBearward(options)
  return { ...adapter, calls, guard: requireToken() }
}

describe('a guard of an adapter', () => {
  it('a guard calls the next handler after a grant, and returns the result of this handler', () => {
    const { guard, calls, auth } = createAdapter()
    const raw = { url: '/', authorization: bearer(issuer.token()) }
    expect(guard(raw, () => 'handled')).toBe('handled')
    expect(calls).toEqual(['grant'])
    expect(getUnmetGuard(raw)).toBeUndefined()
    expect(auth(raw).issuer).toBe(ISSUER)
  })

  it('a guard that is called without next throws an error that names next', () => {
    const { guard } = createAdapter()
    const raw = { url: '/', authorization: bearer(issuer.token()) }
    expect(() => guard(raw)).toThrow('A guard was called without next.')
  })

  it('a guard whose toRequest() throws keeps the request pending, and auth() throws, even after an earlier grant', () => {
    const { guard, calls, auth } = createAdapter()
    const raw = { url: '//[', authorization: bearer(issuer.token()) }
    expect(guard(raw, () => 'handled')).toBe('failed')
    expect(getUnmetGuard(raw)).toBe('pending')

    const granted = { url: '/', authorization: bearer(issuer.token()) }
    void guard(granted, () => 'handled')
    void guard(Object.assign(granted, { url: '//[' }), () => 'handled')
    expect(getUnmetGuard(granted)).toBe('pending')
    expect(() => auth(granted)).toThrow('auth(...) was called')
    expect(calls).toEqual(['fail: TypeError', 'grant', 'fail: TypeError'])
  })

  it('a guard passes errors of grant(), setHeaders() and respond() to fail()', () => {
    const fault = () => {
      throw new RangeError('an error of the adapter')
    }
    for (const [changes, token] of [
      [{ grant: fault }, issuer.token()],
      [{ setHeaders: fault }, issuer.token()],
      [{ respond: fault }, 'x.y.z'],
    ] as const) {
      const { guard, calls } = createAdapter(changes)
      expect(guard({ url: '/', authorization: bearer(token) }, () => 'handled')).toBe('failed')
      expect(calls).toEqual(['fail: RangeError'])
    }
  })
})
