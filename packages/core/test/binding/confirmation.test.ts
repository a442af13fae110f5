import { describe, expect, it } from 'vitest'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../../test/support/issuer.ts'
import { fc } from '../../../../test/support/property.ts'
import { requestWith } from '../../../../test/support/requests.ts'
import {
  type Binding,
  checkBinding,
  mergeBindings,
  readBinding,
  rejectBound,
  UNBOUND,
} from '../../src/binding/confirmation.ts'
import { type BearwardEvent, createResourceServer, type Outcome } from '../../src/index.ts'
import { summarize } from '../support/refusal.ts'
import { ACTIVE, issuing, setup, summarizeOutcome } from '../token/introspection/setup.ts'

const UNSUPPORTED = 'unsupported_binding: 401 invalid_token'
/** Thumbprints of RFC 9449 section 6.1 and RFC 8705 section 3.1. */
const JKT = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'
const X5T = 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2'
const OTHER = 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs'

const BY_DPOP = 'a token bound to a DPoP key (jkt)'
const BY_CERTIFICATE = 'a token bound to a client certificate (x5t#S256)'
const BY_BOTH = 'a token bound to a DPoP key (jkt) and a client certificate (x5t#S256)'
const MALFORMED = 'a malformed cnf'
const UNKNOWN = 'an unknown cnf member'

const member = (name: string) => `the cnf member ${name}`
const check = (claims: Record<string, unknown>) =>
  checkBinding({ verified: { binding: readBinding(claims) } })

/** Values of `cnf`, and the member `found` of the `refused` event for each. */
const BOUND: readonly { readonly cnf: unknown; readonly found: string }[] = [
  { cnf: { jkt: JKT }, found: BY_DPOP },
  { cnf: { 'x5t#S256': X5T }, found: BY_CERTIFICATE },
  { cnf: { jkt: JKT, 'x5t#S256': X5T }, found: BY_BOTH },
  { cnf: { 'x5t#S256': X5T, jkt: JKT }, found: BY_BOTH },

  { cnf: {}, found: MALFORMED },
  { cnf: null, found: MALFORMED },
  { cnf: [], found: MALFORMED },
  { cnf: [JKT], found: MALFORMED },
  { cnf: [{ jkt: JKT }], found: MALFORMED },
  { cnf: '', found: MALFORMED },
  { cnf: 'x', found: MALFORMED },
  { cnf: JKT, found: MALFORMED },
  { cnf: 0, found: MALFORMED },
  { cnf: 7, found: MALFORMED },
  { cnf: false, found: MALFORMED },
  { cnf: true, found: MALFORMED },

  { cnf: { jwk: {} }, found: member('jwk') },
  { cnf: { jwk: { kty: 'EC', crv: 'P-256', x: 'a', y: 'b' } }, found: member('jwk') },
  { cnf: { kid: 'x' }, found: member('kid') },
  { cnf: { jwe: 'a.b.c.d.e' }, found: member('jwe') },
  { cnf: { jku: 'https://evil.example.com/jwks' }, found: member('jku') },
  { cnf: { unknown: 1 }, found: member('unknown') },
  { cnf: { jkt: JKT, jwk: {} }, found: member('jwk') },
  { cnf: { kid: 'x', 'x5t#S256': X5T }, found: member('kid') },
  { cnf: { JKT }, found: member('JKT') },
  { cnf: { jkT: JKT }, found: member('jkT') },
  { cnf: { 'x5t#s256': X5T }, found: member('x5t#s256') },
  { cnf: { 'x5t#S512': X5T }, found: member('x5t#S512') },
  { cnf: { x5t: X5T }, found: member('x5t') },
  { cnf: { constructor: 1 }, found: member('constructor') },
  { cnf: { hasOwnProperty: 1 }, found: member('hasOwnProperty') },
  { cnf: { toString: JKT }, found: member('toString') },

  { cnf: { ['a'.repeat(40)]: 1 }, found: member('a'.repeat(40)) },
  { cnf: { ['a'.repeat(41)]: 1 }, found: UNKNOWN },
  { cnf: { ['a'.repeat(9000)]: 1 }, found: UNKNOWN },
  { cnf: { '': 1 }, found: UNKNOWN },
  { cnf: { 'jkt ': JKT }, found: UNKNOWN },
  { cnf: { 'a b': 1 }, found: UNKNOWN },
  { cnf: { 'a\r\nb': 1 }, found: UNKNOWN },
  { cnf: { 'jkt\n': JKT }, found: UNKNOWN },
  { cnf: { 'a"b': 1 }, found: UNKNOWN },
  { cnf: { 'caf\u00e9': 1 }, found: UNKNOWN },
  { cnf: { 'jkt\0': JKT }, found: UNKNOWN },
  { cnf: { '\u202ejkt': JKT }, found: UNKNOWN },

  ...[
    '',
    'x',
    JKT.slice(1),
    `${JKT}A`,
    `${JKT}=`,
    `${JKT}\n`,
    ` ${JKT}`,
    `${JKT.slice(1)} `,
    `${JKT.slice(1)}+`,
    `${JKT.slice(1)}/`,
    `${JKT.slice(1)}\u00e9`,
    1,
    null,
    true,
    [JKT],
    { jkt: JKT },
  ].flatMap((value) => [
    { cnf: { jkt: value }, found: member('jkt') },
    { cnf: { 'x5t#S256': value }, found: member('x5t#S256') },
    { cnf: { jkt: JKT, 'x5t#S256': value }, found: member('x5t#S256') },
    { cnf: { jkt: value, 'x5t#S256': X5T }, found: member('jkt') },
  ]),
]

describe('readBinding', () => {
  it('readBinding returns UNBOUND for claims without an own member cnf', () => {
    expect(readBinding({ sub: 'a', CNF: {} })).toBe(UNBOUND)
    expect(readBinding({})).toBe(UNBOUND)
    expect(readBinding(Object.create({ cnf: { jkt: JKT } }) as object as {})).toBe(UNBOUND)
    expect(Object.isFrozen(UNBOUND)).toBe(true)
    expect(Object.keys(UNBOUND)).toEqual([])
  })

  it('readBinding returns the thumbprints of jkt and x5t#S256', () => {
    expect(readBinding({ cnf: { jkt: JKT } })).toEqual({ jkt: JKT })
    expect(readBinding({ cnf: { 'x5t#S256': X5T } })).toEqual({ x5t: X5T })
    expect(readBinding({ cnf: { jkt: JKT, 'x5t#S256': X5T } })).toEqual({ jkt: JKT, x5t: X5T })
  })

  it.each(BOUND.filter(({ found }) => ![BY_DPOP, BY_CERTIFICATE, BY_BOTH].includes(found)))(
    'readBinding returns only the unsupported member of cnf $cnf',
    ({ cnf, found }) => {
      expect(readBinding({ sub: 'a', cnf })).toEqual({ unsupported: found })
    },
  )

  it('readBinding ignores members that cnf inherits', () => {
    const cnf = Object.create({ jkt: JKT }) as object
    expect(readBinding({ cnf })).toEqual({ unsupported: MALFORMED })
    expect(readBinding({ cnf: Object.assign(cnf, { 'x5t#S256': X5T }) })).toEqual({ x5t: X5T })
  })

  it('readBinding treats __proto__ in cnf as an unknown member', () => {
    const claims = (text: string) => JSON.parse(text) as Record<string, unknown>
    for (const text of [
      '{"cnf":{"__proto__":1}}',
      `{"cnf":{"__proto__":{"jkt":"${JKT}"}}}`,
      `{"cnf":{"jkt":"${JKT}","__proto__":{}}}`,
    ]) {
      expect(readBinding(claims(text)), text).toEqual({ unsupported: member('__proto__') })
    }
    expect(readBinding(claims(`{"__proto__":{"cnf":{"jkt":"${JKT}"}}}`))).toBe(UNBOUND)
  })

  it('readBinding never returns UNBOUND for claims with any cnf', () => {
    fc.assert(
      fc.property(fc.anything(), (cnf) => {
        expect(rejectBound(readBinding({ cnf }))).toBeDefined()
      }),
    )
  })
})

describe('mergeBindings', () => {
  const jkt: Binding = { jkt: JKT }
  const x5t: Binding = { x5t: X5T }
  const both: Binding = { jkt: JKT, x5t: X5T }
  const malformed: Binding = { unsupported: MALFORMED }
  const DIFFERENT = { unsupported: 'two different bindings' }

  it('mergeBindings returns UNBOUND for two UNBOUND bindings', () => {
    expect(mergeBindings(UNBOUND, UNBOUND)).toBe(UNBOUND)
  })

  it.each([jkt, x5t, both, malformed])(
    'mergeBindings returns %j if the other binding is UNBOUND',
    (binding) => {
      expect(mergeBindings(binding, UNBOUND)).toBe(binding)
      expect(mergeBindings(UNBOUND, binding)).toBe(binding)
    },
  )

  it.each<[Binding, Binding, Binding]>([
    [jkt, { jkt: JKT }, jkt],
    [x5t, { x5t: X5T }, x5t],
    [both, { ...both }, both],
    [jkt, x5t, both],
    [both, jkt, both],
    [both, x5t, both],
  ])(
    'mergeBindings returns the members of both bindings if they agree: %j and %j',
    (first, second, merged) => {
      expect(mergeBindings(first, second)).toEqual(merged)
      expect(mergeBindings(second, first)).toEqual(merged)
    },
  )

  it.each<[Binding, Binding]>([
    [jkt, { jkt: OTHER }],
    [x5t, { x5t: OTHER }],
    [both, { jkt: OTHER }],
    [both, { x5t: OTHER }],
    [both, { jkt: JKT, x5t: OTHER }],
    [both, { jkt: OTHER, x5t: X5T }],
  ])('mergeBindings returns an unsupported binding if they differ: %j and %j', (first, second) => {
    expect(mergeBindings(first, second)).toEqual(DIFFERENT)
    expect(mergeBindings(second, first)).toEqual(DIFFERENT)
  })

  it.each([jkt, x5t, both, malformed])(
    'mergeBindings keeps an unsupported member if the other binding is %j',
    (other) => {
      const unsupported = member('jwk')
      for (const merged of [
        mergeBindings({ unsupported }, other),
        mergeBindings(other, { unsupported }),
      ]) {
        expect(merged.unsupported).toBeDefined()
        expect(summarize(rejectBound(merged))).toBe(UNSUPPORTED)
      }
    },
  )

  it('mergeBindings returns an accepted binding only if both are UNBOUND', () => {
    const all = [UNBOUND, jkt, x5t, both, malformed, { jkt: OTHER }, { x5t: OTHER }]
    for (const first of all) {
      for (const second of all) {
        const isBound = rejectBound(mergeBindings(first, second)) !== undefined
        expect(isBound).toBe(first !== UNBOUND || second !== UNBOUND)
      }
    }
  })
})

describe('checkBinding', () => {
  it('checkBinding accepts a token without cnf', () => {
    expect(check({ sub: 'a', CNF: {} })).toBeUndefined()
  })

  it.each(BOUND)('9449-20: checkBinding rejects a token with cnf $cnf', (bound) => {
    const rejection = check({ sub: 'a', cnf: bound.cnf })
    expect(summarize(rejection)).toBe(UNSUPPORTED)
    const { found } = bound
    expect(rejection?.explanation).toEqual({ check: 'cnf', expected: 'an unbound token', found })
  })

  it('checkBinding rejects a token with a cnf that is undefined', () => {
    expect(summarize(check({ sub: 'a', cnf: undefined }))).toBe(UNSUPPORTED)
  })

  it('8705-10: checkBinding rejects a token that is bound to a certificate', () => {
    const cnf = { 'x5t#S256': X5T }
    expect(summarize(check({ cnf }))).toBe(UNSUPPORTED)
  })

  it('checkBinding returns an explanation without values of the binding', () => {
    for (const cnf of [
      's3cret',
      ['s3cret'],
      { jkt: 's3cret' },
      { kid: 's3cret' },
      { jwk: { k: 's3cret' } },
      { 's3cret with spaces': 1 },
    ]) {
      expect(JSON.stringify(check({ cnf }))).not.toContain('s3cret')
    }
    const explained = JSON.stringify(check({ cnf: { jkt: JKT, 'x5t#S256': X5T } }))
    expect(explained).not.toContain(JKT)
    expect(explained).not.toContain(X5T)
  })
})

const issuer = createTestIssuer()

/** Creates a resource server, and records the events of its last decision. */
function setupServer() {
  const events: BearwardEvent[] = []
  const server = createResourceServer({
    issuer: ISSUER,
    audience: AUDIENCE,
    jwks: issuer.jwks,
    onEvent: (event) => events.push(event),
  })
  const decide = (one: () => Outcome | Promise<Outcome>) => {
    events.length = 0
    const outcome = one()
    expect(outcome).not.toBeInstanceOf(Promise)
    return outcome as Outcome
  }
  return { server, events, decide }
}

const refusedFor = (found: string, of = ISSUER) => ({
  type: 'refused',
  reason: 'unsupported_binding',
  status: 401,
  issuer: of,
  check: 'cnf',
  expected: 'an unbound token',
  found,
})

describe('a guard', () => {
  it.each(BOUND)(
    'authorize refuses every token with cnf $cnf, also when it is cached',
    ({ cnf, found }) => {
      const { server, events, decide } = setupServer()
      const token = issuer.token({ claims: { cnf } })
      for (const [i, requirements] of [{}, {}, {}, { optional: true }].entries()) {
        const outcome = decide(() => server.authorize(requestWith(token), requirements))
        expect(outcome).toMatchObject({
          kind: 'refused',
          reason: 'unsupported_binding',
          status: 401,
          headers: { 'WWW-Authenticate': expect.stringContaining('error="invalid_token"') },
        })
        expect(events).toEqual([
          expect.objectContaining({ type: 'verified', verifiedBy: 'jwt', cached: i >= 2 }),
          expect.objectContaining(refusedFor(found)),
        ])
      }
    },
  )

  it('a second guard of a request refuses a bound token, as the first guard does', () => {
    const { server, events } = setupServer()
    const request = requestWith(issuer.token({ claims: { cnf: { jkt: JKT } } }))
    for (let i = 0; i < 3; i++) {
      expect(server.authorize(request)).toMatchObject({ reason: 'unsupported_binding' })
    }
    expect(events.map(({ type }) => type)).toEqual(['verified', 'refused', 'refused', 'refused'])
  })

  it('authorize refuses a token whose cnf has a member named __proto__', () => {
    const { server, events, decide } = setupServer()
    const claims = (cnf: string) => {
      const exp = Math.floor(Date.now() / 1000) + 60
      return `{"iss":"${ISSUER}","aud":"${AUDIENCE}","sub":"a","client_id":"a","exp":${exp},"cnf":${cnf}}`
    }
    for (const cnf of [
      '{"__proto__":{}}',
      `{"__proto__":{"jkt":"${JKT}"}}`,
      `{"jkt":"${JKT}","__proto__":null}`,
      `{"\\u005f_proto__":{"jkt":"${JKT}"}}`,
    ]) {
      const token = issuer.token({ claims: claims(cnf) })
      const outcome = decide(() => server.authorize(requestWith(token)))
      expect(summarizeOutcome(outcome), cnf).toBe('401 unsupported_binding')
      expect(events.at(-1)).toMatchObject({ type: 'refused', check: 'cnf' })
    }
  })

  it('authorize refuses a token whose cnf is written with escapes', () => {
    const { server, events, decide } = setupServer()
    const exp = Math.floor(Date.now() / 1000) + 60
    const token = issuer.token({
      claims: `{"iss":"${ISSUER}","aud":"${AUDIENCE}","sub":"a","client_id":"a","exp":${exp},"\\u0063nf":{"\\u006akt":"${JKT}"}}`,
    })
    const outcome = decide(() => server.authorize(requestWith(token)))
    expect(summarizeOutcome(outcome)).toBe('401 unsupported_binding')
    expect(events.at(-1)).toMatchObject(refusedFor(BY_DPOP))
  })

  it('events and outcomes contain no value of a binding', () => {
    const { server, events } = setupServer()
    const cnf = { jkt: JKT, 'x5t#S256': X5T }
    const outcome = server.authorize(requestWith(issuer.token({ claims: { cnf } })))
    const text = JSON.stringify([events, outcome])
    expect(text).not.toContain(JKT)
    expect(text).not.toContain(X5T)
  })

  it('a guard refuses a bound token of another issuer with wrong_issuer', () => {
    const other = createTestIssuer({ issuer: 'https://other.example.com' })
    const events: BearwardEvent[] = []
    const server = createResourceServer({
      issuers: [issuer, other].map((one) => ({
        issuer: one.issuer,
        audience: AUDIENCE,
        jwks: one.jwks,
      })),
      onEvent: (event) => events.push(event),
    })
    const guard = server.guard({ issuer: ISSUER })
    const claims = { cnf: { jkt: JKT } }
    expect(guard(requestWith(other.token({ claims })))).toMatchObject({ reason: 'wrong_issuer' })
    expect(guard(requestWith(issuer.token({ claims })))).toMatchObject({
      reason: 'unsupported_binding',
    })
  })
})

describe('server.verify', () => {
  it.each(BOUND)(
    'verify refuses every token with cnf $cnf, also when it is cached',
    ({ cnf, found }) => {
      const { server, events, decide } = setupServer()
      const token = issuer.token({ claims: { cnf } })
      for (const cached of [false, false, true]) {
        const outcome = decide(() => server.verify(token))
        expect(summarizeOutcome(outcome)).toBe('401 unsupported_binding')
        expect(events).toMatchObject([{ type: 'verified', cached }, refusedFor(found)])
      }
    },
  )
})

describe('an introspection response with cnf', () => {
  const responses = BOUND.filter(({ found }) =>
    [BY_DPOP, BY_CERTIFICATE, BY_BOTH, MALFORMED, member('jwk'), member('jkt')].includes(found),
  )

  it('authorize and verify refuse an opaque token with a bound introspection response, also when it is cached', async () => {
    const { endpoint, events, judge, server } = await setup(ACTIVE)
    for (const [i, { cnf, found }] of responses.entries()) {
      endpoint.answer({ ...ACTIVE, cnf })
      const token = `opaque-${i}`
      for (const type of ['introspection_called', 'introspection_cached']) {
        events.length = 0
        expect(await judge(token)).toBe('401 unsupported_binding')
        expect(events).toMatchObject([
          { type },
          { type: 'verified', verifiedBy: 'introspection', cached: false },
          refusedFor(found, endpoint.url),
        ])
      }
      expect(summarizeOutcome(await server.verify(token))).toBe('401 unsupported_binding')
      expect(events.at(-1)).toMatchObject(refusedFor(found, endpoint.url))
    }
    expect(endpoint.requests).toHaveLength(responses.length)
  })

  it('a guard with introspect refuses an unbound JWT with a bound introspection response', async () => {
    const { endpoint, events, judge, token } = await issuing('jwt')
    for (const [i, { cnf, found }] of responses.entries()) {
      endpoint.answer({ active: true, cnf })
      const jwt = token({ claims: { jti: `jwt-${i}` } })
      expect(await judge(jwt, { introspect: true })).toBe('401 unsupported_binding')
      expect(events.at(-1)).toMatchObject(refusedFor(found, endpoint.url))
      // The response applies to one request. The JWT stays unbound.
      expect(await judge(jwt)).toBe('granted')
    }
  })

  it('a guard with introspect does not introspect a bound JWT', async () => {
    const { endpoint, events, judge, token } = await issuing('jwt')
    for (const cnf of [{ jkt: JKT }, { 'x5t#S256': X5T }, {}, { jwk: {} }]) {
      const jwt = token({ claims: { cnf } })
      for (let i = 0; i < 3; i++) {
        expect(await judge(jwt, { introspect: true })).toBe('401 unsupported_binding')
      }
    }
    expect(endpoint.requests).toEqual([])
    expect(events.filter(({ type }) => type === 'introspection_called')).toEqual([])
  })
})
