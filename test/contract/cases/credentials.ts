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

const anyone = { requirements: { optional: true } }
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

/** How a token travels (RFC 6750 section 2), and what counts as no token. */
export const credentials: readonly ContractCase[] = [
  ...each(['6750-01'], 'takes the token of the Authorization header', ok(), { 'as it stands': T }),
  ...each(['6750-02'], 'takes the scheme in any case', ok(), {
    bearer: withCredentials(`bearer ${T}`),
    BEARER: withCredentials(`BEARER ${T}`),
    bEaReR: withCredentials(`bEaReR ${T}`),
  }),
  ...each(['6750-03'], 'takes several spaces before the token', ok(), {
    two: withCredentials(`Bearer  ${T}`),
  }),
  ...each(['6750-03'], 'takes no other blank', invalidRequest('malformed_credentials'), {
    'a tab': withCredentials(`Bearer\t${T}`),
  }),

  ...each(
    ['6750-04'],
    'refuses what is no b64token',
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
    'refuses what is no b64token',
    invalidRequest('multiple_credentials'),
    { 'a comma': withCredentials('Bearer a,b') },
    neverFetched,
  ),
  ...each(
    ['6750-04'],
    'never sees a control character',
    unparsed(400),
    { NUL: withCredentials('Bearer \x00'), DEL: withCredentials('Bearer \x7f') },
    neverFetched,
  ),
  ...each(
    ['6750-05'],
    'refuses a scheme without credentials',
    invalidRequest('malformed_credentials'),
    { 'the scheme alone': withCredentials('Bearer'), 'a space': withCredentials('Bearer ') },
  ),
  ...each([], 'refuses what has no scheme', invalidRequest('malformed_credentials'), {
    'an empty header': { lines: ['Authorization:'] },
    'an equals sign after the scheme': withCredentials(`Bearer=${T}`),
  }),
  ...each(
    ['6750-06'],
    'calls a b64token that is no JWT an invalid token',
    invalidToken('malformed_token'),
    { 'abc.def': 'abc.def' },
    neverFetched,
  ),
  ...each(['6750-07', '6750-08'], 'asks for a token', bare401('no_credentials'), {
    'without credentials': nothing,
    'with credentials for a proxy': { lines: [`Proxy-Authorization: Bearer ${T}`] },
    'with a token in another header': { lines: [`Sec-WebSocket-Protocol: bearer, ${T}`] },
  }),
  ...each(['6750-09'], 'asks for the scheme it knows', bare401('unsupported_scheme'), {
    Basic: withCredentials('Basic dXNlcjpwYXNzd29yZA=='),
    DPoP: withCredentials(`DPoP ${T}`),
    'a longer name': withCredentials(`BearerT ${T}`),
    'credentials without any scheme': withCredentials(T),
  }),

  ...each(['6750-21'], 'reads no form', bare401('no_credentials'), {
    'of a GET': { ...form(`access_token=${T}`), method: 'GET' },
  }),
  ...each(['6750-22'], 'reads no form', bare401('no_credentials'), {
    multipart: form(multipart, 'multipart/form-data; boundary=border'),
  }),
  ...each(['6750-24', '6750-25'], 'reads no form', bare401('no_credentials'), {
    'of a POST': form(`access_token=${T}`),
    'that is not ASCII': form(`access_token=${T}&name=\xe9`),
  }),
  {
    ids: ['6750-25'],
    title: 'leaves the body of an anonymous request to the application',
    ...anyone,
    request: form(`access_token=${T}`),
    outcome: anonymous(`access_token=${T}`),
  },
  {
    ids: ['6750-25'],
    title: 'leaves the body of a request with a token to the application',
    request: { ...form(`access_token=${U}`), lines: [`Authorization: Bearer ${T}`] },
    outcome: ok({}, 'machine', `access_token=${U}`),
  },
  ...each(['21-01'], 'reads no query', bare401('no_credentials'), {
    'a token alone': { query: `?access_token=${T}`, lines: [] },
  }),
  ...each(['21-02'], 'reads no query', ok(), {
    'a token beside the one in the header': {
      query: `?access_token=${T}`,
      lines: [`Authorization: Bearer ${T}`],
    },
    'a wrong token beside the one in the header': {
      query: '?access_token=x',
      lines: [`Authorization: Bearer ${T}`],
    },
  }),
  ...each(['6750-27'], 'answers HEAD as GET, without the body', bare401('no_credentials'), {
    'no token': { method: 'HEAD', lines: [] },
  }),

  ...each(['6750-30'], 'refuses two header lines', invalidRequest('multiple_credentials'), {
    equal: { lines: [`Authorization: Bearer ${T}`, `Authorization: Bearer ${T}`] },
    different: { lines: [`Authorization: Bearer ${T}`, `Authorization: Bearer ${U}`] },
    'in two spellings': { lines: [`Authorization: Bearer ${T}`, `authorization: Bearer ${T}`] },
    'of two schemes': { lines: ['Authorization: Basic dTpw', `Authorization: Bearer ${T}`] },
    'one of them empty': { lines: ['Authorization:', `Authorization: Bearer ${T}`] },
  }),
  ...each(['6750-30'], 'never sees a folded header line', unparsed(400), {
    'the token on the second line': { lines: ['Authorization: Bearer', ` ${T}`] },
  }),
  ...each(['6750-31'], 'refuses joined credentials', invalidRequest('multiple_credentials'), {
    'two tokens': withCredentials(`Bearer ${T}, Bearer ${U}`),
    'two tokens without a blank': withCredentials(`Bearer ${T},Bearer ${U}`),
    'another scheme behind': withCredentials(`Bearer ${T},DPoP ${U}`),
    'another scheme in front': withCredentials(`Basic dTpw, Bearer ${T}`),
    'nothing in front': withCredentials(`, Bearer ${T}`),
  }),

  {
    ids: ['6750-32'],
    title: 'lets a request without credentials pass where they are optional',
    ...anyone,
    request: nothing,
    outcome: anonymous(),
  },
  ...each(['6750-32'], 'knows the caller where credentials are optional', ok(), VALID, anyone),
  ...each(
    ['6750-32'],
    'refuses a bad token where credentials are optional',
    invalidToken('expired'),
    { expired: claiming({ exp: 1 }) },
    anyone,
  ),
  ...each(
    ['6750-32'],
    'refuses a bad token where credentials are optional',
    invalidToken('wrong_audience'),
    { 'for another API': claiming({ aud: OTHER_AUDIENCE }) },
    anyone,
  ),
  ...each(
    ['6750-32'],
    'refuses a bad token where credentials are optional',
    invalidToken('unknown_issuer'),
    { 'from nobody we know': claiming({ iss: 'https://nobody.example.com' }) },
    { ...anyone, configuration: 'several issuers' },
  ),
  ...each(
    ['6750-32'],
    'refuses bad credentials where they are optional',
    invalidRequest('malformed_credentials'),
    { 'the scheme alone': withCredentials('Bearer'), 'an empty header': withCredentials('') },
    anyone,
  ),
  ...each(
    ['6750-32'],
    'refuses another scheme where credentials are optional',
    bare401('unsupported_scheme'),
    { Basic: withCredentials('Basic dTpw') },
    anyone,
  ),

  ...each(
    [],
    'bounds the length of a token',
    invalidToken('token_too_long'),
    { 'one character more than 16384': 'a'.repeat(16_385) },
    neverFetched,
  ),
  ...each(
    [],
    'bounds the length of a token',
    invalidToken('malformed_token'),
    { '16384 characters': 'a'.repeat(16_384), '16384 dots': '.'.repeat(16_384) },
    neverFetched,
  ),
  ...each([], 'never sees a header that is longer than the server takes', unparsed(431), {
    '100000 characters': 'a'.repeat(100_000),
  }),

  ...each([], 'waits for keys', ok(), VALID, { configuration: 'keys fetched' }),
  ...each(
    [],
    'says that it cannot tell where the keys are not to be had',
    unavailable('1'),
    VALID,
    { configuration: 'keys not to be had' },
  ),
  ...each(
    [],
    'knows a bad request even where the keys are not to be had',
    invalidRequest('malformed_credentials'),
    { 'the scheme alone': withCredentials('Bearer') },
    { configuration: 'keys not to be had' },
  ),
]
