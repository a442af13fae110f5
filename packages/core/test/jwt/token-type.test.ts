import { describe, expect, it } from 'vitest'
import { checkMediaType, checkTokenKind } from '../../src/jwt/token-type.ts'
import { settingsWith } from '../support/settings.ts'
import { verdictOf } from '../support/refusal.ts'

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
    for (const tokenType of ['jwt', 'at+jwt'] as const) {
      expect(checkMediaType('at+jwt', tokenType)).toBeUndefined()
      expect(checkMediaType('application/at+jwt', tokenType)).toBeUndefined()
    }
  })

  it('9068-04: takes it in any case', () => {
    for (const typ of ['AT+JWT', 'At+Jwt', 'APPLICATION/AT+JWT']) {
      expect(checkMediaType(typ, 'at+jwt')).toBeUndefined()
    }
  })

  it.each([...OTHER_TYPES, 'JWT', 'jwt', 'application/jwt', 1, null, ['at+jwt'], {}, true])(
    '9068-02: takes no other type under at+jwt: %j',
    (typ) => expect(verdictOf(checkMediaType(typ, 'at+jwt'))).toBe(WRONG),
  )

  it('9068-03: takes a token without a type only where at+jwt is not demanded', () => {
    expect(verdictOf(checkMediaType(undefined, 'at+jwt'))).toBe(WRONG)
    expect(checkMediaType(undefined, 'jwt')).toBeUndefined()
  })

  it.each(['JWT', 'jwt', 'application/jwt'])('takes %s where at+jwt is not demanded', (typ) => {
    expect(checkMediaType(typ, 'jwt')).toBeUndefined()
  })

  it.each([...OTHER_TYPES, 1, null, ['JWT'], {}, true])(
    'takes no type of another kind of token where at+jwt is not demanded: %j',
    (typ) => expect(verdictOf(checkMediaType(typ, 'jwt'))).toBe(WRONG),
  )
})

describe('checkTokenKind', () => {
  const settings = settingsWith()
  const access = { iss: 'a', sub: 'b', client_id: 'c', scope: 'read', exp: 1 }

  it('takes an access token', () => {
    expect(checkTokenKind(access, settings)).toBeUndefined()
    expect(checkTokenKind({ iss: 'a', sub: 'b', exp: 1 }, settings)).toBeUndefined()
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
  ])('9068-20: refuses another kind of token, whatever else is in it: %s', (_, claims) => {
    expect(verdictOf(checkTokenKind({ ...access, ...claims }, settings))).toBe(WRONG)
  })

  it('refuses the mark of another kind even where it is null', () => {
    expect(verdictOf(checkTokenKind({ ...access, at_hash: null }, settings))).toBe(WRONG)
  })

  it.each(['access', 'Bearer'])('takes the marks of an access token: %s', (mark) => {
    const claims = mark === 'access' ? { token_use: mark } : { typ: mark }
    expect(checkTokenKind({ ...access, ...claims }, settings)).toBeUndefined()
  })

  it('takes a nonce for the mark of an ID token where neither scope nor client id stand beside it', () => {
    const idToken = { iss: 'a', sub: 'b', aud: 'c', exp: 1, nonce: 'n' }
    expect(verdictOf(checkTokenKind(idToken, settings))).toBe(WRONG)
    expect(checkTokenKind({ ...idToken, scope: 'read' }, settings)).toBeUndefined()
    expect(checkTokenKind({ ...idToken, client_id: 'c' }, settings)).toBeUndefined()
  })

  it('knows scope and client id by the names that the issuer gives them, but for azp', () => {
    const idToken = { iss: 'a', sub: 'b', aud: 'c', exp: 1, nonce: 'n' }
    const okta = settingsWith({
      scopeSources: [{ claim: 'scp', format: 'array' }],
      clientIdClaims: ['cid'],
    })
    expect(checkTokenKind({ ...idToken, scp: ['read'] }, okta)).toBeUndefined()
    expect(checkTokenKind({ ...idToken, cid: 'c' }, okta)).toBeUndefined()
    const azp = settingsWith({ clientIdClaims: ['azp'] })
    expect(verdictOf(checkTokenKind({ ...idToken, azp: 'c' }, azp))).toBe(WRONG)
  })

  it("holds a token to the issuer's own rule", () => {
    const cognito = settingsWith({ tokenKindClaim: { name: 'token_use', value: 'access' } })
    expect(checkTokenKind({ ...access, token_use: 'access' }, cognito)).toBeUndefined()
    for (const claims of [
      {},
      { token_use: 'id' },
      { token_use: ['access'] },
      { token_use: 'ACCESS' },
    ]) {
      expect(verdictOf(checkTokenKind({ ...access, ...claims }, cognito))).toBe(WRONG)
    }
    const own = settingsWith({ tokenKindClaim: { name: 'kind', value: 'at' } })
    expect(verdictOf(checkTokenKind({ ...access, kind: 'at', typ: 'ID' }, own))).toBe(WRONG)
  })
})
