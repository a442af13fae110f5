import { type CaseRequest, type ContractCase, each, withCredentials } from '../contract-case.ts'
import { claiming, OTHER_AUDIENCE, token, VALID } from '../fixture.ts'
import {
  anonymous,
  bare401,
  invalidRequest,
  invalidToken,
  ok,
  unavailable,
  unparsed,
} from '../outcomes.ts'

const T = token()
const U = token({ claims: { jti: 'another-token' } })

const optional = { requirements: { optional: true } }
const neverFetched = { configuration: 'keys never fetched' } as const
const nothing: CaseRequest = { lines: [] }

function form(body: string, type = 'application/x-www-form-urlencoded'): CaseRequest {
  return { method: 'POST', lines: [`Content-Type: ${type}`], body }
}

const multipart = [
  '--border',
  'Content-Disposition: form-data; name="access_token"',
  '',
  T,
  '--border--',
  '',
].join('\r\n')

/** Cases for credentials: how a token is sent (RFC 6750 section 2), and which requests have no token. */
export const credentials: readonly ContractCase[] = [
  ...each(['6750-01'], 'accepts the token of the Authorization header', ok(), {
    'Bearer and the token': T,
  }),
  ...each(['6750-02'], 'accepts the scheme in any case', ok(), {
    bearer: withCredentials(`bearer ${T}`),
    BEARER: withCredentials(`BEARER ${T}`),
    bEaReR: withCredentials(`bEaReR ${T}`),
  }),
  ...each(['6750-03'], 'accepts several spaces before the token', ok(), {
    'two spaces': withCredentials(`Bearer  ${T}`),
  }),
  ...each(
    ['6750-03'],
    'refuses other white space before the token',
    invalidRequest('malformed_credentials'),
    {
      'a tab': withCredentials(`Bearer\t${T}`),
    },
  ),

  ...each(
    ['6750-04'],
    'refuses a token that is not a b64token',
    invalidRequest('malformed_credentials'),
    {
      'two words': withCredentials('Bearer a b'),
      quotes: withCredentials('Bearer "a"'),
      'a percent sign': withCredentials('Bearer %41'),
      'an equals sign inside': withCredentials('Bearer a=b'),
      'a letter outside ASCII': withCredentials('Bearer \xe9'),
    },
    neverFetched,
  ),
  ...each(
    ['6750-04'],
    'refuses a token that is not a b64token',
    invalidRequest('multiple_credentials'),
    { 'a comma': withCredentials('Bearer a,b') },
    neverFetched,
  ),
  ...each(
    ['6750-04'],
    'leaves a control character to the HTTP parser, which responds with 400',
    unparsed(400),
    { NUL: withCredentials('Bearer \x00'), DEL: withCredentials('Bearer \x7f') },
    neverFetched,
  ),
  ...each(
    ['6750-05'],
    'refuses a scheme without credentials',
    invalidRequest('malformed_credentials'),
    {
      'the scheme alone': withCredentials('Bearer'),
      'the scheme and a space': withCredentials('Bearer '),
    },
  ),
  ...each([], 'refuses malformed credentials', invalidRequest('malformed_credentials'), {
    'an empty header': { lines: ['Authorization:'] },
    'an equals sign after the scheme': withCredentials(`Bearer=${T}`),
  }),
  ...each(
    ['6750-06'],
    'responds with invalid_token to a b64token that is not a JWT',
    invalidToken('malformed_token'),
    { 'abc.def': 'abc.def' },
    neverFetched,
  ),
  ...each(
    ['6750-07', '6750-08', '9700-17'],
    'responds with 401 to a request without an Authorization header',
    bare401('no_credentials'),
    {
      'no header': nothing,
      'credentials for a proxy': { lines: [`Proxy-Authorization: Bearer ${T}`] },
      'a token in another header': { lines: [`Sec-WebSocket-Protocol: bearer, ${T}`] },
      'a token in a header of a proxy': { lines: [`X-Forwarded-Authorization: Bearer ${T}`] },
    },
  ),
  ...each(
    ['6750-09'],
    'responds with 401 to an unsupported scheme',
    bare401('unsupported_scheme'),
    {
      Basic: withCredentials('Basic dXNlcjpwYXNzd29yZA=='),
      DPoP: withCredentials(`DPoP ${T}`),
      'a longer scheme name': withCredentials(`BearerT ${T}`),
      'a token without a scheme': withCredentials(T),
    },
  ),

  ...each(['6750-21'], 'responds with 401 to a token in a form', bare401('no_credentials'), {
    'in a GET request': { ...form(`access_token=${T}`), method: 'GET' },
  }),
  ...each(['6750-22'], 'responds with 401 to a token in a form', bare401('no_credentials'), {
    'in a multipart form': form(multipart, 'multipart/form-data; boundary=border'),
  }),
  ...each(
    ['6750-24', '6750-25'],
    'responds with 401 to a token in a form',
    bare401('no_credentials'),
    {
      'in a POST request': form(`access_token=${T}`),
      'not in ASCII': form(`access_token=${T}&name=\xe9`),
    },
  ),
  {
    ids: ['6750-25'],
    title: 'leaves the body of an anonymous request unread',
    ...optional,
    request: form(`access_token=${T}`),
    outcome: anonymous(`access_token=${T}`),
  },
  {
    ids: ['6750-25'],
    title: 'leaves the body of a granted request unread',
    request: { ...form(`access_token=${U}`), lines: [`Authorization: Bearer ${T}`] },
    outcome: ok({}, 'machine', `access_token=${U}`),
  },
  ...each(
    ['21-01', '9700-19'],
    'responds with 401 to a token in the query',
    bare401('no_credentials'),
    {
      'no other token': { query: `?access_token=${T}`, lines: [] },
    },
  ),
  ...each(['21-02'], 'grants the token in the header, and ignores a token in the query', ok(), {
    'a valid token in the header': {
      query: `?access_token=${T}`,
      lines: [`Authorization: Bearer ${T}`],
    },
    'an invalid token in the query, a valid one in the header': {
      query: '?access_token=x',
      lines: [`Authorization: Bearer ${T}`],
    },
  }),
  ...each(['6750-27'], 'responds to HEAD as to GET, without the body', bare401('no_credentials'), {
    'no token': { method: 'HEAD', lines: [] },
  }),

  ...each(['6750-30'], 'refuses two Authorization lines', invalidRequest('multiple_credentials'), {
    'equal lines': { lines: [`Authorization: Bearer ${T}`, `Authorization: Bearer ${T}`] },
    'different lines': { lines: [`Authorization: Bearer ${T}`, `Authorization: Bearer ${U}`] },
    'with names in two spellings': {
      lines: [`Authorization: Bearer ${T}`, `authorization: Bearer ${T}`],
    },
    'with two schemes': { lines: ['Authorization: Basic dTpw', `Authorization: Bearer ${T}`] },
    'with an empty one': { lines: ['Authorization:', `Authorization: Bearer ${T}`] },
  }),
  ...each(
    ['6750-30'],
    'leaves a folded header line to the HTTP parser, which responds with 400',
    unparsed(400),
    {
      'the token on the second line': { lines: ['Authorization: Bearer', ` ${T}`] },
    },
  ),
  ...each(
    ['6750-31'],
    'refuses two sets of credentials in one line',
    invalidRequest('multiple_credentials'),
    {
      'two tokens': withCredentials(`Bearer ${T}, Bearer ${U}`),
      'two tokens without a space': withCredentials(`Bearer ${T},Bearer ${U}`),
      'Bearer and another scheme': withCredentials(`Bearer ${T},DPoP ${U}`),
      'another scheme and Bearer': withCredentials(`Basic dTpw, Bearer ${T}`),
      'a leading comma': withCredentials(`, Bearer ${T}`),
    },
  ),

  {
    ids: ['6750-32'],
    title: 'grants anonymous access behind an optional guard',
    ...optional,
    request: nothing,
    outcome: anonymous(),
  },
  ...each(['6750-32'], 'grants a valid token behind an optional guard', ok(), VALID, optional),
  ...each(
    ['6750-32'],
    'rejects a bad token behind an optional guard',
    invalidToken('expired'),
    { expired: claiming({ exp: 1 }) },
    optional,
  ),
  ...each(
    ['6750-32'],
    'rejects a bad token behind an optional guard',
    invalidToken('wrong_audience'),
    { 'for another API': claiming({ aud: OTHER_AUDIENCE }) },
    optional,
  ),
  ...each(
    ['6750-32'],
    'rejects a bad token behind an optional guard',
    invalidToken('unknown_issuer'),
    { 'of an unknown issuer': claiming({ iss: 'https://unknown.example.com' }) },
    { ...optional, configuration: 'several issuers' },
  ),
  ...each(
    ['6750-32'],
    'refuses malformed credentials behind an optional guard',
    invalidRequest('malformed_credentials'),
    { 'the scheme alone': withCredentials('Bearer'), 'an empty header': withCredentials('') },
    optional,
  ),
  ...each(
    ['6750-32'],
    'refuses an unsupported scheme behind an optional guard',
    bare401('unsupported_scheme'),
    { Basic: withCredentials('Basic dTpw') },
    optional,
  ),

  ...each(
    [],
    'rejects a token of more than 16384 characters as too long',
    invalidToken('token_too_long'),
    { '16385 characters': 'a'.repeat(16_385) },
    neverFetched,
  ),
  ...each(
    [],
    'rejects 16384 characters that are not a JWT as malformed, and not as too long',
    invalidToken('malformed_token'),
    { letters: 'a'.repeat(16_384), dots: '.'.repeat(16_384) },
    neverFetched,
  ),
  ...each(
    [],
    'leaves an oversized header to the HTTP server, which responds with 431',
    unparsed(431),
    {
      '100000 characters': 'a'.repeat(100_000),
    },
  ),

  ...each([], 'fetches keys for the first token, and grants it', ok(), VALID, {
    configuration: 'keys fetched',
  }),
  ...each([], 'responds with 503 if the keys are unavailable', unavailable('1'), VALID, {
    configuration: 'keys unavailable',
  }),
  ...each(
    [],
    'responds with 400 to malformed credentials if the keys are unavailable',
    invalidRequest('malformed_credentials'),
    { 'the scheme alone': withCredentials('Bearer') },
    { configuration: 'keys unavailable' },
  ),
]
