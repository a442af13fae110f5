import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../src/lib/json.ts'
import type { IssuerSettings } from '../../../src/model/settings.ts'
import {
  checkMediaType,
  checkTokenKind,
  isAccessTokenType,
} from '../../../src/token/jwt/token-type.ts'
import { createSettings } from '../../support/settings.ts'
import { summarize } from '../../support/refusal.ts'

const WRONG = 'wrong_token_type: 401 invalid_token'

/** Values of `typ` that are the type of another kind of token, or that are not a type. */
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

/** Values of `typ` for tokens that are never access tokens, and the kind of each token. */
const FOREIGN_TYPES: readonly (readonly [typ: string, kind: string])[] = [
  ['dpop+jwt', 'a DPoP proof'],
  ['secevent+jwt', 'a security event token'],
  ['logout+jwt', 'a logout token'],
  ['oauth-id-jag+jwt', 'an identity assertion (ID-JAG)'],
  ['txntoken+jwt', 'a transaction token'],
  ['wit+jwt', 'a workload identity token'],
  ['wpt+jwt', 'a workload proof token'],
  ['statuslist+jwt', 'a status list'],
  ['token-introspection+jwt', 'an introspection response'],
]

/** Returns settings with a profile and with more accepted types. */
const withTypes = (jwtProfile?: IssuerSettings['jwtProfile'], ...acceptedTypes: string[]) =>
  createSettings({ jwtProfile, acceptedTypes })

describe('checkMediaType', () => {
  it('9068-01, 8725bis-18: checkMediaType accepts the typ at+jwt with and without application/', () => {
    for (const jwtProfile of [undefined, 'rfc9068'] as const) {
      expect(checkMediaType('at+jwt', withTypes(jwtProfile))).toBeUndefined()
      expect(checkMediaType('application/at+jwt', withTypes(jwtProfile))).toBeUndefined()
    }
  })

  it('9068-04: checkMediaType accepts the typ at+jwt in upper and mixed case', () => {
    for (const typ of ['AT+JWT', 'At+Jwt', 'APPLICATION/AT+JWT']) {
      expect(checkMediaType(typ, withTypes('rfc9068'))).toBeUndefined()
    }
  })

  const others = [...OTHER_TYPES, 'JWT', 'jwt', 'application/jwt', 1, null, ['at+jwt'], {}, true]
  it.each(others.map((typ) => [typ]))(
    '9068-02: checkMediaType rejects the typ %j with the profile rfc9068',
    (typ) => expect(summarize(checkMediaType(typ, withTypes('rfc9068')))).toBe(WRONG),
  )

  it('9068-03: checkMediaType accepts a missing typ only without a profile', () => {
    expect(summarize(checkMediaType(undefined, withTypes('rfc9068')))).toBe(WRONG)
    expect(checkMediaType(undefined, withTypes())).toBeUndefined()
  })

  it.each(['JWT', 'jwt', 'application/jwt'])(
    'checkMediaType accepts the typ %s without a profile',
    (typ) => {
      expect(checkMediaType(typ, withTypes())).toBeUndefined()
    },
  )

  it.each([...OTHER_TYPES, 1, null, ['JWT'], {}, true].map((typ) => [typ]))(
    'checkMediaType rejects the typ %j without a profile',
    (typ) => expect(summarize(checkMediaType(typ, withTypes()))).toBe(WRONG),
  )

  it.each(FOREIGN_TYPES)(
    'checkMediaType names the kind of a token with the typ %s',
    (typ, kind) => {
      for (const written of [typ, `application/${typ}`, typ.toUpperCase()]) {
        for (const settings of [withTypes(), withTypes('rfc9068'), withTypes(undefined, 'jws')]) {
          expect(checkMediaType(written, settings)!.explanation.found).toBe(`claimed ${kind}`)
        }
      }
    },
  )

  it('checkMediaType accepts a typ in acceptTyp, in lower or upper case and with the prefix application/', () => {
    const settings = withTypes(undefined, 'jws', 'rsa')
    for (const typ of ['JWS', 'jws', 'application/JWS', 'RSA', 'at+jwt', 'JWT', undefined]) {
      expect(checkMediaType(typ, settings)).toBeUndefined()
    }
    for (const typ of ['JW', 'JWSS', 'JWE', ''])
      expect(summarize(checkMediaType(typ, settings))).toBe(WRONG)
  })
})

describe('checkTokenKind', () => {
  const access = { iss: 'a', sub: 'b', client_id: 'c', scope: 'read', exp: 1 }
  const idToken = { iss: 'a', sub: 'b', aud: 'c', exp: 1, nonce: 'n' }
  const plain = { iss: 'a', sub: 'b', aud: 'c', exp: 1 }

  const checkKind = (claims: JsonObject, typ?: unknown, settings: Partial<IssuerSettings> = {}) =>
    summarize(checkTokenKind(claims, createSettings(settings), isAccessTokenType(typ)))

  it('checkTokenKind accepts a token with a claim or typ of an access token', () => {
    expect(checkKind(access)).toBe('passed')
    expect(checkKind({ ...plain, scope: '' })).toBe('passed')
    expect(checkKind({ ...plain, client_id: 'c' })).toBe('passed')
    expect(checkKind({ ...plain, token_use: 'access' })).toBe('passed')
    expect(checkKind(plain, 'at+jwt')).toBe('passed')
    expect(checkKind(plain, 'application/AT+JWT')).toBe('passed')
  })

  it('checkTokenKind rejects a token without any claim or typ of an access token', () => {
    for (const typ of [undefined, 'JWT', 'application/jwt'])
      expect(checkKind(plain, typ)).toBe(WRONG)
    expect(checkKind({ ...plain, azp: 'c', typ: 'Bearer' })).toBe(WRONG)
  })

  it.each([
    ['the at_hash of an ID token', { at_hash: 'x' }],
    ['the c_hash of an ID token', { c_hash: 'x' }],
    ['the s_hash of an ID token', { s_hash: 'x' }],
    ['the events of a security event token', { events: { 'https://schemas.example/e': {} } }],
    [
      'the token_introspection of an introspection response',
      { token_introspection: { active: true } },
    ],
    ['the htu and htm of a DPoP proof', { htu: 'https://api.example.com/', htm: 'GET' }],
    ['the response_type of a request object', { response_type: 'code' }],
    ['the token_use of a Cognito ID token', { token_use: 'id' }],
    ['the token_use of a refresh token', { token_use: 'refresh' }],
    ['a token_use that is an array', { token_use: ['access'] }],
    ['a token_use that is null', { token_use: null }],
    ['the typ of a Keycloak ID token', { typ: 'ID' }],
    ['the typ of a Keycloak refresh token', { typ: 'Refresh' }],
    ['the typ of a Keycloak offline token', { typ: 'Offline' }],
    ['the typ of a Keycloak logout token', { typ: 'Logout' }],
    ['an at_hash that is null', { at_hash: null }],
  ])(
    'checkTokenKind rejects a token that has the claims of an access token and %s',
    (_, claims) => {
      expect(checkKind({ ...access, ...claims })).toBe(WRONG)
      expect(checkKind({ ...access, ...claims }, 'at+jwt')).toBe(WRONG)
    },
  )

  it('checkTokenKind accepts the token_use access and the typ Bearer', () => {
    expect(checkKind({ ...access, token_use: 'access' })).toBe('passed')
    expect(checkKind({ ...access, typ: 'Bearer' })).toBe('passed')
  })

  it('checkTokenKind rejects a nonce without a scope or client id', () => {
    expect(checkKind(idToken)).toBe(WRONG)
    expect(checkKind({ ...idToken, token_use: 'access' })).toBe(WRONG)
    expect(checkKind({ ...idToken, scope: 'read' })).toBe('passed')
    expect(checkKind({ ...idToken, client_id: 'c' })).toBe('passed')
  })

  it('checkTokenKind accepts a nonce together with scp or the configured claim of the client id, except azp', () => {
    const okta = {
      scopeSources: [{ claim: 'scp', format: 'array' as const }],
      clientIdClaims: ['cid'],
    }
    expect(checkKind({ ...idToken, scp: ['read'] }, 'JWT', okta)).toBe('passed')
    expect(checkKind({ ...idToken, cid: 'c' }, 'JWT', okta)).toBe('passed')
    const azp = { clientIdClaims: ['azp'] }
    expect(checkKind({ ...plain, azp: 'c' }, 'JWT', azp)).toBe('passed')
    expect(checkKind({ ...idToken, azp: 'c' }, 'JWT', azp)).toBe(WRONG)
  })

  it('checkTokenKind accepts a nonce with azp and uid only with the provider authentik, which copies the nonce into access tokens', () => {
    const azp = { clientIdClaims: ['azp'] }
    const authentik = { ...azp, subjects: { provider: 'authentik' } } as const
    const token = { ...idToken, azp: 'c', uid: 'c7Qp0sLx' }
    expect(checkKind(token, 'JWT', authentik)).toBe('passed')
    expect(checkKind(token, 'JWT', azp)).toBe(WRONG)
    for (const other of [
      idToken,
      { ...idToken, azp: 'c' },
      { ...token, azp: undefined },
      { ...token, azp: '' },
      { ...token, uid: '' },
      { ...token, uid: null },
      { ...token, at_hash: 'x' },
      { ...token, c_hash: 'x' },
    ]) {
      expect(checkKind(other as JsonObject, 'JWT', authentik)).toBe(WRONG)
    }
  })

  it('checkTokenKind rejects a token that has only roles or aud, even if scopes or client id are read from these claims', () => {
    const roles = { scopeSources: [{ claim: 'roles', format: 'array' as const }] }
    expect(checkKind({ ...plain, roles: ['admin'] }, 'JWT', roles)).toBe(WRONG)
    expect(checkKind({ ...plain, scp: ['read'] }, 'JWT')).toBe('passed')
    const gravitee = { clientIdClaims: ['aud'] }
    expect(checkKind(plain, 'JWT', gravitee)).toBe(WRONG)
  })

  it('checkTokenKind rejects a token without the claim and the value that tokenUse requires', () => {
    const cognito = { tokenUse: { claim: 'token_use', value: 'access' } }
    expect(checkKind({ ...plain, token_use: 'access' }, undefined, cognito)).toBe('passed')
    for (const claims of [
      {},
      { token_use: 'id' },
      { token_use: ['access'] },
      { token_use: 'ACCESS' },
    ]) {
      expect(checkKind({ ...access, ...claims }, 'at+jwt', cognito)).toBe(WRONG)
    }
    const own = { tokenUse: { claim: 'kind', value: 'at' } }
    expect(checkKind({ ...plain, kind: 'at' }, undefined, own)).toBe('passed')
    expect(checkKind({ ...plain, kind: 'at', typ: 'ID' }, undefined, own)).toBe(WRONG)
  })
})
