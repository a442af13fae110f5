import { describe, expect, it } from 'vitest'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../../test/support/issuer.ts'
import { fc } from '../../../../test/support/property.ts'
import { requestWith } from '../../../../test/support/requests.ts'
import {
  type Binding,
  mergeBindings,
  readBinding,
  checkSupported,
  UNBOUND,
} from '../../src/binding/confirmation.ts'
import { type BearwardEvent, createResourceServer, type Outcome } from '../../src/index.ts'
import { summarize } from '../support/refusal.ts'
import { ACTIVE, issuing, setup, summarizeOutcome } from '../token/introspection/setup.ts'

/** The services of an API that checks no bindings. */
const NOT_CHECKED = { dpop: undefined, mtls: undefined }
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
const check = (claims: Record<string, unknown>) => checkSupported(readBinding(claims), NOT_CHECKED)

/** Descriptions and values of `cnf`, and the member `found` of the event `refused` for each value. */
const BOUND: readonly (readonly [name: string, cnf: unknown, found: string])[] = [
  ['an object with jkt', { jkt: JKT }, BY_DPOP],
  ['an object with x5t#S256', { 'x5t#S256': X5T }, BY_CERTIFICATE],
  ['an object with jkt and x5t#S256', { jkt: JKT, 'x5t#S256': X5T }, BY_BOTH],
  ['an object with x5t#S256 and jkt', { 'x5t#S256': X5T, jkt: JKT }, BY_BOTH],

  ['an empty object', {}, MALFORMED],
  ['null', null, MALFORMED],
  ['an empty array', [], MALFORMED],
  ['an array with a thumbprint', [JKT], MALFORMED],
  ['an array with an object', [{ jkt: JKT }], MALFORMED],
  ['an empty string', '', MALFORMED],
  ['a string of one letter', 'x', MALFORMED],
  ['a thumbprint', JKT, MALFORMED],
  ['the number 0', 0, MALFORMED],
  ['the number 7', 7, MALFORMED],
  ['false', false, MALFORMED],
  ['true', true, MALFORMED],

  ['an object with an empty jwk', { jwk: {} }, member('jwk')],
  ['an object with a jwk', { jwk: { kty: 'EC', crv: 'P-256', x: 'a', y: 'b' } }, member('jwk')],
  ['an object with kid', { kid: 'x' }, member('kid')],
  ['an object with jwe', { jwe: 'a.b.c.d.e' }, member('jwe')],
  ['an object with jku', { jku: 'https://evil.example.com/jwks' }, member('jku')],
  ['an object with a member named unknown', { unknown: 1 }, member('unknown')],
  ['an object with jkt and jwk', { jkt: JKT, jwk: {} }, member('jwk')],
  ['an object with kid and x5t#S256', { kid: 'x', 'x5t#S256': X5T }, member('kid')],
  ['an object with JKT', { JKT }, member('JKT')],
  ['an object with jkT', { jkT: JKT }, member('jkT')],
  ['an object with x5t#s256', { 'x5t#s256': X5T }, member('x5t#s256')],
  ['an object with x5t#S512', { 'x5t#S512': X5T }, member('x5t#S512')],
  ['an object with x5t', { x5t: X5T }, member('x5t')],
  ['an object with constructor', { constructor: 1 }, member('constructor')],
  ['an object with hasOwnProperty', { hasOwnProperty: 1 }, member('hasOwnProperty')],
  ['an object with toString', { toString: JKT }, member('toString')],

  ['an object with a name of 40 letters', { ['a'.repeat(40)]: 1 }, member('a'.repeat(40))],
  ['an object with a name of 41 letters', { ['a'.repeat(41)]: 1 }, UNKNOWN],
  ['an object with a name of 9000 letters', { ['a'.repeat(9000)]: 1 }, UNKNOWN],
  ['an object with an empty name', { '': 1 }, UNKNOWN],
  ['an object with jkt and a space in one name', { 'jkt ': JKT }, UNKNOWN],
  ['an object with a space between two letters of a name', { 'a b': 1 }, UNKNOWN],
  ['an object with a line break between two letters of a name', { 'a\r\nb': 1 }, UNKNOWN],
  ['an object with jkt and a line break in one name', { 'jkt\n': JKT }, UNKNOWN],
  ['an object with a quote in a name', { 'a"b': 1 }, UNKNOWN],
  ['an object with a letter outside of ASCII in a name', { 'caf\u00e9': 1 }, UNKNOWN],
  ['an object with jkt and a NUL in one name', { 'jkt\0': JKT }, UNKNOWN],
  ['an object with a direction mark and jkt in one name', { '\u202ejkt': JKT }, UNKNOWN],

  ...(
    [
      ['an empty string', ''],
      ['one letter', 'x'],
      ['a thumbprint without its first character', JKT.slice(1)],
      ['a thumbprint and one more letter', `${JKT}A`],
      ['a thumbprint and an equals sign', `${JKT}=`],
      ['a thumbprint and a line break', `${JKT}\n`],
      ['a space and a thumbprint', ` ${JKT}`],
      ['42 characters and a space', `${JKT.slice(1)} `],
      ['42 characters and a plus sign', `${JKT.slice(1)}+`],
      ['42 characters and a slash', `${JKT.slice(1)}/`],
      ['42 characters and a letter outside of ASCII', `${JKT.slice(1)}\u00e9`],
      ['a number', 1],
      ['null', null],
      ['true', true],
      ['an array with a thumbprint', [JKT]],
      ['an object with a thumbprint', { jkt: JKT }],
    ] as const
  ).flatMap(([name, value]): (readonly [string, unknown, string])[] => [
    [`an object with a jkt that is ${name}`, { jkt: value }, member('jkt')],
    [`an object with an x5t#S256 that is ${name}`, { 'x5t#S256': value }, member('x5t#S256')],
    [
      `an object with a valid jkt and an x5t#S256 that is ${name}`,
      { jkt: JKT, 'x5t#S256': value },
      member('x5t#S256'),
    ],
    [
      `an object with a jkt that is ${name} and a valid x5t#S256`,
      { jkt: value, 'x5t#S256': X5T },
      member('jkt'),
    ],
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

  it.each(BOUND.filter(([, , found]) => ![BY_DPOP, BY_CERTIFICATE, BY_BOTH].includes(found)))(
    'readBinding returns only the member unsupported if cnf is %s',
    (_, cnf, found) => {
      expect(readBinding({ sub: 'a', cnf })).toEqual({ unsupported: found })
    },
  )

  it('readBinding ignores members that cnf inherits', () => {
    const cnf = Object.create({ jkt: JKT }) as object
    expect(readBinding({ cnf })).toEqual({ unsupported: MALFORMED })
    expect(readBinding({ cnf: Object.assign(cnf, { 'x5t#S256': X5T }) })).toEqual({ x5t: X5T })
  })

  it('readBinding returns the member __proto__ of cnf as unsupported, and ignores a cnf in __proto__', () => {
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

  it('readBinding returns a bound or unsupported binding for a random cnf', () => {
    fc.assert(
      fc.property(fc.anything(), (cnf) => {
        expect(checkSupported(readBinding({ cnf }), NOT_CHECKED)).toBeDefined()
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
  const BINDINGS: readonly (readonly [name: string, binding: Binding])[] = [
    ['a jkt', jkt],
    ['an x5t', x5t],
    ['a jkt and an x5t', both],
    ['an unsupported member', malformed],
  ]

  it('mergeBindings returns UNBOUND for two UNBOUND bindings', () => {
    expect(mergeBindings(UNBOUND, UNBOUND)).toBe(UNBOUND)
  })

  it.each(BINDINGS)(
    'mergeBindings returns a binding with %s unchanged if the other binding is UNBOUND',
    (_, binding) => {
      expect(mergeBindings(binding, UNBOUND)).toBe(binding)
      expect(mergeBindings(UNBOUND, binding)).toBe(binding)
    },
  )

  it.each<[string, Binding, Binding, Binding]>([
    ['the same jkt in both', jkt, { jkt: JKT }, jkt],
    ['the same x5t in both', x5t, { x5t: X5T }, x5t],
    ['the same jkt and x5t in both', both, { ...both }, both],
    ['jkt in one binding, and x5t in the other', jkt, x5t, both],
    ['jkt and x5t in one binding, and the same jkt in the other', both, jkt, both],
    ['jkt and x5t in one binding, and the same x5t in the other', both, x5t, both],
  ])(
    'mergeBindings returns the members of both bindings if they agree: %s',
    (_, first, second, merged) => {
      expect(mergeBindings(first, second)).toEqual(merged)
      expect(mergeBindings(second, first)).toEqual(merged)
    },
  )

  it.each<[string, Binding, Binding]>([
    ['different jkt', jkt, { jkt: OTHER }],
    ['different x5t', x5t, { x5t: OTHER }],
    ['jkt and x5t in one binding, and a different jkt in the other', both, { jkt: OTHER }],
    ['jkt and x5t in one binding, and a different x5t in the other', both, { x5t: OTHER }],
    ['the same jkt and different x5t', both, { jkt: JKT, x5t: OTHER }],
    ['different jkt and the same x5t', both, { jkt: OTHER, x5t: X5T }],
  ])(
    'mergeBindings returns an unsupported binding if the bindings differ: %s',
    (_, first, second) => {
      expect(mergeBindings(first, second)).toEqual(DIFFERENT)
      expect(mergeBindings(second, first)).toEqual(DIFFERENT)
    },
  )

  it.each(BINDINGS)(
    'mergeBindings returns an unsupported binding for an unsupported binding and a binding with %s',
    (_, other) => {
      const unsupported = member('jwk')
      for (const merged of [
        mergeBindings({ unsupported }, other),
        mergeBindings(other, { unsupported }),
      ]) {
        expect(merged.unsupported).toBeDefined()
        expect(summarize(checkSupported(merged, NOT_CHECKED))).toBe(UNSUPPORTED)
      }
    },
  )

  it('checkSupported accepts a merged binding only if both bindings are UNBOUND', () => {
    const all = [UNBOUND, jkt, x5t, both, malformed, { jkt: OTHER }, { x5t: OTHER }]
    for (const first of all) {
      for (const second of all) {
        const isBound = checkSupported(mergeBindings(first, second), NOT_CHECKED) !== undefined
        expect(isBound).toBe(first !== UNBOUND || second !== UNBOUND)
      }
    }
  })
})

describe('checkSupported', () => {
  it('checkSupported accepts a token without cnf', () => {
    expect(check({ sub: 'a', CNF: {} })).toBeUndefined()
  })

  it.each(BOUND)('9449-20: checkSupported rejects a token whose cnf is %s', (_, cnf, found) => {
    const rejection = check({ sub: 'a', cnf })
    expect(summarize(rejection)).toBe(UNSUPPORTED)
    expect(rejection?.explanation).toEqual({ check: 'cnf', expected: 'an unbound token', found })
  })

  it('checkSupported rejects a token whose cnf is undefined', () => {
    expect(summarize(check({ sub: 'a', cnf: undefined }))).toBe(UNSUPPORTED)
  })

  it('8705-10: checkSupported rejects a token that is bound to a certificate', () => {
    const cnf = { 'x5t#S256': X5T }
    expect(summarize(check({ cnf }))).toBe(UNSUPPORTED)
  })

  it('checkSupported shows no value of cnf in the explanation', () => {
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

/** Creates a resource server, and records its events. `decide` removes the events of earlier decisions. */
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
    'authorize refuses a token whose cnf is %s, even if the token is cached',
    (_, cnf, found) => {
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

  it('authorize refuses a bound token each time for the same request, and verifies the token once', () => {
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

  it('authorize refuses a token whose cnf is written with JSON escapes', () => {
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

  it('a guard refuses a bound token of another issuer with the reason wrong_issuer', () => {
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
    'verify refuses a token whose cnf is %s, even if the token is cached',
    (_, cnf, found) => {
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
  const responses = BOUND.filter(([, , found]) =>
    [BY_DPOP, BY_CERTIFICATE, BY_BOTH, MALFORMED, member('jwk'), member('jkt')].includes(found),
  )

  it('authorize and verify refuse an opaque token if its introspection response has cnf, even if the response is cached', async () => {
    const { endpoint, events, getOutcome, server } = await setup(ACTIVE)
    for (const [i, [, cnf, found]] of responses.entries()) {
      endpoint.answer({ ...ACTIVE, cnf })
      const token = `opaque-${i}`
      for (const type of ['introspection_called', 'introspection_cached']) {
        events.length = 0
        expect(await getOutcome(token)).toBe('401 unsupported_binding')
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

  it('a guard with introspect refuses an unbound JWT if its introspection response has cnf', async () => {
    const { endpoint, events, getOutcome, token } = await issuing('jwt')
    for (const [i, [, cnf, found]] of responses.entries()) {
      endpoint.answer({ active: true, cnf })
      const jwt = token({ claims: { jti: `jwt-${i}` } })
      expect(await getOutcome(jwt, { introspect: true })).toBe('401 unsupported_binding')
      expect(events.at(-1)).toMatchObject(refusedFor(found, endpoint.url))
      // The binding in the response applies to one request, so a guard without `introspect` grants a second request with this token.
      expect(await getOutcome(jwt)).toBe('granted')
    }
  })

  it('a guard with introspect refuses a bound JWT without an introspection request', async () => {
    const { endpoint, events, getOutcome, token } = await issuing('jwt')
    for (const cnf of [{ jkt: JKT }, { 'x5t#S256': X5T }, {}, { jwk: {} }]) {
      const jwt = token({ claims: { cnf } })
      for (let i = 0; i < 3; i++) {
        expect(await getOutcome(jwt, { introspect: true })).toBe('401 unsupported_binding')
      }
    }
    expect(endpoint.requests).toEqual([])
    expect(events.filter(({ type }) => type === 'introspection_called')).toEqual([])
  })
})
