import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../src/lib/json.ts'
import type { IssuerSettings } from '../../../src/model/settings.ts'
import {
  checkMediaType,
  checkTokenKind,
  isAccessTokenType,
} from '../../../src/token/jwt/token-type.ts'
import { settingsWith } from '../../support/settings.ts'
import { summarize } from '../../support/refusal.ts'

const WRONG = 'wrong_token_type: 401 invalid_token'

const OTHER_TYPES = [
  'id_token+jwt',
  'dpop+jwt',
  'logout+jwt',
  'secevent+jwt',
  'token-introspection+jwt',
  'oauth-authz-req+jwt',
  'client-authentication+jwt',
  'oauth-id-jag+jwt',
  'entity-statement+jwt',
  'statuslist+jwt',
  'dc+sd-jwt',
  'kb+jwt',
  'JOSE',
  'JOSE+JSON',
  'at+jwt ',
  'at +jwt',
  'at+jwt; v=1',
  'at+jwt\0',
  'text/at+jwt',
  'application/application/at+jwt',
  '/at+jwt',
  '',
]

describe('checkMediaType', () => {
  it('9068-01, 8725bis-18: takes at+jwt with and without application/', () => {
    for (const jwtProfile of [undefined, 'rfc9068'] as const) {
      expect(checkMediaType('at+jwt', jwtProfile)).toBeUndefined()
      expect(checkMediaType('application/at+jwt', jwtProfile)).toBeUndefined()
    }
  })

  it('9068-04: takes it in any case', () => {
    for (const typ of ['AT+JWT', 'At+Jwt', 'APPLICATION/AT+JWT']) {
      expect(checkMediaType(typ, 'rfc9068')).toBeUndefined()
    }
  })

  it.each([...OTHER_TYPES, 'JWT', 'jwt', 'application/jwt', 1, null, ['at+jwt'], {}, true])(
    '9068-02: with the profile rfc9068, refuses every type but at+jwt: %j',
    (typ) => expect(summarize(checkMediaType(typ, 'rfc9068'))).toBe(WRONG),
  )

  it('9068-03: accepts a token without typ only without a profile', () => {
    expect(summarize(checkMediaType(undefined, 'rfc9068'))).toBe(WRONG)
    expect(checkMediaType(undefined, undefined)).toBeUndefined()
  })

  it.each(['JWT', 'jwt', 'application/jwt'])('without a profile, accepts %s', (typ) => {
    expect(checkMediaType(typ, undefined)).toBeUndefined()
  })

  it.each([...OTHER_TYPES, 1, null, ['JWT'], {}, true])(
    'without a profile, refuses every type of another kind of token: %j',
    (typ) => expect(summarize(checkMediaType(typ, undefined))).toBe(WRONG),
  )
})

describe('checkTokenKind', () => {
  const access = { iss: 'a', sub: 'b', client_id: 'c', scope: 'read', exp: 1 }
  const idToken = { iss: 'a', sub: 'b', aud: 'c', exp: 1, nonce: 'n' }
  const plain = { iss: 'a', sub: 'b', aud: 'c', exp: 1 }

  const kindOf = (claims: JsonObject, typ?: unknown, settings: Partial<IssuerSettings> = {}) =>
    summarize(checkTokenKind(claims, settingsWith(settings), isAccessTokenType(typ)))

  it('takes a token that shows by one sign that it is an access token', () => {
    expect(kindOf(access)).toBe('passed')
    expect(kindOf({ ...plain, scope: '' })).toBe('passed')
    expect(kindOf({ ...plain, client_id: 'c' })).toBe('passed')
    expect(kindOf({ ...plain, token_use: 'access' })).toBe('passed')
    expect(kindOf(plain, 'at+jwt')).toBe('passed')
    expect(kindOf(plain, 'application/AT+JWT')).toBe('passed')
  })

  it('refuses a token that shows none', () => {
    for (const typ of [undefined, 'JWT', 'application/jwt']) expect(kindOf(plain, typ)).toBe(WRONG)
    expect(kindOf({ ...plain, azp: 'c', typ: 'Bearer' })).toBe(WRONG)
  })

  it.each([
    ['an ID token with at_hash', { at_hash: 'x' }],
    ['an ID token with c_hash', { c_hash: 'x' }],
    ['an ID token with s_hash', { s_hash: 'x' }],
    ['a security event token', { events: { 'https://schemas.example/e': {} } }],
    ['an introspection response', { token_introspection: { active: true } }],
    ['a DPoP proof', { htu: 'https://api.example.com/', htm: 'GET' }],
    ['a request object', { response_type: 'code' }],
    ['an ID token of Cognito', { token_use: 'id' }],
    ['a refresh token that says so', { token_use: 'refresh' }],
    ['a token_use that is no string', { token_use: ['access'] }],
    ['a token_use of null', { token_use: null }],
    ['an ID token of Keycloak', { typ: 'ID' }],
    ['a refresh token of Keycloak', { typ: 'Refresh' }],
    ['an offline token of Keycloak', { typ: 'Offline' }],
    ['a logout token of Keycloak', { typ: 'Logout' }],
    ['the mark of an ID token, though it is null', { at_hash: null }],
  ])('refuses another kind of token, whatever else is in it: %s', (_, claims) => {
    expect(kindOf({ ...access, ...claims })).toBe(WRONG)
    expect(kindOf({ ...access, ...claims }, 'at+jwt')).toBe(WRONG)
  })

  it('takes the marks of an access token', () => {
    expect(kindOf({ ...access, token_use: 'access' })).toBe('passed')
    expect(kindOf({ ...access, typ: 'Bearer' })).toBe('passed')
  })

  it('takes a nonce for the mark of an ID token where neither scope nor client id stand beside it', () => {
    expect(kindOf(idToken)).toBe(WRONG)
    expect(kindOf({ ...idToken, token_use: 'access' })).toBe(WRONG)
    expect(kindOf({ ...idToken, scope: 'read' })).toBe('passed')
    expect(kindOf({ ...idToken, client_id: 'c' })).toBe('passed')
  })

  it('knows scope and client id by the names that the issuer gives them, but for azp', () => {
    const okta = {
      scopeSources: [{ claim: 'scp', format: 'array' as const }],
      clientIdClaims: ['cid'],
    }
    expect(kindOf({ ...idToken, scp: ['read'] }, 'JWT', okta)).toBe('passed')
    expect(kindOf({ ...idToken, cid: 'c' }, 'JWT', okta)).toBe('passed')
    const azp = { clientIdClaims: ['azp'] }
    expect(kindOf({ ...plain, azp: 'c' }, 'JWT', azp)).toBe('passed')
    expect(kindOf({ ...idToken, azp: 'c' }, 'JWT', azp)).toBe(WRONG)
  })

  it('takes no other claim for a sign, though scopes are read from it', () => {
    const roles = { scopeSources: [{ claim: 'roles', format: 'array' as const }] }
    expect(kindOf({ ...plain, roles: ['admin'] }, 'JWT', roles)).toBe(WRONG)
    expect(kindOf({ ...plain, scp: ['read'] }, 'JWT')).toBe('passed')
    const gravitee = { clientIdClaims: ['aud'] }
    expect(kindOf(plain, 'JWT', gravitee)).toBe(WRONG)
  })

  it("holds a token to the issuer's own rule", () => {
    const cognito = { tokenUse: { claim: 'token_use', value: 'access' } }
    expect(kindOf({ ...plain, token_use: 'access' }, undefined, cognito)).toBe('passed')
    for (const claims of [
      {},
      { token_use: 'id' },
      { token_use: ['access'] },
      { token_use: 'ACCESS' },
    ]) {
      expect(kindOf({ ...access, ...claims }, 'at+jwt', cognito)).toBe(WRONG)
    }
    const own = { tokenUse: { claim: 'kind', value: 'at' } }
    expect(kindOf({ ...plain, kind: 'at' }, undefined, own)).toBe('passed')
    expect(kindOf({ ...plain, kind: 'at', typ: 'ID' }, undefined, own)).toBe(WRONG)
  })
})
