import { ISSUER } from '../../support/issuer.ts'
import { type ContractCase, each } from '../contract-case.ts'
import { claiming, forged, headed, NOW, token } from '../fixture.ts'
import { invalidToken, ok } from '../outcomes.ts'

const strict = { configuration: 'strict' } as const
const wrongType = invalidToken('wrong_token_type')

/** A token with the claims of an access token for us, and those of another kind beside them. */
const kind = (typ: string, claims: Record<string, unknown>) => token({ header: { typ }, claims })
/** The same without what makes it an access token. */
const plain = (claims: Record<string, unknown>) =>
  kind('JWT', { scope: undefined, client_id: undefined, ...claims })

const logout = { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }
const proof = { htm: 'GET', htu: 'https://api.example.com/v1' }
const introspection = { token_introspection: { active: true, sub: 'alice', scope: 'write' } }

/** Signed by the right key of the right issuer for this API, and no access tokens all the same. */
const otherKinds = {
  'an ID token with a nonce': plain({ nonce: 'n', azp: 'web' }),
  'an ID token with at_hash': kind('JWT', { at_hash: 'x' }),
  'an ID token with c_hash': kind('JWT', { c_hash: 'x' }),
  'an ID token with neither': plain({}),
  'an ID token that says so': kind('id_token+jwt', {}),
  'a DPoP proof': kind('dpop+jwt', proof),
  'a DPoP proof that hides its type': kind('JWT', proof),
  'an introspection response': kind('token-introspection+jwt', introspection),
  'an introspection response that hides its type': kind('JWT', introspection),
  'a logout token': kind('logout+jwt', logout),
  'a logout token that hides its type': kind('JWT', logout),
  'a client assertion': kind('client-authentication+jwt', {}),
  'a security event': kind('secevent+jwt', logout),
}

/** `typ`, and the kinds of token that an issuer signs with the same keys (RFC 9068 section 4, RFC 8725 section 3.12). */
export const tokenType: readonly ContractCase[] = [
  ...each(
    ['9068-01'],
    'takes the type of an access token',
    ok(),
    {
      short: headed({ typ: 'at+jwt' }),
      long: headed({ typ: 'application/at+jwt' }),
    },
    strict,
  ),
  ...each(
    ['9068-02'],
    'takes no other type',
    wrongType,
    {
      JWT: headed({ typ: 'JWT' }),
      jwt: headed({ typ: 'jwt' }),
      'id_token+jwt': headed({ typ: 'id_token+jwt' }),
      'dpop+jwt': headed({ typ: 'dpop+jwt' }),
      'logout+jwt': headed({ typ: 'logout+jwt' }),
      'secevent+jwt': headed({ typ: 'secevent+jwt' }),
      'an empty text': headed({ typ: '' }),
      'a number': headed({ typ: 1 }),
      'an array': headed({ typ: ['at+jwt'] }),
    },
    strict,
  ),
  ...each(['9068-02'], 'takes JWT for a type only by default', ok(), {
    JWT: headed({ typ: 'JWT' }),
    jwt: headed({ typ: 'jwt' }),
    'application/jwt': headed({ typ: 'application/jwt' }),
  }),
  ...each(['9068-02'], 'takes no other type by default either', wrongType, {
    'id_token+jwt': headed({ typ: 'id_token+jwt' }),
    'dpop+jwt': headed({ typ: 'dpop+jwt' }),
    'logout+jwt': headed({ typ: 'logout+jwt' }),
    'secevent+jwt': headed({ typ: 'secevent+jwt' }),
    JOSE: headed({ typ: 'JOSE' }),
    'an empty text': headed({ typ: '' }),
    'a number': headed({ typ: 1 }),
    null: headed({ typ: null }),
    'an array': headed({ typ: ['at+jwt'] }),
  }),
  ...each(
    ['9068-03'],
    'misses the type',
    wrongType,
    { 'no typ': headed({ typ: undefined }) },
    strict,
  ),
  ...each(['9068-03'], 'does without a type by default', ok(), {
    'no typ': headed({ typ: undefined }),
  }),
  ...each(
    ['9068-04'],
    'compares types without regard to case',
    ok(),
    {
      'AT+JWT': headed({ typ: 'AT+JWT' }),
      'Application/At+Jwt': headed({ typ: 'Application/At+Jwt' }),
    },
    strict,
  ),
  ...each(
    ['8725bis-18'],
    'adds application/ to a type without a slash',
    ok(),
    {
      'at+jwt': headed({ typ: 'at+jwt' }),
      'application/at+jwt': headed({ typ: 'application/at+jwt' }),
    },
    strict,
  ),
  ...each(
    ['8725bis-18'],
    'adds and takes away nothing else',
    wrongType,
    {
      'text/at+jwt': headed({ typ: 'text/at+jwt' }),
      'application twice': headed({ typ: 'application/application/at+jwt' }),
      'a slash in front': headed({ typ: '/at+jwt' }),
      'a parameter': headed({ typ: 'at+jwt;v=1' }),
      'a space behind': headed({ typ: 'at+jwt ' }),
    },
    strict,
  ),

  ...each(['8725-19'], 'takes an access token', ok(), { 'by default': token() }),
  ...each(
    ['8725-19'],
    'takes an access token',
    ok(),
    { 'where its type is asked for': token() },
    strict,
  ),
  ...each(['8725-19'], 'takes no other kind of token', wrongType, otherKinds),
  ...each(
    ['8725-19'],
    'takes no other kind where the type is asked for',
    wrongType,
    otherKinds,
    strict,
  ),

  ...each(['9068-19'], 'takes no ID token for its client', invalidToken('wrong_audience'), {
    'with a client id': kind('JWT', { aud: 'web' }),
  }),
  ...each(
    ['9068-19'],
    'takes no ID token for its client',
    wrongType,
    {
      'with a client id': kind('JWT', { aud: 'web' }),
    },
    strict,
  ),
  ...each(['9068-19'], 'takes no ID token that names this API', wrongType, {
    'of type JWT': plain({}),
    'of type JWT, with a nonce': plain({ nonce: 'n' }),
  }),
  ...each(
    ['9068-19'],
    'takes no ID token that names this API',
    wrongType,
    {
      'of type JWT': kind('JWT', {}),
    },
    strict,
  ),

  ...each(['9068-20'], 'takes nothing else that the issuer or a client signs', wrongType, {
    'a refresh token': kind('JWT', { typ: 'Refresh' }),
    'a logout token': kind('JWT', logout),
    'a request object': kind('oauth-authz-req+jwt', { response_type: 'code' }),
    'a request object that hides its type': kind('JWT', { response_type: 'code' }),
    'an authorization response': plain({ aud: 'web', sub: undefined, code: 'c', state: 's' }),
  }),
  ...each(
    ['9068-20'],
    'takes nothing else where the type is asked for',
    wrongType,
    {
      'a refresh token': kind('JWT', { typ: 'Refresh' }),
      'a logout token': kind('logout+jwt', logout),
      'a request object': kind('oauth-authz-req+jwt', { response_type: 'code' }),
      'an authorization response': plain({ aud: 'web', sub: undefined, code: 'c', state: 's' }),
    },
    strict,
  ),
  ...each(['9068-20'], 'takes no client assertion', invalidToken('unknown_issuer'), {
    'issued by the client': kind('JWT', { iss: 'web', sub: 'web', aud: ISSUER }),
  }),
  ...each(
    ['9068-20'],
    'takes no client assertion',
    invalidToken('unknown_issuer'),
    {
      'issued by the client': kind('JWT', { iss: 'web', sub: 'web', aud: ISSUER }),
    },
    strict,
  ),

  ...each(['7519-48'], 'takes no token inside a token', invalidToken('unsupported_header'), {
    'cty JWT': headed({ cty: 'JWT' }),
    'cty jwt': headed({ cty: 'jwt' }),
    'cty application/jwt': headed({ cty: 'application/jwt' }),
    'cty of another kind of value': headed({ cty: ['JWT'] }),
  }),
  ...each(
    ['8725-06'],
    'takes no token inside a token, whichever layer is sound',
    invalidToken('malformed_token'),
    {
      both: token({ header: { cty: 'JWT' }, claims: token() }),
      'the outer one': token({ header: { cty: 'JWT' }, claims: forged(token()) }),
      'the inner one': forged(token({ header: { cty: 'JWT' }, claims: token() })),
    },
  ),
  ...each(
    [],
    'refuses a token that is bound to a key, whatever cnf holds',
    invalidToken('unsupported_binding'),
    {
      nothing: claiming({ cnf: {} }),
      'no object': claiming({ cnf: 'x' }),
      'an unknown member': claiming({ cnf: { kid: 'x' } }),
      null: claiming({ cnf: null }),
    },
  ),
  ...each(
    ['9449-19'],
    'refuses a token that is bound to a DPoP key',
    invalidToken('unsupported_binding'),
    {
      jkt: claiming({ cnf: { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' } }),
    },
  ),
  ...each(
    ['8705-10'],
    'refuses a token that is bound to a certificate',
    invalidToken('unsupported_binding'),
    {
      'x5t#S256': claiming({ cnf: { 'x5t#S256': 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2' } }),
    },
  ),
  ...each([], 'reads a marked access token beside a nonce', ok({}, 'unknown'), {
    nonce: claiming({ nonce: 'n', auth_time: NOW }),
  }),
]
