import { describe, expect, it } from 'vitest'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../../test/support/issuer.ts'
import { bearer, requestWith } from '../../../../test/support/requests.ts'
import { createGuardCaller } from '../support/create-guard-caller.ts'
import {
  type BearwardEvent,
  createResourceServer,
  type Granted,
  getToken,
  type Outcome,
  type RequestLike,
} from '../../src/index.ts'

const issuer = createTestIssuer()
const options = { issuer: ISSUER, audience: AUDIENCE, jwks: issuer.jwks } as const
const withoutToken: RequestLike = { method: 'GET', url: '/', headers: {} }

describe('a web Request', () => {
  const web = (headers: HeadersInit = {}) => new Request('https://api.example.com/r', { headers })
  const authorization = () => bearer(issuer.token()).headers.authorization

  it.each<[string, (headers: HeadersInit) => RequestLike]>([
    ['a web Request', web],
    ['an object with Headers', (init) => ({ ...withoutToken, headers: new Headers(init) })],
    [
      'an object with Headers and empty rawHeaders',
      (init) => ({ ...withoutToken, rawHeaders: [], headers: new Headers(init) }),
    ],
  ])('a guard reads Authorization, but not Proxy-Authorization, in %s', (_, make) => {
    const server = createResourceServer(options)
    const decide = (init: HeadersInit, requirements = {}) =>
      createGuardCaller(server)(make(init), requirements)
    expect(decide({ authorization: authorization() })).toMatchObject({ kind: 'granted' })
    expect(decide({ AUTHORIZATION: authorization() })).toMatchObject({ kind: 'granted' })
    expect(decide({})).toMatchObject({ status: 401, reason: 'no_credentials' })
    expect(decide({}, { optional: true })).toMatchObject({ kind: 'anonymous' })
    const proxy = { 'proxy-authorization': authorization() }
    expect(decide(proxy)).toMatchObject({ reason: 'no_credentials' })
    for (const optional of [true, false]) {
      for (const [value, status, reason] of [
        ['', 400, 'malformed_credentials'],
        ['Bearer', 400, 'malformed_credentials'],
        ['Bearer a.b.c', 401, 'malformed_token'],
        ['Basic dTpw', 401, 'unsupported_scheme'],
      ] as const) {
        const outcome = decide({ authorization: value }, { optional })
        expect(outcome, value).toMatchObject({ kind: 'refused', status, reason })
      }
    }
  })

  it.each<[string, () => RequestLike & { readonly headers: Headers }]>([
    ['a web Request', web],
    ['an object with Headers', () => ({ ...withoutToken, headers: new Headers() })],
  ])('a guard refuses %s with several Authorization lines, which Headers joins', (_, make) => {
    const server = createResourceServer(options)
    for (const lines of [
      [authorization(), authorization()],
      [authorization(), 'Bearer a.b.c'],
      ['Bearer a.b.c', authorization()],
      [authorization(), 'Basic dTpw'],
      ['Basic dTpw', authorization()],
      [authorization(), 'DPoP a.b.c'],
      [authorization(), ''],
      ['', authorization()],
      [authorization(), authorization(), authorization()],
    ]) {
      for (const optional of [true, false]) {
        const one = make()
        for (const line of lines) one.headers.append('Authorization', line)
        const outcome = createGuardCaller(server)(one, { optional })
        expect(outcome, String(lines)).toMatchObject({
          kind: 'refused',
          status: 400,
          reason: expect.stringMatching(/^(?:multiple|malformed)_credentials$/),
        })
        expect(() => getToken(one)).toThrow('before a guard granted')
      }
    }
  })

  it('onEvent, check and getToken use a web Request as the request of the framework, and add no members to it', () => {
    const received: unknown[] = []
    const onEvent = (_: BearwardEvent, raw?: object) => received.push(raw)
    const server = createResourceServer({ ...options, onEvent })
    const one = web({ authorization: authorization() })
    const seen: unknown[] = []
    const check = (...given: unknown[]) => seen.push(...given) > 0
    const outcome = createGuardCaller(server)(one, { check }) as Granted
    expect(outcome.kind).toBe('granted')
    expect(createGuardCaller(server)(one)).toMatchObject({ kind: 'granted' })
    expect(getToken(one)).toBe(outcome.token)
    expect(createGuardCaller(server)(one, { scope: 'admin' })).toMatchObject({ status: 403 })
    expect(seen[0]).toBe(outcome.token)
    expect(seen[1]).toBe(one)
    expect(() => getToken(one)).toThrow('after a guard refused')
    expect(received).toHaveLength(2)
    for (const raw of received) expect(raw).toBe(one)
    expect(Reflect.ownKeys(one)).toEqual(Reflect.ownKeys(web()))
  })

  it('a guard does not read the body of a web Request', async () => {
    const server = createResourceServer(options)
    const headers = { authorization: authorization() }
    const one = new Request('https://api.example.com/r', { method: 'POST', body: 'text', headers })
    expect(createGuardCaller(server)(one)).toMatchObject({ kind: 'granted' })
    expect([one.bodyUsed, await one.text()]).toEqual([false, 'text'])
  })
})

describe('a RequestLike while Object.prototype has members', () => {
  const token = issuer.token()
  const other = issuer.token({ claims: { client_id: 'other' } })
  const line = ['Authorization', `Bearer ${other}`]

  /** Calls guards with requests of each kind while `Object.prototype` has the member. Returns the outcomes and the client ids. */
  function getOutcomes(member: object) {
    const server = createResourceServer(options)
    const guard = server.guard()
    const optional = server.guard({ optional: true })
    const requests = [
      requestWith(token),
      { ...withoutToken, rawHeaders: ['Authorization', `Bearer ${token}`] },
      { ...withoutToken, headers: new Headers(bearer(token).headers) },
      new Request('https://api.example.com/', bearer(token)),
    ]
    const without = [
      { ...withoutToken },
      { ...withoutToken, rawHeaders: ['Host', 'api'] },
      { ...withoutToken, headers: new Headers() },
      new Request('https://api.example.com/'),
    ]
    Object.assign(Object.prototype, member)
    try {
      return {
        with: requests.map((one) => guard(one) as Outcome),
        clientIds: requests.map((one) => getToken(one).clientId),
        without: without.map((one) => guard(one) as Outcome),
        optional: without.map((one) => optional(one) as Outcome),
      }
    } finally {
      for (const name of Object.keys(member)) Reflect.deleteProperty(Object.prototype, name)
    }
  }

  it.each<[string, object]>([
    ['a method get that returns null', { get: () => null }],
    ['a method get that returns another token', { get: () => `Bearer ${other}` }],
    ['an empty object as raw', { raw: {} }],
    ['a request with another token as raw', { raw: requestWith(other) }],
    ['rawHeaders without a token', { rawHeaders: ['Host', 'api'] }],
    ['rawHeaders with another token', { rawHeaders: line }],
    ['rawHeaders with too many lines', { rawHeaders: Array(2000).fill('x') }],
    ['an empty array as rawHeaders', { rawHeaders: [] }],
  ])('a guard ignores %s on Object.prototype', (_, member) => {
    const outcomes = getOutcomes(member)
    const granted = { kind: 'granted', token: { clientId: 'reports-cron' } }
    const refused = { kind: 'refused', reason: 'no_credentials' }
    expect(outcomes.with).toMatchObject([granted, granted, granted, granted])
    expect(outcomes.clientIds).toEqual(outcomes.with.map(() => 'reports-cron'))
    expect(outcomes.without).toMatchObject([refused, refused, refused, refused])
    expect(outcomes.optional.map(({ kind }) => kind)).toEqual(
      outcomes.without.map(() => 'anonymous'),
    )
  })
})
