import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../../test/support/fake-clock.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../../test/support/issuer.ts'
import { requestWith } from '../../../../test/support/requests.ts'
import { type BearwardEvent, createResourceServer, type Requirements } from '../../src/index.ts'
import { fc } from '../../../../test/support/property.ts'
import { getProblemsOf } from '../support/get-problems.ts'

const MFA = 'urn:example:mfa'

const clock = fakeClock()
const NOW = clock.seconds()
const issuer = createTestIssuer({ now: clock.seconds, lifetime: 86_400 })
const options = {
  issuer: ISSUER,
  audience: AUDIENCE,
  jwks: issuer.jwks,
  machineSubject: 'client_id',
  clock,
} as const

const alice = { sub: 'alice', client_id: 'web' }

/** Returns the outcome for a user with these claims, and the event about a refusal. */
function decide(claims: object, requirements: Requirements, clockTolerance = 5) {
  const events: BearwardEvent[] = []
  const onEvent = (event: BearwardEvent) => events.push(event)
  const server = createResourceServer({ ...options, clockTolerance, onEvent })
  const outcome = server.authorize(
    requestWith(issuer.token({ claims: { ...alice, ...claims } })),
    requirements,
  )
  return { outcome, event: events.find(({ type }) => type === 'refused') }
}

const problemsOf = (requirements: object) =>
  getProblemsOf(() => createResourceServer(options).guard(requirements))

const ACR =
  "acr must be a text or an array of texts such as ['urn:example:mfa'], without spaces, equals signs, quotes and backslashes."
const MAX_AUTH_AGE = 'maxAuthAge must be a whole number of seconds, such as 300.'

describe('the requirements acr and maxAuthAge', () => {
  it.each([
    [{ acr: MFA }],
    [{ acr: [MFA, '2'] }],
    [{ acr: 'a:b,c;d' }],
    [{ maxAuthAge: 0 }],
    [{ maxAuthAge: Number.MAX_SAFE_INTEGER }],
    [{ acr: MFA, maxAuthAge: 300, subject: 'user' }],
    [{ acr: MFA, maxAuthAge: 300, optional: true }],
  ])('guard() accepts the requirements %j', (requirements) => {
    expect(problemsOf(requirements)).toEqual([])
  })

  it.each([
    ['an empty text', ''],
    ['an empty array', []],
    ['a space inside', 'urn:a urn:b'],
    ['a space in an array', [MFA, 'a b']],
    ['a tab', 'a\tb'],
    ['a line end', 'a\r\nX: y'],
    ['a quote', 'a"b'],
    ['a backslash', 'a\\b'],
    ['a character outside ASCII', 'caf\u00e9'],
    ['a number', 2],
    ['an array with a number', [MFA, 2]],
    ['null', null],
    ['an object', { any: [MFA] }],
    ['a hole', Object.assign([MFA], { length: 2 })],
  ])('guard() rejects acr with %s', (_what, acr) => {
    expect(problemsOf({ acr })).toEqual([ACR])
  })

  it.each([-1, 0.5, NaN, Infinity, 2 ** 53, '300', null, [300], true])(
    'guard() rejects maxAuthAge: %s',
    (maxAuthAge) => {
      expect(problemsOf({ maxAuthAge })).toEqual([MAX_AUTH_AGE])
    },
  )

  it('guard() rejects acr or maxAuthAge together with subject: machine', () => {
    const why = 'cannot be combined: a machine has no user who can authenticate.'
    expect(problemsOf({ subject: 'machine', acr: MFA, maxAuthAge: 0 })).toEqual([
      `acr and subject: 'machine' ${why}`,
      `maxAuthAge and subject: 'machine' ${why}`,
    ])
  })

  it.each([
    ['acr_values', "acr_values is not a requirement. Use acr: ['...']."],
    ['max_age', 'max_age is not a requirement. Use maxAuthAge: seconds.'],
    ['maxAge', 'maxAge is not a requirement. Use maxAuthAge: seconds.'],
    ['maxAuthAgee', 'maxAuthAgee is not a requirement. Did you mean maxAuthAge?'],
  ])('guard() rejects %s, and names the requirement to use', (name, problem) => {
    expect(problemsOf({ [name]: 1 })).toEqual([problem])
  })

  it('9470-12: a guard with acr grants a token only if its acr equals an accepted value', () => {
    const values = fc.stringMatching(/^[!#-<>-[\]-~]{1,6}$/)
    fc.assert(
      fc.property(fc.array(values, { minLength: 1, maxLength: 3 }), values, (acr, found) => {
        const isGranted = acr.includes(found)
        expect(decide({ acr: found }, { acr }).outcome).toMatchObject(
          isGranted ? { kind: 'granted' } : { reason: 'insufficient_user_authentication' },
        )
      }),
      { numRuns: 50 },
    )
  })

  it('9470-11: a guard grants a token until exactly maxAuthAge plus the clock tolerance have passed since its auth_time', () => {
    const seconds = fc.integer({ min: 0, max: 1000 })
    const tolerances = fc.integer({ min: 0, max: 300 })
    const ages = fc.integer({ min: -1500, max: 1500 })
    fc.assert(
      fc.property(seconds, tolerances, ages, (maxAuthAge, tolerance, age) => {
        const { outcome } = decide({ auth_time: NOW - age }, { maxAuthAge }, tolerance)
        expect(outcome).toMatchObject({
          kind: age >= -tolerance && age <= maxAuthAge + tolerance ? 'granted' : 'refused',
        })
      }),
      { numRuns: 100 },
    )
  })

  it('9470-03: a guard refuses a token after maxAuthAge has passed since its auth_time, even if the token is cached', () => {
    const own = fakeClock()
    const server = createResourceServer({ ...options, clock: own, clockTolerance: 0 })
    const request = requestWith(
      issuer.token({ claims: { ...alice, auth_time: own.seconds() - 290 } }),
    )
    const guard = server.guard({ maxAuthAge: 300 })
    expect(guard(request)).toMatchObject({ kind: 'granted' })
    own.advance(10)
    expect(guard({ ...request })).toMatchObject({ kind: 'granted' })
    own.advance(1)
    expect(guard({ ...request })).toMatchObject({ reason: 'insufficient_user_authentication' })
  })

  it.each([
    ['no acr', {}, 'nothing'],
    ['an acr that is not accepted', { acr: 'urn:secret' }, 'an acr that is not accepted'],
    ['an acr that is an array', { acr: [MFA] }, 'an array'],
    ['an acr that is a number', { acr: 2 }, 'a number'],
  ])(
    'the event "refused" about a token with %s describes the acr of the token, and does not contain its value',
    (_what, claims, found) => {
      const { event } = decide(claims, { acr: [MFA, 'urn:b'] })
      expect(event).toMatchObject({
        status: 401,
        check: 'acr',
        expected: `${MFA} or urn:b`,
        found,
      })
      expect(JSON.stringify(event)).not.toContain('urn:secret')
    },
  )

  it.each([
    ['no auth_time', {}, 'nothing'],
    ['a string as auth_time', { auth_time: String(NOW) }, 'a string'],
    ['an old auth_time', { auth_time: NOW - 400 }, '400 s ago'],
    ['an auth_time with a fraction', { auth_time: NOW - 400.5 }, '401 s ago'],
    ['an auth_time in the future', { auth_time: NOW + 100 }, 'a time in the future'],
  ])(
    'the event "refused" about a token with %s describes the auth_time of the token',
    (_what, claims, found) => {
      const { event } = decide(claims, { maxAuthAge: 300 })
      expect(event).toMatchObject({ check: 'auth_time', expected: 'at most 300 s ago', found })
    },
  )

  it('9470-10: the event "refused" about a machine names the requirement that only a user can meet', () => {
    const { event } = decide({ sub: 'web' }, { acr: MFA })
    expect(event).toMatchObject({
      reason: 'wrong_subject',
      status: 403,
      check: 'subject',
      expected: 'user, because acr is required',
      found: 'machine',
    })
  })

  it('an optional guard with acr accepts a request without a token, and refuses a token without acr with 401', () => {
    const server = createResourceServer(options)
    const guard = server.guard({ acr: MFA, optional: true })
    expect(guard({ method: 'GET', url: '/', headers: {} })).toMatchObject({ kind: 'anonymous' })
    expect(guard(requestWith(issuer.token({ claims: alice })))).toMatchObject({ status: 401 })
  })

  it('the challenge of a refusal for another reason contains no acr_values and no max_age', () => {
    const server = createResourceServer(options)
    const guard = server.guard({ acr: MFA, maxAuthAge: 300, scope: 'write' })
    const challengeOf = (outcome: unknown) =>
      (outcome as { headers: Record<string, string> }).headers['WWW-Authenticate']
    expect(challengeOf(guard({ method: 'GET', url: '/', headers: {} }))).toBe(
      'Bearer realm="api", scope="write"',
    )
    const recent = { ...alice, acr: MFA, auth_time: NOW }
    expect(challengeOf(guard(requestWith(issuer.token({ claims: recent }))))).toBe(
      'Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a required scope.", scope="write"',
    )
  })

  it('a guard refuses a token without acr or auth_time even if Object.prototype has these members', () => {
    const prototype = Object.prototype as { acr?: unknown; auth_time?: unknown }
    prototype.acr = MFA
    prototype.auth_time = NOW
    try {
      const { outcome } = decide({}, { acr: MFA })
      expect(outcome).toMatchObject({ reason: 'insufficient_user_authentication' })
      const second = decide({ acr: 'x' }, { maxAuthAge: 300 }).outcome
      expect(second).toMatchObject({ reason: 'insufficient_user_authentication' })
    } finally {
      delete prototype.acr
      delete prototype.auth_time
    }
  })
})
