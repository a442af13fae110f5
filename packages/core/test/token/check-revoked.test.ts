import { runInNewContext } from 'node:vm'
import { calculateJwkThumbprint } from 'jose'
import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../../test/support/fake-clock.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../../test/support/issuer.ts'
import { generateKey } from '../../../../test/support/keys.ts'
import { requestWith } from '../../../../test/support/requests.ts'
import { watchProcess } from '../../../../test/support/watch-process.ts'
import {
  type AccessToken,
  createResourceServer,
  type Outcome,
  type ResourceServerOptions,
} from '../../src/index.ts'
import { issuing } from './introspection/setup.ts'

const faults = watchProcess()
const clock = fakeClock()
const issuer = createTestIssuer({ now: () => clock.seconds() })
const token = issuer.token()

type Revoked = NonNullable<ResourceServerOptions['revoked']>

/** Creates a server with the option `revoked`. `calls` contains the token of each call. The function may return any value. */
function createServer(
  revoked: (token: AccessToken) => unknown,
  options: Partial<ResourceServerOptions> = {},
) {
  const calls: AccessToken[] = []
  const server = createResourceServer({
    issuer: ISSUER,
    audience: AUDIENCE,
    jwks: issuer.jwks,
    clock,
    revoked: ((verified) => {
      calls.push(verified)
      return revoked(verified)
    }) as Revoked,
    ...options,
  } as ResourceServerOptions)
  return { server, calls }
}

function show(outcome: Outcome): string {
  if (outcome.kind !== 'refused') return outcome.kind
  return `${outcome.status} ${outcome.reason}: ${outcome.explanation.found}`
}

describe('the option revoked', () => {
  it.each<[result: string, value: unknown, outcome: string]>([
    ['false', false, 'granted'],
    ['true', true, '401 revoked: true'],
    ['undefined', undefined, '503 revocation_unavailable: nothing'],
    ['null', null, '503 revocation_unavailable: null'],
    ['0', 0, '503 revocation_unavailable: a number'],
    ['1', 1, '503 revocation_unavailable: a number'],
    ['an empty text', '', '503 revocation_unavailable: an empty string'],
    ['the text false', 'false', '503 revocation_unavailable: a string'],
    ['an array', [], '503 revocation_unavailable: an array'],
    ['an object', {}, '503 revocation_unavailable: an object'],
    ['a boxed false', Object(false), '503 revocation_unavailable: an object'],
  ])(
    'the outcome of a guard is $2 if revoked() returns %s, or a promise of this value',
    async (_, value, outcome) => {
      const now = createServer(() => value).server.guard()(requestWith(token))
      expect(now).not.toBeInstanceOf(Promise)
      expect(show(now as Outcome)).toBe(outcome)
      const later = createServer(async () => value).server.guard()(requestWith(token))
      expect(show(await later)).toBe(outcome)
      const foreign = () => runInNewContext('Promise.resolve(value)', { value }) as unknown
      expect(show(await createServer(foreign).server.guard()(requestWith(token)))).toBe(outcome)
    },
  )

  it.each<[fault: string, revoked: () => unknown, found: string]>([
    [
      'throws an error',
      () => {
        throw new Error('secret')
      },
      'an error',
    ],
    ['throws undefined', () => runInNewContext('throw undefined') as unknown, 'an error'],
    ['rejects', () => Promise.reject(new Error('secret')), 'an error'],
    [
      'rejects with an error of the system',
      () => Promise.reject(Object.assign(new Error('secret'), { code: 'ECONNREFUSED' })),
      'an error (ECONNREFUSED)',
    ],
    [
      'rejects with an error whose members throw',
      () =>
        Promise.reject(
          new Proxy(
            {},
            {
              get: () => {
                throw new Error('secret')
              },
            },
          ),
        ),
      'an error',
    ],
    [
      'returns an object whose method then() throws',
      () =>
        new Proxy(
          {},
          {
            has: () => true,
            get: () => {
              throw new Error('secret')
            },
          },
        ),
      'an error',
    ],
  ])('a guard responds with 503 and Retry-After if revoked() %s', async (_, revoked, found) => {
    const outcome = await createServer(revoked).server.guard()(requestWith(token))
    expect(show(outcome)).toBe(`503 revocation_unavailable: ${found}`)
    expect(outcome.headers).toMatchObject({ 'Retry-After': '1' })
    expect(JSON.stringify(outcome)).not.toContain('secret')
    expect(await faults.faults()).toEqual([])
  })

  it('a guard responds with 503 after one second without a result, and ignores a later result', async () => {
    let resolve: (result: boolean) => void = () => {}
    const { server } = createServer(() => new Promise((settle) => (resolve = settle)))
    const outcome = server.guard()(requestWith(token))
    await clock.pass(0.999)
    const early = await Promise.race([outcome, Promise.resolve('pending')])
    expect(early).toBe('pending')
    await clock.pass(0.001)
    expect(show(await outcome)).toBe('503 revocation_unavailable: no result within 1 s')
    const request = { ...requestWith(token), raw: {} }
    const next = server.guard()(request)
    await clock.pass(1)
    expect(show(await next)).toContain('503')
    resolve(false)
    expect(clock.pending()).toBe(0)
    expect(await faults.faults()).toEqual([])
    const again = server.guard()(request)
    await clock.pass(1)
    expect(show(await again)).toContain('503')
  })

  it('a guard calls revoked with the frozen token, even if the token is cached', () => {
    const { server, calls } = createServer(() => false)
    const guard = server.guard()
    for (let i = 1; i <= 4; i++) {
      expect(show(guard(requestWith(token)) as Outcome)).toBe('granted')
      expect(calls).toHaveLength(i)
    }
    expect(calls[0]!.clientId).toBe('reports-cron')
    expect(Object.isFrozen(calls[3]!)).toBe(true)
  })

  it('guards of a request share a result of revoked for one second, and the next request causes a new call', async () => {
    let isRevoked = false
    const { server, calls } = createServer(async () => isRevoked)
    const [first, second] = [server.guard(), server.guard({ scope: 'read' })]
    const request = { ...requestWith(token), raw: {} }
    const outcomes = await Promise.all([first(request), second(request)])
    expect(outcomes.map(show)).toEqual(['granted', 'granted'])
    expect(calls).toHaveLength(1)
    isRevoked = true
    clock.advance(0.999)
    expect(show(await first(request))).toBe('granted')
    expect(show(await first({ ...request, raw: {} }))).toBe('401 revoked: true')
    expect(calls).toHaveLength(2)
    clock.advance(0.001)
    expect(show(await first(request))).toBe('401 revoked: true')
    expect(calls).toHaveLength(3)
  })

  it('a guard calls revoked again if the wall clock shows that a second has passed', async () => {
    const results = [false, true]
    const { server } = createServer(() => results.shift())
    const request = { ...requestWith(token), raw: {} }
    expect(show(await server.guard()(request))).toBe('granted')
    clock.jump(1)
    expect(show(await server.guard()(request))).toBe('401 revoked: true')
    clock.jump(-1)
  })

  it('a guard calls revoked again after a new introspection response for the token of the request', async () => {
    const results = [false, true, false]
    const { server, token: sign } = await issuing('jwt', {
      options: { revoked: () => results.shift()! },
    })
    const request = { ...requestWith(sign()), raw: {} }
    expect(show(await server.guard()(request))).toBe('granted')
    expect(show(await server.guard({ introspect: true })(request))).toBe('401 revoked: true')
    expect(show(await server.guard({ introspect: true })(request))).toBe('401 revoked: true')
  })

  it('a guard refuses a token whose key is distrusted while the guard waits for revoked', async () => {
    let resolve: (result: boolean) => void = () => {}
    const { server, calls } = createServer(() => new Promise((settle) => (resolve = settle)))
    const outcome = server.guard()(requestWith(token))
    const thumbprint = await calculateJwkThumbprint(issuer.jwks.keys[0]!)
    server.distrustKey({ issuer: ISSUER, thumbprint })
    resolve(false)
    expect(show(await outcome)).toContain('401 unknown_key')
    expect(calls).toHaveLength(1)
  })

  it.each([
    ['revoked', [0, 1], 0],
    ['check, and then during revoked', [1], 1],
  ])(
    'a guard calls revoked() three times and check() at most once if two keys are distrusted during %s',
    async (_, distrustedIn, checksBefore) => {
      const others = [generateKey('ES256', 'b'), generateKey('ES256', 'c')]
      const thumbprints = await Promise.all(others.map(({ jwk }) => calculateJwkThumbprint(jwk)))
      const distrustNext = () =>
        server.distrustKey({ issuer: ISSUER, thumbprint: thumbprints.pop()! })
      const jwks = { keys: [...issuer.jwks.keys, ...others.map(({ jwk }) => jwk)] }
      let asked = 0
      const revoked = async () => {
        if (distrustedIn.includes(asked)) distrustNext()
        return asked++ === 2
      }
      const { server } = createServer(revoked, { jwks })
      let checks = 0
      const check = async () => {
        checks++
        distrustNext()
        return true
      }
      const outcome = await server.guard({ check })(requestWith(token))
      expect([show(outcome), asked, checks]).toEqual(['401 revoked: true', 3, checksBefore])
    },
  )

  it.each([
    ['inactive', { active: false }, '401 inactive'],
    ['bound to a key', { active: true, cnf: { jkt: 'a' } }, '401 unsupported_binding'],
  ])(
    'a guard waits for revoked(), and another guard of the request learns that the token is %s: both refuse the token',
    async (_, response, expected) => {
      let resolve: (result: boolean) => void = () => {}
      const revoked = () => new Promise<boolean>((settle) => (resolve = settle))
      const { server, endpoint, token: sign } = await issuing('jwt', { options: { revoked } })
      endpoint.answer(response)
      const request = { ...requestWith(sign()), raw: {} }
      const waiting = server.guard()(request)
      expect(show(await server.guard({ introspect: true })(request))).toContain(expected)
      resolve(false)
      expect(show(await waiting)).toContain(expected)
    },
  )

  it('a result of revoked is not used by another server, or for other credentials of the same request', async () => {
    const [one, other] = [createServer(() => false), createServer(() => true)]
    const request = { ...requestWith(token), raw: {} }
    expect(show(await one.server.guard()(request))).toBe('granted')
    expect(show(await other.server.guard()(request))).toBe('401 revoked: true')
    const changed = { ...requestWith(issuer.token({ claims: { jti: 'b' } })), raw: request.raw }
    expect(show(await one.server.guard()(changed))).toBe('granted')
    expect(one.calls.map(({ claims }) => claims['jti'])).toEqual([expect.anything(), 'b'])
  })

  it('an optional guard refuses a revoked token, and accepts an anonymous request without a call of revoked', async () => {
    const { server, calls } = createServer(() => true)
    const guard = server.guard({ optional: true })
    expect(show(await guard(requestWith(token)))).toBe('401 revoked: true')
    expect(show(await guard({ method: 'GET', url: '/', headers: {} }))).toBe('anonymous')
    expect(calls).toHaveLength(1)
  })

  it('a later guard of a request calls revoked again after the clock has failed', async () => {
    let isBroken = true
    const broken = {
      now: clock.now,
      monotonic: clock.monotonic,
      after(...given: Parameters<typeof clock.after>) {
        if (isBroken) throw new Error('no timers')
        return clock.after(...given)
      },
    }
    const { server, calls } = createServer(async () => false, { clock: broken })
    const request = { ...requestWith(token), raw: {} }
    await expect(server.guard()(request)).rejects.toThrow('no timers')
    isBroken = false
    expect(show(await server.guard()(request))).toBe('granted')
    expect(calls).toHaveLength(2)
    expect(await faults.faults()).toEqual([])
  })

  it('a later guard of a request calls revoked again after a 503', async () => {
    let result: unknown
    const { server, calls } = createServer(async () => result)
    const request = { ...requestWith(token), raw: {} }
    expect(show(await server.guard()(request))).toContain('503')
    result = false
    expect(show(await server.authorize(request))).toBe('granted')
    expect(calls).toHaveLength(2)
  })

  it('verify() calls revoked() each time, even for the same token', () => {
    const results = [false, true]
    const { server, calls } = createServer(() => results.shift())
    expect(show(server.verify(token) as Outcome)).toBe('granted')
    expect(show(server.verify(token) as Outcome)).toBe('401 revoked: true')
    expect(calls).toHaveLength(2)
  })

  it('a guard does not call revoked for an invalid token, and calls revoked before the requirements are checked', async () => {
    const { server, calls } = createServer(() => true)
    const refused = [
      issuer.token({ claims: { exp: 1 } }),
      issuer.token({ claims: { cnf: { jkt: 'a' } } }),
      'not-a-token',
    ]
    for (const each of refused) {
      expect(show(await server.guard()(requestWith(each)))).not.toContain('revoked')
    }
    expect(calls).toHaveLength(0)
    const outcome = await server.guard({ scope: 'admin' })(requestWith(token))
    expect(show(outcome)).toBe('401 revoked: true')
  })
})
