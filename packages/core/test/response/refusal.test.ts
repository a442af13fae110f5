import { describe, expect, it } from 'vitest'
import { ConfigurationError } from '../../src/errors.ts'
import { type Reason, REASONS } from '../../src/response/reasons.ts'
import {
  refuse,
  type RefusalBody,
  type RefusalView,
  type Refused,
} from '../../src/response/refusal.ts'
import { Rejection, type RejectionDetails } from '../../src/response/rejection.ts'
import { readRequirements } from '../../src/authorization/read-requirements.ts'
import { readChallenges, REFUSAL } from '../support/refusal.ts'
import { settingsWith } from '../support/settings.ts'

const because = (reason: Reason, details: RejectionDetails = {}) =>
  new Rejection(reason, { check: 'c', expected: 'e', found: 'f' }, details)

/** Refuses as a guard does that requires this scope: a rejection for the scope names it itself. */
function refuseUnder(scope: string, reason: Reason, settings = REFUSAL): Refused {
  const challenge = reason === 'insufficient_scope' ? { scope } : undefined
  return refuse(because(reason, { challenge }), settings, { scope })
}

/** What a guard that asks for `read` answers: the parameters of its one challenge, by name. */
function challengeOf(refusal: Refused): Record<string, string> | undefined {
  if (refusal.headers['WWW-Authenticate'] === undefined) return undefined
  const challenges = readChallenges(refusal)
  expect(challenges).toHaveLength(1)
  expect(challenges[0]!.scheme).toBe('Bearer')
  return Object.fromEntries(challenges[0]!.parameters)
}

const INVALID_TOKEN = [401, 'invalid_token', 'invalid_token', true] as const
const FORBIDDEN = [403, undefined, 'forbidden', false] as const

/** For every reason: status, `error` of the challenge and of the body, whether the challenge has a scope. */
const ANSWERS: Record<Reason, readonly [number, string | undefined, string, boolean]> = {
  malformed_credentials: [400, 'invalid_request', 'invalid_request', false],
  multiple_credentials: [400, 'invalid_request', 'invalid_request', false],
  no_credentials: [401, undefined, 'unauthorized', true],
  unsupported_scheme: [401, undefined, 'unauthorized', true],
  token_too_long: INVALID_TOKEN,
  malformed_token: INVALID_TOKEN,
  unknown_issuer: INVALID_TOKEN,
  unsupported_algorithm: INVALID_TOKEN,
  unsupported_header: INVALID_TOKEN,
  wrong_token_type: INVALID_TOKEN,
  unknown_key: INVALID_TOKEN,
  invalid_signature: INVALID_TOKEN,
  missing_claim: INVALID_TOKEN,
  invalid_claim: INVALID_TOKEN,
  wrong_audience: INVALID_TOKEN,
  untrusted_client: INVALID_TOKEN,
  expired: INVALID_TOKEN,
  not_yet_valid: INVALID_TOKEN,
  issued_in_future: INVALID_TOKEN,
  too_old: INVALID_TOKEN,
  unsupported_binding: INVALID_TOKEN,
  inactive: INVALID_TOKEN,
  insufficient_scope: [403, 'insufficient_scope', 'insufficient_scope', true],
  wrong_issuer: FORBIDDEN,
  wrong_subject: FORBIDDEN,
  wrong_client: FORBIDDEN,
  check_failed: FORBIDDEN,
  keys_unavailable: [503, undefined, 'temporarily_unavailable', false],
  keys_refresh_pending: [503, undefined, 'temporarily_unavailable', false],
  introspection_unavailable: [503, undefined, 'temporarily_unavailable', false],
}
const CALLERS = (Object.keys(ANSWERS) as Reason[]).filter((reason) => ANSWERS[reason][0] !== 503)

describe('refuse', () => {
  it('answers every reason that there is', () => {
    expect(new Set(Object.keys(ANSWERS))).toEqual(new Set(Object.keys(REASONS)))
  })

  it.each(Object.entries(ANSWERS))('%s: status, challenge and body', (reason, answer) => {
    const [status, error, bodyError, hasScope] = answer
    const refusal = refuseUnder('read write', reason as Reason, { ...REFUSAL, realm: 'my api' })
    const { description } = REASONS[reason as Reason]
    expect(refusal).toMatchObject({ kind: 'refused', reason, status })
    expect(JSON.parse(refusal.body)).toEqual({ error: bodyError, error_description: description })
    expect(challengeOf(refusal)).toEqual(
      status === 503
        ? undefined
        : {
            realm: 'my api',
            ...(error === undefined ? {} : { error, error_description: description }),
            ...(hasScope ? { scope: 'read write' } : {}),
          },
    )
    expect(Object.isFrozen(refusal)).toBe(true)
    expect(Object.isFrozen(refusal.headers)).toBe(true)
  })

  it.each(CALLERS)('6750-10: challenges with Bearer and at least one parameter: %s', (reason) => {
    const [challenge, ...others] = readChallenges(refuse(because(reason), REFUSAL, undefined))
    expect(others).toEqual([])
    expect(challenge!.scheme).toBe('Bearer')
    expect(challenge!.parameters.length).toBeGreaterThan(0)
  })

  it.each(CALLERS)(
    '6750-11, 6750-13, 6750-15: writes no parameter twice and no URI: %s',
    (reason) => {
      const challenges = readChallenges(refuseUnder('read', reason))
      const names = challenges.flatMap(({ parameters }) => parameters.map(([n]) => n))
      expect(names).not.toEqual([])
      expect(new Set(names).size).toBe(names.length)
      for (const name of names)
        expect(['realm', 'error', 'error_description', 'scope']).toContain(name)
    },
  )

  it('6750-12: writes scope once, of characters that need no escape, or not at all', () => {
    for (const reason of CALLERS) {
      const { parameters } = readChallenges(refuseUnder("a !#$%&'()*+ [~] b:c/d", reason))[0]!
      const scopes = parameters.filter(([name]) => name === 'scope').map(([, value]) => value)
      expect(scopes).toEqual(ANSWERS[reason][3] ? ["a !#$%&'()*+ [~] b:c/d"] : [])
      const without = refuse(because(reason), REFUSAL, undefined)
      expect(challengeOf(without)).not.toHaveProperty('scope')
    }
    expect(() => readRequirements([{ scope: 'a"b' }], [settingsWith()])).toThrow(ConfigurationError)
  })

  it('writes the challenge parameters of the rejection, with precedence over those of the guard', () => {
    const rejection = because('expired', { challenge: { scope: 'own' } })
    expect(challengeOf(refuse(rejection, REFUSAL, { scope: 'of the guard' }))).toMatchObject({
      error: 'invalid_token',
      scope: 'own',
    })
    const unavailable = because('keys_unavailable', { challenge: { scope: 'own' } })
    expect(challengeOf(refuse(unavailable, REFUSAL, { scope: 'read' }))).toBeUndefined()
  })

  it('6750-14: writes nothing but its own texts, in the characters that may stand there', () => {
    const poison = 'a"b\\c\r\nX: y\u00e9\ud83d\udc3b'
    for (const reason of CALLERS) {
      const rejection = new Rejection(reason, { check: poison, expected: poison, found: poison })
      const refusal = refuse(rejection, REFUSAL, undefined)
      const { status, headers, body } = refuse(because(reason), REFUSAL, undefined)
      expect(refusal).toMatchObject({ status, headers, body })
      const { error = '', error_description: text = '' } = challengeOf(refusal)!
      expect(error + text).toMatch(/^[\x20-\x21\x23-\x5B\x5D-\x7E]*$/)
    }
  })

  it('6750-28: is never cached', () => {
    for (const reason of Object.keys(ANSWERS) as Reason[]) {
      const { headers } = refuse(because(reason), REFUSAL, undefined)
      expect(headers['Cache-Control']).toBe('no-store')
      expect(headers['Content-Type']).toBe('application/json')
    }
  })

  it('says when to come back where the fault is its own, in whole seconds, at least one', () => {
    const retryAfter = (seconds?: number) =>
      refuse(because('keys_unavailable', { retryAfter: seconds }), REFUSAL, { scope: 'read' })
        .headers['Retry-After']
    expect([undefined, 0, 0.2, 1, 1.2, 30].map(retryAfter)).toEqual(['1', '1', '1', '1', '2', '30'])
    expect(
      refuse(because('expired', { retryAfter: 5 }), REFUSAL, { scope: 'read' }).headers,
    ).not.toHaveProperty('Retry-After')
  })
})

describe("a body of one's own", () => {
  const refuseWith = (own: unknown, reason: Reason = 'expired') =>
    refuse(because(reason), { ...REFUSAL, errorBody: () => own as RefusalBody }, undefined)

  it('is made from what the caller is told, and the reason', () => {
    let seen: RefusalView | undefined
    const errorBody = (view: RefusalView) => void (seen = view)
    refuse(because('expired'), { ...REFUSAL, errorBody }, undefined)
    expect(seen).toEqual({
      reason: 'expired',
      status: 401,
      error: 'invalid_token',
      description: 'The access token has expired.',
    })
  })

  it('replaces the body and its type, and nothing else', () => {
    const usual = refuse(because('expired'), REFUSAL, undefined)
    expect(refuseWith({ body: 'no' })).toEqual({
      ...usual,
      body: 'no',
      headers: { ...usual.headers, 'Content-Type': 'text/plain; charset=utf-8' },
    })
    expect(refuseWith({ body: { no: true } })).toEqual({ ...usual, body: '{"no":true}' })
    expect(refuseWith({ body: '', contentType: 'text/html; charset=utf-8' })).toEqual({
      ...usual,
      body: '',
      headers: { ...usual.headers, 'Content-Type': 'text/html; charset=utf-8' },
    })
    expect(refuseWith({ body: {}, contentType: 'application/problem+json' })).toMatchObject({
      body: '{}',
      headers: { 'Content-Type': 'application/problem+json' },
    })
  })

  it('is the usual one where nothing is returned', () => {
    expect(refuseWith(undefined)).toEqual(refuse(because('expired'), REFUSAL, undefined))
  })

  it.each(['', 'html', 'text/html\r\nX: y', 'text/html;', 'text/h\u00e9', 'a/b, c/d', 5])(
    'is not sent with a type that is none: %j',
    (contentType) => {
      expect(() => refuseWith({ body: 'no', contentType })).toThrow(TypeError)
    },
  )

  it.each([
    Promise.resolve({ body: 'later' }),
    'text',
    5,
    true,
    [],
    {},
    { body: 5 },
    { body: null },
    { body: () => 'x' },
    { body: { toJSON: () => undefined } },
    { text: 'x' },
  ])('is not guessed where something else is returned: %j', (own) => {
    expect(() => refuseWith(own)).toThrow(TypeError)
  })

  it('lets what is thrown through', () => {
    const errorBody = () => {
      throw new RangeError('oops')
    }
    const failing = () => refuse(because('expired'), { ...REFUSAL, errorBody }, undefined)
    expect(failing).toThrow(RangeError)
  })
})
