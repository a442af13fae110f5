import { AUDIENCE, ISSUER } from '../../support/issuer.ts'
import { SPELT_AUDIENCE, SPELT_ISSUER } from '../configurations.ts'
import { type ContractCase, each } from '../contract-case.ts'
import { claiming, forged, headed, NOW, OTHER_AUDIENCE, token } from '../fixture.ts'
import { invalidToken, ok } from '../outcomes.ts'

const strict = { configuration: 'strict' } as const
const spelt = { configuration: 'other spellings' } as const
const missing = invalidToken('missing_claim')
const invalid = invalidToken('invalid_claim')
const unknownIssuer = invalidToken('unknown_issuer')
const wrongAudience = invalidToken('wrong_audience')
const expired = invalidToken('expired')

const speltToken = (claims: object) =>
  claiming({ iss: SPELT_ISSUER, aud: SPELT_AUDIENCE, ...claims })

/** Cases for the claims (RFC 9068 section 2.2, RFC 7519 section 4.1), which are compared byte for byte. */
export const claims: readonly ContractCase[] = [
  ...each(['9068-05'], 'rejects an issuer that is not exactly the configured one', unknownIssuer, {
    'a trailing slash': claiming({ iss: `${ISSUER}/` }),
    'upper case': claiming({ iss: 'HTTPS://AS.EXAMPLE.COM' }),
    'a query': claiming({ iss: `${ISSUER}?x` }),
    http: claiming({ iss: 'http://as.example.com' }),
    'a prefix of it': claiming({ iss: 'https://as.example.co' }),
    'an array': claiming({ iss: [ISSUER] }),
    'a port': claiming({ iss: `${ISSUER}:443` }),
    'a longer host': claiming({ iss: `${ISSUER}.evil.example` }),
    'a user name': claiming({ iss: `${ISSUER}@evil.example` }),
    'a trailing NUL': claiming({ iss: `${ISSUER}\0` }),
    'a letter that looks like an ASCII letter': claiming({ iss: 'https://as.\uff45xample.com' }),
    'an empty string': claiming({ iss: '' }),
    __proto__: claiming({ iss: '__proto__' }),
  }),
  ...each(['9068-06'], 'accepts an audience of this API', ok({ audience: [AUDIENCE] }), {
    'a string': claiming({ aud: AUDIENCE }),
    'an array': claiming({ aud: [AUDIENCE] }),
  }),
  ...each(['9068-06'], 'accepts an audience of this API', ok({ audience: ['x', AUDIENCE] }), {
    'among others': claiming({ aud: ['x', AUDIENCE] }),
  }),
  ...each(
    ['9068-06'],
    'accepts a second configured audience',
    ok({ audience: ['urn:reports'] }),
    {
      'the second of two': claiming({ aud: 'urn:reports' }),
    },
    { configuration: 'two audiences' },
  ),
  ...each(
    ['9068-06', '9700-14'],
    'rejects an audience that is not exactly the configured one',
    wrongAudience,
    {
      'an empty array': claiming({ aud: [] }),
      'an empty string': claiming({ aud: '' }),
      absent: claiming({ aud: undefined }),
      'a trailing slash': claiming({ aud: `${AUDIENCE}/` }),
      'upper case': claiming({ aud: 'https://API.EXAMPLE.COM/v1' }),
      'a prefix of it': claiming({ aud: 'https://api.example.com' }),
      'a trailing space': claiming({ aud: `${AUDIENCE} ` }),
      'two in one string': claiming({ aud: `${OTHER_AUDIENCE} ${AUDIENCE}` }),
      'a fragment': claiming({ aud: `${AUDIENCE}#` }),
    },
  ),
  ...each(['9068-06'], 'rejects an aud claim of the wrong type', invalid, {
    'an object': claiming({ aud: { 0: AUDIENCE } }),
    'an object with a length': claiming({ aud: { 0: AUDIENCE, length: 1 } }),
    'an array in an array': claiming({ aud: [[AUDIENCE]] }),
    'a number': claiming({ aud: 1 }),
    null: claiming({ aud: null }),
    'an array with a number in it': claiming({ aud: [AUDIENCE, 1] }),
  }),
  ...each(['8725-14'], 'rejects a token without an audience', wrongAudience, {
    absent: claiming({ aud: undefined }),
  }),
  ...each(
    ['8725-14'],
    'rejects a token without an audience',
    missing,
    { absent: claiming({ aud: undefined }) },
    strict,
  ),
  ...each(['7519-43'], 'rejects a token for other audiences', wrongAudience, {
    'one other audience': claiming({ aud: OTHER_AUDIENCE }),
    'several other audiences': claiming({ aud: [OTHER_AUDIENCE, 'x'] }),
  }),
  ...each(
    ['7519-44'],
    'accepts identifiers that are spelled as configured',
    ok({ issuer: SPELT_ISSUER }),
    {
      'issuer and audience': speltToken({}),
    },
    spelt,
  ),
  ...each(
    ['7519-44'],
    'rejects another spelling of the issuer',
    unknownIssuer,
    {
      'a separate accent (NFD)': speltToken({ iss: SPELT_ISSUER.normalize('NFD') }),
      'lower-case hexadecimal': speltToken({ iss: SPELT_ISSUER.replace('%2F', '%2f') }),
      'an unescaped slash': speltToken({ iss: SPELT_ISSUER.replace('%2F', '/') }),
      'more percent escapes': speltToken({ iss: encodeURI(SPELT_ISSUER.normalize()) }),
      'a dot after the host': speltToken({ iss: SPELT_ISSUER.replace('.com', '.com.') }),
    },
    spelt,
  ),
  ...each(
    ['7519-44'],
    'rejects another spelling of the audience',
    wrongAudience,
    {
      'a separate accent (NFD)': speltToken({ aud: SPELT_AUDIENCE.normalize('NFD') }),
      'lower-case hexadecimal': speltToken({ aud: SPELT_AUDIENCE.replace('%2F', '%2f') }),
      'a dot after the host': speltToken({ aud: SPELT_AUDIENCE.replace('.com', '.com.') }),
    },
    spelt,
  ),
  ...each(
    [],
    'accepts a token of an allowed client',
    ok(),
    { 'reports-cron': token() },
    { configuration: 'named clients' },
  ),
  ...each(
    [],
    'rejects a token of a client that is not allowed',
    invalidToken('untrusted_client'),
    {
      'another client': claiming({ client_id: 'other' }),
      'no client_id': claiming({ client_id: undefined }),
    },
    { configuration: 'named clients' },
  ),

  ...each(
    ['9068-12'],
    'rejects a token without a claim that RFC 9068 requires',
    missing,
    {
      exp: claiming({ exp: undefined }),
      aud: claiming({ aud: undefined }),
      sub: claiming({ sub: undefined }),
      client_id: claiming({ client_id: undefined }),
      iat: claiming({ iat: undefined }),
      jti: claiming({ jti: undefined }),
    },
    strict,
  ),
  ...each(
    ['9068-12'],
    'rejects a token without a claim that RFC 9068 requires',
    unknownIssuer,
    {
      iss: claiming({ iss: undefined }),
    },
    strict,
  ),
  ...each(
    ['9068-12'],
    'accepts a token without a claim that is optional by default',
    ok({}, 'unknown'),
    {
      sub: claiming({ sub: undefined }),
      client_id: claiming({ client_id: undefined }),
    },
  ),
  ...each(['9068-12'], 'accepts a token without a claim that is optional by default', ok(), {
    iat: claiming({ iat: undefined }),
    jti: claiming({ jti: undefined }),
  }),
  ...each(['9068-13'], 'rejects a claim of the wrong type', unknownIssuer, {
    'iss is a number': claiming({ iss: 1 }),
  }),
  ...each(['9068-13', '9068-11', '8693-05'], 'rejects a claim of the wrong type', invalid, {
    'scope is an array': claiming({ scope: ['read'] }),
    'client_id is an array': claiming({ client_id: ['reports-cron'] }),
    'exp is a string': claiming({ exp: `${NOW + 300}` }),
    'aud is a number': claiming({ aud: 1 }),
    'sub is a number': claiming({ sub: 1 }),
    'sub is an empty string': claiming({ sub: '' }),
    'sub is a lone surrogate': claiming({ sub: '\ud800' }),
    'client_id is an object': claiming({ client_id: {} }),
    'client_id is an empty string': claiming({ client_id: '' }),
    'iat is a string': claiming({ iat: `${NOW}` }),
    'jti is a number': claiming({ jti: 1 }),
    'scope is a number': claiming({ scope: 1 }),
  }),
  ...each(
    ['9068-11'],
    'responds with invalid_token to a token of the wrong type',
    invalidToken('wrong_token_type'),
    {
      typ: headed({ typ: 'x' }),
    },
  ),
  ...each(['9068-11'], 'responds with invalid_token to a token of another issuer', unknownIssuer, {
    iss: claiming({ iss: 'x' }),
  }),
  ...each(['9068-11'], 'responds with invalid_token to a token for another API', wrongAudience, {
    aud: claiming({ aud: 'x' }),
  }),
  ...each(
    ['9068-11'],
    'responds with invalid_token to a forged token',
    invalidToken('invalid_signature'),
    {
      signature: forged(token()),
    },
  ),
  ...each(
    ['9068-11'],
    'responds with invalid_token to an unsecured token',
    invalidToken('unsupported_algorithm'),
    {
      alg: headed({ alg: 'none' }),
    },
  ),
  ...each(['9068-11'], 'responds with invalid_token to an expired token', expired, {
    exp: claiming({ exp: 1 }),
  }),
  ...each(['6750-16'], 'sends invalid_token for an expired token', expired, {
    expired: claiming({ exp: 1 }),
  }),
  ...each(
    ['6750-16'],
    'sends invalid_token for an unusable token',
    invalidToken('invalid_signature'),
    {
      forged: forged(token()),
    },
  ),
  ...each(
    ['6750-16'],
    'sends invalid_token for an unusable token',
    invalidToken('malformed_token'),
    {
      malformed: 'x.y.z',
    },
  ),
  ...each(['7519-45'], 'rejects a jti claim that is not a string', invalid, {
    'a number': claiming({ jti: 1 }),
    null: claiming({ jti: null }),
  }),
  ...each(['7519-45'], 'keeps a token id unchanged', ok({ claims: { jti: 'A-Token' } }), {
    'upper case': claiming({ jti: 'A-Token' }),
  }),
]
