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
import { readChallenges, REFUSAL } from '../support/refusal.ts'
import { createSettings, readForStatic } from '../support/settings.ts'

const createRejection = (reason: Reason, details: RejectionDetails = {}) =>
  new Rejection(reason, { check: 'c', expected: 'e', found: 'f' }, details)

/** Refuses like a guard that requires this scope. */
function refuseForScope(scope: string, reason: Reason, settings = REFUSAL): Refused {
  return refuse(createRejection(reason), settings, { scope })
}

/** Returns the parameters of the only challenge of a refusal, by name. Returns `undefined` if the refusal has no challenge. */
function getChallenge(refusal: Refused): Record<string, string> | undefined {
  if (refusal.headers['WWW-Authenticate'] === undefined) return undefined
  const challenges = readChallenges(refusal)
  expect(challenges).toHaveLength(1)
  expect(challenges[0]!.scheme).toBe('Bearer')
  return Object.fromEntries(challenges[0]!.parameters)
}

const INVALID_TOKEN = [401, 'invalid_token', 'invalid_token', true] as const
const INVALID_PROOF = [401, 'invalid_dpop_proof', 'invalid_dpop_proof', true] as const
const FORBIDDEN = [403, undefined, 'forbidden', false] as const

/** Expected values for every reason: status, `error` of the challenge, `error` of the body, `true` if the challenge has a scope. */
const RESPONSES: Record<Reason, readonly [number, string | undefined, string, boolean]> = {
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
  unbound_token: INVALID_TOKEN,
  no_certificate: INVALID_TOKEN,
  wrong_certificate: INVALID_TOKEN,
  wrong_scheme: INVALID_TOKEN,
  wrong_proof_key: INVALID_TOKEN,
  no_proof: INVALID_PROOF,
  invalid_proof: INVALID_PROOF,
  proof_used: INVALID_PROOF,
  nonce_required: [401, 'use_dpop_nonce', 'use_dpop_nonce', true],
  malformed_body: [400, undefined, 'invalid_request', false],
  header_mismatch: [400, undefined, 'invalid_request', false],
  unsupported_protocol: [400, undefined, 'invalid_request', false],
  body_too_large: [413, undefined, 'content_too_large', false],
  invalid_api_key: [401, undefined, 'unauthorized', true],
  api_key_not_sufficient: FORBIDDEN,
  api_key_unavailable: [503, undefined, 'temporarily_unavailable', false],
  wrong_origin: FORBIDDEN,
  unlisted_operation: FORBIDDEN,
  inactive: INVALID_TOKEN,
  revoked: INVALID_TOKEN,
  insufficient_user_authentication: [
    401,
    'insufficient_user_authentication',
    'insufficient_user_authentication',
    true,
  ],
  insufficient_scope: [403, 'insufficient_scope', 'insufficient_scope', true],
  wrong_issuer: FORBIDDEN,
  wrong_subject: FORBIDDEN,
  wrong_client: FORBIDDEN,
  wrong_claim: FORBIDDEN,
  wrong_authorization_details: FORBIDDEN,
  check_failed: FORBIDDEN,
  keys_unavailable: [503, undefined, 'temporarily_unavailable', false],
  keys_refresh_pending: [503, undefined, 'temporarily_unavailable', false],
  issuer_unavailable: [503, undefined, 'temporarily_unavailable', false],
  replay_unavailable: [503, undefined, 'temporarily_unavailable', false],
  introspection_unavailable: [503, undefined, 'temporarily_unavailable', false],
  revocation_unavailable: [503, undefined, 'temporarily_unavailable', false],
}
const REASONS_WITH_CHALLENGE = (Object.keys(RESPONSES) as Reason[]).filter(
  (reason) => RESPONSES[reason][0] !== 503,
)

describe('refuse', () => {
  it('the table RESPONSES of this test contains every reason', () => {
    expect(new Set(Object.keys(RESPONSES))).toEqual(new Set(Object.keys(REASONS)))
  })

  it.each(Object.entries(RESPONSES))(
    'refuse creates status, challenge and body for %s',
    (reason, response) => {
      const [status, error, bodyError, hasScope] = response
      const refusal = refuseForScope('read write', reason as Reason, {
        ...REFUSAL,
        realm: 'my api',
      })
      const { description } = REASONS[reason as Reason]
      expect(refusal).toMatchObject({ kind: 'refused', reason, status })
      expect(JSON.parse(refusal.body)).toEqual({ error: bodyError, error_description: description })
      expect(getChallenge(refusal)).toEqual(
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
    },
  )

  it.each(REASONS_WITH_CHALLENGE)(
    '6750-10: refuse writes a Bearer challenge with at least one parameter: %s',
    (reason) => {
      const [challenge, ...others] = readChallenges(
        refuse(createRejection(reason), REFUSAL, undefined),
      )
      expect(others).toEqual([])
      expect(challenge!.scheme).toBe('Bearer')
      expect(challenge!.parameters.length).toBeGreaterThan(0)
    },
  )

  it.each(REASONS_WITH_CHALLENGE)(
    '6750-11, 6750-13, 6750-15: refuse writes each challenge parameter once, and no error_uri: %s',
    (reason) => {
      const challenges = readChallenges(refuseForScope('read', reason))
      const names = challenges.flatMap(({ parameters }) => parameters.map(([n]) => n))
      expect(names).not.toEqual([])
      expect(new Set(names).size).toBe(names.length)
      for (const name of names)
        expect(['realm', 'error', 'error_description', 'scope']).toContain(name)
    },
  )

  it('6750-12: refuse writes scope at most once, and readRequirements rejects a scope that needs escaping', () => {
    for (const reason of REASONS_WITH_CHALLENGE) {
      const { parameters } = readChallenges(refuseForScope("a !#$%&'()*+ [~] b:c/d", reason))[0]!
      const scopes = parameters.filter(([name]) => name === 'scope').map(([, value]) => value)
      expect(scopes).toEqual(RESPONSES[reason][3] ? ["a !#$%&'()*+ [~] b:c/d"] : [])
      const without = refuse(createRejection(reason), REFUSAL, undefined)
      expect(getChallenge(without)).not.toHaveProperty('scope')
    }
    expect(() => readForStatic([{ scope: 'a"b' }], [createSettings()])).toThrow(ConfigurationError)
  })

  it('refuse writes the scope of the guard into a 401 and into insufficient_scope, and no challenge for a 503', () => {
    const scopeOf = (reason: Reason) =>
      getChallenge(refuse(createRejection(reason), REFUSAL, { scope: 'read' }))?.['scope']
    expect(scopeOf('expired')).toBe('read')
    expect(scopeOf('insufficient_scope')).toBe('read')
    expect(scopeOf('wrong_subject')).toBeUndefined()
    const unavailable = createRejection('keys_unavailable')
    expect(getChallenge(refuse(unavailable, REFUSAL, { scope: 'read' }))).toBeUndefined()
  })

  it('refuse writes a given protocol body unchanged with the JSON media type, and does not call errorBody', () => {
    const errorBody = () => expect.fail('errorBody was called')
    const settings = { ...REFUSAL, errorBody }
    const body = '{"jsonrpc":"2.0"}'
    const args = [createRejection('header_mismatch'), settings, {}] as const
    const refused = refuse(...args, undefined, undefined, body)
    expect(refused).toMatchObject({ status: 400, body })
    expect(refused.headers['Content-Type']).toBe('application/json')
  })

  it('6750-14: refuse writes only fixed texts, in characters that a challenge allows', () => {
    const unsafe = 'a"b\\c\r\nX: y\u00e9\ud83d\udc3b'
    for (const reason of REASONS_WITH_CHALLENGE) {
      const rejection = new Rejection(reason, { check: unsafe, expected: unsafe, found: unsafe })
      const refusal = refuse(rejection, REFUSAL, undefined)
      const { status, headers, body } = refuse(createRejection(reason), REFUSAL, undefined)
      expect(refusal).toMatchObject({ status, headers, body })
      const { error = '', error_description: text = '' } = getChallenge(refusal)!
      expect(error + text).toMatch(/^[\x20-\x21\x23-\x5B\x5D-\x7E]*$/)
    }
  })

  it('6750-28: refuse writes Cache-Control: no-store and the JSON media type for every refusal', () => {
    for (const reason of Object.keys(RESPONSES) as Reason[]) {
      const { headers } = refuse(createRejection(reason), REFUSAL, undefined)
      expect(headers['Cache-Control']).toBe('no-store')
      expect(headers['Content-Type']).toBe('application/json')
    }
  })

  it('refuse writes Retry-After only for a 503, in whole seconds of at least 1', () => {
    const retryAfter = (seconds?: number) =>
      refuse(createRejection('keys_unavailable', { retryAfter: seconds }), REFUSAL, {
        scope: 'read',
      }).headers['Retry-After']
    expect([undefined, 0, 0.2, 1, 1.2, 30].map(retryAfter)).toEqual(['1', '1', '1', '1', '2', '30'])
    expect(
      refuse(createRejection('expired', { retryAfter: 5 }), REFUSAL, { scope: 'read' }).headers,
    ).not.toHaveProperty('Retry-After')
  })
})

describe('errorBody', () => {
  const refuseWith = (own: unknown, reason: Reason = 'expired') =>
    refuse(createRejection(reason), { ...REFUSAL, errorBody: () => own as RefusalBody }, undefined)

  it('errorBody receives the reason, the status, and the texts of the default body', () => {
    let seen: RefusalView | undefined
    const errorBody = (view: RefusalView) => void (seen = view)
    refuse(createRejection('expired'), { ...REFUSAL, errorBody }, undefined)
    expect(seen).toEqual({
      reason: 'expired',
      status: 401,
      error: 'invalid_token',
      description: 'The access token has expired.',
    })
  })

  it('errorBody replaces the body and Content-Type, and changes nothing else', () => {
    const usual = refuse(createRejection('expired'), REFUSAL, undefined)
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

  it('refuse keeps the default body if errorBody returns undefined', () => {
    expect(refuseWith(undefined)).toEqual(refuse(createRejection('expired'), REFUSAL, undefined))
  })

  it.each(['', 'html', 'text/html\r\nX: y', 'text/html;', 'text/h\u00e9', 'a/b, c/d', 5])(
    'refuse throws a TypeError if contentType is not a media type: %j',
    (contentType) => {
      expect(() => refuseWith({ body: 'no', contentType })).toThrow(TypeError)
    },
  )

  it.each<[string, unknown]>([
    ['a promise', Promise.resolve({ body: 'later' })],
    ['a string', 'text'],
    ['a number', 5],
    ['a boolean', true],
    ['an array', []],
    ['an empty object', {}],
    ['a body that is a number', { body: 5 }],
    ['a body that is null', { body: null }],
    ['a body that is a function', { body: () => 'x' }],
    ['a body without a JSON form', { body: { toJSON: () => undefined } }],
    ['an object without a body', { text: 'x' }],
  ])('refuse throws a TypeError if errorBody returns %s', (_, own) => {
    expect(() => refuseWith(own)).toThrow(TypeError)
  })

  it('refuse throws the error that errorBody throws', () => {
    const errorBody = () => {
      throw new RangeError('oops')
    }
    const failing = () => refuse(createRejection('expired'), { ...REFUSAL, errorBody }, undefined)
    expect(failing).toThrow(RangeError)
  })
})
