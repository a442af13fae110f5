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

/** The claims (RFC 9068 section 2.2, RFC 7519 section 4.1), compared byte for byte. */
export const claims: readonly ContractCase[] = [
  ...each(['9068-05'], 'compares the issuer byte for byte', unknownIssuer, {
    'a slash behind': claiming({ iss: `${ISSUER}/` }),
    'upper case': claiming({ iss: 'HTTPS://AS.EXAMPLE.COM' }),
    'a query behind': claiming({ iss: `${ISSUER}?x` }),
    http: claiming({ iss: 'http://as.example.com' }),
    'a part of it': claiming({ iss: 'https://as.example.co' }),
    'an array': claiming({ iss: [ISSUER] }),
    'a port': claiming({ iss: `${ISSUER}:443` }),
    'more behind': claiming({ iss: `${ISSUER}.evil.example` }),
    'a user name': claiming({ iss: `${ISSUER}@evil.example` }),
    'NUL behind': claiming({ iss: `${ISSUER}\0` }),
    'a letter that looks the same': claiming({ iss: 'https://as.\uff45xample.com' }),
    'an empty text': claiming({ iss: '' }),
    'the name of the prototype': claiming({ iss: '__proto__' }),
  }),
  ...each(['9068-06'], 'takes a token for this API', ok({ audience: [AUDIENCE] }), {
    'a text': claiming({ aud: AUDIENCE }),
    'an array': claiming({ aud: [AUDIENCE] }),
  }),
  ...each(['9068-06'], 'takes a token for this API', ok({ audience: ['x', AUDIENCE] }), {
    'among others': claiming({ aud: ['x', AUDIENCE] }),
  }),
  ...each(
    ['9068-06'],
    'takes a token for another name of this API',
    ok({ audience: ['urn:reports'] }),
    {
      'one of two': claiming({ aud: 'urn:reports' }),
    },
    { configuration: 'two audiences' },
  ),
  ...each(['9068-06'], 'compares the audience byte for byte', wrongAudience, {
    'an empty array': claiming({ aud: [] }),
    'an empty text': claiming({ aud: '' }),
    absent: claiming({ aud: undefined }),
    'a slash behind': claiming({ aud: `${AUDIENCE}/` }),
    'upper case': claiming({ aud: 'https://API.EXAMPLE.COM/v1' }),
    'a part of it': claiming({ aud: 'https://api.example.com' }),
    'a space behind': claiming({ aud: `${AUDIENCE} ` }),
    'two in one text': claiming({ aud: `${OTHER_AUDIENCE} ${AUDIENCE}` }),
    'a fragment': claiming({ aud: `${AUDIENCE}#` }),
  }),
  ...each(['9068-06'], 'wants an audience of the right type', invalid, {
    'an object': claiming({ aud: { 0: AUDIENCE } }),
    'an object with a length': claiming({ aud: { 0: AUDIENCE, length: 1 } }),
    'an array in an array': claiming({ aud: [[AUDIENCE]] }),
    'a number': claiming({ aud: 1 }),
    null: claiming({ aud: null }),
    'something else beside it': claiming({ aud: [AUDIENCE, 1] }),
  }),
  ...each(['8725-14'], 'wants an audience', wrongAudience, {
    absent: claiming({ aud: undefined }),
  }),
  ...each(
    ['8725-14'],
    'wants an audience',
    missing,
    { absent: claiming({ aud: undefined }) },
    strict,
  ),
  ...each(['7519-43'], 'refuses a token for others', wrongAudience, {
    one: claiming({ aud: OTHER_AUDIENCE }),
    several: claiming({ aud: [OTHER_AUDIENCE, 'x'] }),
  }),
  ...each(
    ['7519-44'],
    'takes identifiers as they are spelt',
    ok({ issuer: SPELT_ISSUER }),
    {
      both: speltToken({}),
    },
    spelt,
  ),
  ...each(
    ['7519-44'],
    'takes no other spelling of an issuer',
    unknownIssuer,
    {
      'an accent of its own': speltToken({ iss: SPELT_ISSUER.normalize('NFD') }),
      'lower-case hexadecimal': speltToken({ iss: SPELT_ISSUER.replace('%2F', '%2f') }),
      'without the escape': speltToken({ iss: SPELT_ISSUER.replace('%2F', '/') }),
      'with more escapes': speltToken({ iss: encodeURI(SPELT_ISSUER.normalize()) }),
      'a dot behind the host': speltToken({ iss: SPELT_ISSUER.replace('.com', '.com.') }),
    },
    spelt,
  ),
  ...each(
    ['7519-44'],
    'takes no other spelling of an audience',
    wrongAudience,
    {
      'an accent of its own': speltToken({ aud: SPELT_AUDIENCE.normalize('NFD') }),
      'lower-case hexadecimal': speltToken({ aud: SPELT_AUDIENCE.replace('%2F', '%2f') }),
      'a dot behind the host': speltToken({ aud: SPELT_AUDIENCE.replace('.com', '.com.') }),
    },
    spelt,
  ),
  ...each(
    [],
    'takes tokens of the named clients',
    ok(),
    { one: token() },
    { configuration: 'named clients' },
  ),
  ...each(
    [],
    'takes tokens of no other client',
    invalidToken('untrusted_client'),
    {
      another: claiming({ client_id: 'other' }),
      none: claiming({ client_id: undefined }),
    },
    { configuration: 'named clients' },
  ),

  ...each(
    ['9068-12'],
    'wants the claims that an access token has',
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
    'wants the claims that an access token has',
    unknownIssuer,
    {
      iss: claiming({ iss: undefined }),
    },
    strict,
  ),
  ...each(['9068-12'], 'does without some of them by default', ok({}, 'unknown'), {
    sub: claiming({ sub: undefined }),
    client_id: claiming({ client_id: undefined }),
  }),
  ...each(['9068-12'], 'does without some of them by default', ok(), {
    iat: claiming({ iat: undefined }),
    jti: claiming({ jti: undefined }),
  }),
  ...each(['9068-13'], 'wants every claim to have its type', unknownIssuer, {
    'iss, a number': claiming({ iss: 1 }),
  }),
  ...each(['9068-13', '9068-11'], 'wants every claim to have its type', invalid, {
    'exp, a text': claiming({ exp: `${NOW + 300}` }),
    'aud, a number': claiming({ aud: 1 }),
    'sub, a number': claiming({ sub: 1 }),
    'sub, an empty text': claiming({ sub: '' }),
    'sub, a lone surrogate': claiming({ sub: '\ud800' }),
    'client_id, an object': claiming({ client_id: {} }),
    'client_id, an empty text': claiming({ client_id: '' }),
    'iat, a text': claiming({ iat: `${NOW}` }),
    'jti, a number': claiming({ jti: 1 }),
    'scope, a number': claiming({ scope: 1 }),
  }),
  ...each(
    ['9068-11'],
    'calls a token of the wrong type invalid',
    invalidToken('wrong_token_type'),
    {
      typ: headed({ typ: 'x' }),
    },
  ),
  ...each(['9068-11'], 'calls a token of another issuer invalid', unknownIssuer, {
    iss: claiming({ iss: 'x' }),
  }),
  ...each(['9068-11'], 'calls a token for another API invalid', wrongAudience, {
    aud: claiming({ aud: 'x' }),
  }),
  ...each(['9068-11'], 'calls a forged token invalid', invalidToken('invalid_signature'), {
    signature: forged(token()),
  }),
  ...each(['9068-11'], 'calls an unsecured token invalid', invalidToken('unsupported_algorithm'), {
    alg: headed({ alg: 'none' }),
  }),
  ...each(['9068-11'], 'calls an expired token invalid', expired, { exp: claiming({ exp: 1 }) }),
  ...each(['6750-16'], 'says that a token is no longer valid', expired, {
    expired: claiming({ exp: 1 }),
  }),
  ...each(['6750-16'], 'says that a token is not valid', invalidToken('invalid_signature'), {
    forged: forged(token()),
  }),
  ...each(['6750-16'], 'says that a token is not valid', invalidToken('malformed_token'), {
    malformed: 'x.y.z',
  }),
  ...each(['7519-45'], 'wants a text for a token id', invalid, {
    'a number': claiming({ jti: 1 }),
    null: claiming({ jti: null }),
  }),
  ...each(['7519-45'], 'leaves a token id as it is', ok({ claims: { jti: 'A-Token' } }), {
    'upper case': claiming({ jti: 'A-Token' }),
  }),
]
