import { ISSUER } from '../../support/issuer.ts'
import { type ContractCase, each } from '../contract-case.ts'
import { claiming, forged, headed, NOW, token } from '../fixture.ts'
import { invalidToken, ok } from '../outcomes.ts'

const strict = { configuration: 'strict' } as const
const wrongType = invalidToken('wrong_token_type')

/** Creates a token with the claims of an access token for this API, and with claims of another kind of token. */
const kind = (typ: string, claims: Record<string, unknown>) => token({ header: { typ }, claims })
/** Creates a token of type JWT without `scope` and `client_id`, the claims that mark an access token. */
const plain = (claims: Record<string, unknown>) =>
  kind('JWT', { scope: undefined, client_id: undefined, ...claims })

const logout = { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }
const proof = { htm: 'GET', htu: 'https://api.example.com/v1' }
const introspection = { token_introspection: { active: true, sub: 'alice', scope: 'write' } }

/** Tokens that are not access tokens, but have the right issuer, the right audience and the right signature. */
const otherKinds = {
  'an ID token with a nonce': plain({ nonce: 'n', azp: 'web' }),
  'an ID token with at_hash': kind('JWT', { at_hash: 'x' }),
  'an ID token with c_hash': kind('JWT', { c_hash: 'x' }),
  'an ID token without nonce and hash': plain({}),
  'an ID token of type id_token+jwt': kind('id_token+jwt', {}),
  'a DPoP proof': kind('dpop+jwt', proof),
  'a DPoP proof of type JWT': kind('JWT', proof),
  'an introspection response': kind('token-introspection+jwt', introspection),
  'an introspection response of type JWT': kind('JWT', introspection),
  'a logout token': kind('logout+jwt', logout),
  'a logout token of type JWT': kind('JWT', logout),
  'a client assertion': kind('client-authentication+jwt', {}),
  'a security event': kind('secevent+jwt', logout),
}

/** Cases for `typ` and other JWTs signed with the same keys (RFC 9068 section 4, RFC 8725 section 3.12). */
export const tokenType: readonly ContractCase[] = [
  ...each(
    ['9068-01'],
    'accepts the type of an access token',
    ok(),
    {
      'at+jwt': headed({ typ: 'at+jwt' }),
      'application/at+jwt': headed({ typ: 'application/at+jwt' }),
    },
    strict,
  ),
  ...each(
    [],
    'accepts a type that acceptTyp contains',
    ok(),
    { JWS: headed({ typ: 'JWS' }), 'application/jws': headed({ typ: 'application/jws' }) },
    { configuration: 'acceptTyp is set' },
  ),
  ...each(
    ['MCP-15'],
    'rejects a type of tokens that are never access tokens, even if acceptTyp is set',
    wrongType,
    Object.fromEntries(
      ['oauth-id-jag+jwt', 'dpop+jwt', 'txntoken+jwt', 'wit+jwt', 'wpt+jwt', 'statuslist+jwt'].map(
        (typ) => [typ, headed({ typ })],
      ),
    ),
    { configuration: 'acceptTyp is set' },
  ),
  ...each(
    ['9068-02'],
    'rejects a type other than at+jwt',
    wrongType,
    {
      JWT: headed({ typ: 'JWT' }),
      jwt: headed({ typ: 'jwt' }),
      'id_token+jwt': headed({ typ: 'id_token+jwt' }),
      'dpop+jwt': headed({ typ: 'dpop+jwt' }),
      'logout+jwt': headed({ typ: 'logout+jwt' }),
      'secevent+jwt': headed({ typ: 'secevent+jwt' }),
      'an empty string': headed({ typ: '' }),
      'a number': headed({ typ: 1 }),
      'an array': headed({ typ: ['at+jwt'] }),
    },
    strict,
  ),
  ...each(['9068-02'], 'accepts the type JWT by default', ok(), {
    JWT: headed({ typ: 'JWT' }),
    jwt: headed({ typ: 'jwt' }),
    'application/jwt': headed({ typ: 'application/jwt' }),
  }),
  ...each(['9068-02'], 'rejects a type other than at+jwt and JWT by default', wrongType, {
    'id_token+jwt': headed({ typ: 'id_token+jwt' }),
    'dpop+jwt': headed({ typ: 'dpop+jwt' }),
    'logout+jwt': headed({ typ: 'logout+jwt' }),
    'secevent+jwt': headed({ typ: 'secevent+jwt' }),
    JOSE: headed({ typ: 'JOSE' }),
    'an empty string': headed({ typ: '' }),
    'a number': headed({ typ: 1 }),
    null: headed({ typ: null }),
    'an array': headed({ typ: ['at+jwt'] }),
  }),
  ...each(
    ['9068-03'],
    'rejects a token without a type',
    wrongType,
    { 'no typ': headed({ typ: undefined }) },
    strict,
  ),
  ...each(['9068-03'], 'accepts a token without a type by default', ok(), {
    'no typ': headed({ typ: undefined }),
  }),
  ...each(
    ['9068-04'],
    'accepts the type at+jwt in any case',
    ok(),
    {
      'AT+JWT': headed({ typ: 'AT+JWT' }),
      'Application/At+Jwt': headed({ typ: 'Application/At+Jwt' }),
    },
    strict,
  ),
  ...each(
    ['8725bis-18'],
    'accepts the type at+jwt with and without application/',
    ok(),
    {
      'at+jwt': headed({ typ: 'at+jwt' }),
      'application/at+jwt': headed({ typ: 'application/at+jwt' }),
    },
    strict,
  ),
  ...each(
    ['8725bis-18'],
    'rejects other variants of the type at+jwt',
    wrongType,
    {
      'text/at+jwt': headed({ typ: 'text/at+jwt' }),
      'application twice': headed({ typ: 'application/application/at+jwt' }),
      'a leading slash': headed({ typ: '/at+jwt' }),
      'a parameter': headed({ typ: 'at+jwt;v=1' }),
      'a trailing space': headed({ typ: 'at+jwt ' }),
    },
    strict,
  ),

  ...each(['8725-19'], 'accepts an access token by default', ok(), { 'of type at+jwt': token() }),
  ...each(
    ['8725-19'],
    'accepts an access token if the type is required',
    ok(),
    { 'of type at+jwt': token() },
    strict,
  ),
  ...each(
    ['8725-19'],
    'rejects a JWT that is not an access token, by default',
    wrongType,
    otherKinds,
  ),
  ...each(
    ['8725-19'],
    'rejects a JWT that is not an access token, if the type is required',
    wrongType,
    otherKinds,
    strict,
  ),

  ...each(['9068-19'], 'rejects an ID token for its client', invalidToken('wrong_audience'), {
    'with a client id': kind('JWT', { aud: 'web' }),
  }),
  ...each(
    ['9068-19'],
    'rejects an ID token for its client',
    wrongType,
    {
      'with a client id': kind('JWT', { aud: 'web' }),
    },
    strict,
  ),
  ...each(['9068-19'], 'rejects an ID token for this API', wrongType, {
    'of type JWT': plain({}),
    'of type JWT, with a nonce': plain({ nonce: 'n' }),
  }),
  ...each(
    ['9068-19'],
    'rejects an ID token for this API',
    wrongType,
    {
      'of type JWT': kind('JWT', {}),
    },
    strict,
  ),

  ...each(
    ['9068-20'],
    'rejects a JWT that the issuer or a client signs for another purpose, by default',
    wrongType,
    {
      'a refresh token': kind('JWT', { typ: 'Refresh' }),
      'a logout token': kind('JWT', logout),
      'a request object': kind('oauth-authz-req+jwt', { response_type: 'code' }),
      'a request object of type JWT': kind('JWT', { response_type: 'code' }),
      'an authorization response': plain({ aud: 'web', sub: undefined, code: 'c', state: 's' }),
    },
  ),
  ...each(
    ['9068-20'],
    'rejects a JWT that the issuer or a client signs for another purpose, if the type is required',
    wrongType,
    {
      'a refresh token': kind('JWT', { typ: 'Refresh' }),
      'a logout token': kind('logout+jwt', logout),
      'a request object': kind('oauth-authz-req+jwt', { response_type: 'code' }),
      'an authorization response': plain({ aud: 'web', sub: undefined, code: 'c', state: 's' }),
    },
    strict,
  ),
  ...each(['9068-20'], 'rejects a client assertion', invalidToken('unknown_issuer'), {
    'issued by the client': kind('JWT', { iss: 'web', sub: 'web', aud: ISSUER }),
  }),
  ...each(
    ['9068-20'],
    'rejects a client assertion',
    invalidToken('unknown_issuer'),
    {
      'issued by the client': kind('JWT', { iss: 'web', sub: 'web', aud: ISSUER }),
    },
    strict,
  ),

  ...each(['7519-48'], 'rejects a nested token', invalidToken('unsupported_header'), {
    'cty JWT': headed({ cty: 'JWT' }),
    'cty jwt': headed({ cty: 'jwt' }),
    'cty application/jwt': headed({ cty: 'application/jwt' }),
    'cty as an array': headed({ cty: ['JWT'] }),
  }),
  ...each(['8725-06'], 'rejects a nested token', invalidToken('malformed_token'), {
    'both layers valid': token({ header: { cty: 'JWT' }, claims: token() }),
    'only the outer layer valid': token({ header: { cty: 'JWT' }, claims: forged(token()) }),
    'only the inner layer valid': forged(token({ header: { cty: 'JWT' }, claims: token() })),
  }),
  ...each([], 'rejects a token with a cnf claim of any form', invalidToken('unsupported_binding'), {
    'an empty object': claiming({ cnf: {} }),
    'not an object': claiming({ cnf: 'x' }),
    'an unknown member': claiming({ cnf: { kid: 'x' } }),
    null: claiming({ cnf: null }),
  }),
  ...each(
    ['9449-19'],
    'rejects a token that is bound to a DPoP key',
    invalidToken('unsupported_binding'),
    {
      jkt: claiming({ cnf: { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' } }),
    },
  ),
  ...each(
    ['8705-10'],
    'rejects a token that is bound to a certificate',
    invalidToken('unsupported_binding'),
    {
      'x5t#S256': claiming({ cnf: { 'x5t#S256': 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2' } }),
    },
  ),
  ...each(
    [],
    'accepts an access token of type at+jwt with a nonce, and exposes an unknown subject',
    ok({}, 'unknown'),
    {
      'nonce and auth_time': claiming({ nonce: 'n', auth_time: NOW }),
    },
  ),
]
