import { AUDIENCE } from '../../support/issuer.ts'
import {
  METADATA_URL,
  OPAQUE_TOKEN,
  ROOT_METADATA_URL,
  ROOT_RESOURCE,
  toOpaqueToken,
} from '../configurations.ts'
import { type ContractCase, each } from '../contract-case.ts'
import { claiming, OTHER_AUDIENCE, token } from '../fixture.ts'
import { invalidToken, ok, withMetadata } from '../outcomes.ts'

const wrongAudience = invalidToken('wrong_audience')
const notForResource = withMetadata(wrongAudience, METADATA_URL)
const notForRoot = withMetadata(wrongAudience, ROOT_METADATA_URL)

const inJwts = (values: Readonly<Record<string, unknown>>) =>
  mapValues(values, (aud) => claiming({ aud }))
const inResponses = (values: Readonly<Record<string, unknown>>) =>
  mapValues(values, (aud) => toOpaqueToken(JSON.stringify({ aud })))

function mapValues<T>(values: Readonly<Record<string, unknown>>, map: (value: unknown) => T) {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value)]))
}

/** Other spellings of `AUDIENCE` that identify the same resource: only the case of scheme and host differs. */
const EQUIVALENT = {
  'upper case in the host': 'https://API.Example.COM/v1',
  'upper case in the scheme': 'HTTPS://api.example.com/v1',
  'among others': [OTHER_AUDIENCE, 'Https://Api.example.com/v1'],
}

/** Identifiers that resemble `AUDIENCE`, but are different. */
const OTHERS = {
  'a slash at the end': `${AUDIENCE}/`,
  'no path': 'https://api.example.com',
  'a slash as path': 'https://api.example.com/',
  'upper case in the path': 'https://api.example.com/V1',
  'a query': `${AUDIENCE}?x=1`,
  'an empty query': `${AUDIENCE}?`,
  'a fragment': `${AUDIENCE}#`,
  'the default port': 'https://api.example.com:443/v1',
  'a user name': 'https://user@api.example.com/v1',
  'a longer path': `${AUDIENCE}/reports`,
  'a longer host': 'https://api.example.com.evil.example/v1',
  'a dot at the end of the host': 'https://api.example.com./v1',
  'a dot segment': 'https://api.example.com/./v1',
  'an escape': 'https://api.example.com/%76%31',
  'http instead of https': 'http://api.example.com/v1',
  'a space at the end': `${AUDIENCE} `,
  'a full-width letter in the host': 'https://\uff41pi.example.com/v1',
  'a long s in the scheme': 'http\u017f://api.example.com/v1',
}

/** Cases for the audience that `resource` sets, and for options about it (RFC 8707, RFC 9068 section 4, MCP). */
export const audience: readonly ContractCase[] = [
  ...each(
    ['8707-02', 'MCP-05', 'MCP-13'],
    'accepts a token for the resource, even if scheme and host are in another case',
    ok(),
    { 'the same spelling': token(), ...inJwts(EQUIVALENT) },
    { configuration: 'a resource' },
  ),
  ...each(
    ['8707-02', 'MCP-05', 'MCP-13'],
    'accepts a token for the resource, even if scheme and host are in another case',
    ok(),
    { 'the same spelling': OPAQUE_TOKEN, ...inResponses(EQUIVALENT) },
    { configuration: 'opaque tokens and a resource' },
  ),
  ...each(
    ['8707-02', 'MCP-05', 'MCP-26'],
    'rejects a token for an identifier that resembles the resource',
    notForResource,
    { ...inJwts(OTHERS), 'no audience': claiming({ aud: undefined }) },
    { configuration: 'a resource' },
  ),
  ...each(
    ['8707-02', 'MCP-05', 'MCP-26'],
    'rejects a token for an identifier that resembles the resource',
    notForResource,
    inResponses({ ...OTHERS, 'no audience': null }),
    { configuration: 'opaque tokens and a resource' },
  ),
  ...each(
    ['8707-02', 'MCP-26'],
    'accepts a token for a resource at the root with and without the slash',
    ok(),
    inJwts({
      'without a slash': ROOT_RESOURCE,
      'with a slash': `${ROOT_RESOURCE}/`,
      'upper case': 'HTTPS://API.EXAMPLE.COM',
      'upper case and a slash': 'HTTPS://API.EXAMPLE.COM/',
    }),
    { configuration: 'a resource at the root' },
  ),
  ...each(
    ['8707-02', 'MCP-26'],
    'rejects a token for another resource of the same host',
    notForRoot,
    inJwts({
      'a path': `${ROOT_RESOURCE}/v1`,
      'two slashes': `${ROOT_RESOURCE}//`,
      'a query': `${ROOT_RESOURCE}?x`,
      'a slash and a query': `${ROOT_RESOURCE}/?x`,
      'a fragment': `${ROOT_RESOURCE}/#x`,
      'the default port': `${ROOT_RESOURCE}:443`,
      'only the host': 'api.example.com',
    }),
    { configuration: 'a resource at the root' },
  ),
  ...each(
    ['8707-02'],
    'rejects a token whose aud is not exactly the option audience, even if resource is set',
    wrongAudience,
    inJwts({
      'upper case': 'HTTPS://api.example.com',
      'a slash at the end': 'https://api.example.com/',
      'the resource': AUDIENCE,
    }),
    { configuration: 'resource and audience are set' },
  ),
  ...each(
    ['8707-02'],
    'accepts a token whose aud is exactly the option audience, even if resource is set',
    ok(),
    inJwts({ 'the same spelling': 'https://api.example.com' }),
    { configuration: 'resource and audience are set' },
  ),

  ...each(
    [],
    'accepts a token that names only this API if onlyAudience is set',
    ok(),
    inJwts({
      'a string': AUDIENCE,
      'an array': [AUDIENCE],
      'two spellings': [AUDIENCE, 'HTTPS://api.example.com/v1'],
    }),
    { configuration: 'a resource, and only this audience' },
  ),
  ...each(
    [],
    'rejects a token that also names another audience if onlyAudience is set',
    wrongAudience,
    inJwts({
      'another first': [OTHER_AUDIENCE, AUDIENCE],
      'another last': [AUDIENCE, OTHER_AUDIENCE],
      'an empty string': [AUDIENCE, ''],
      'only another': OTHER_AUDIENCE,
      'an empty array': [],
    }),
    { configuration: 'a resource, and only this audience' },
  ),
  ...each(
    [],
    'accepts a token that names only this API if onlyAudience is set',
    ok(),
    inResponses({ 'a string': AUDIENCE, 'an array': [AUDIENCE] }),
    { configuration: 'opaque tokens, and only this audience' },
  ),
  ...each(
    [],
    'rejects a token that also names another audience if onlyAudience is set',
    wrongAudience,
    inResponses({ 'two audiences': [AUDIENCE, OTHER_AUDIENCE] }),
    { configuration: 'opaque tokens, and only this audience' },
  ),

  ...(
    [
      ['an audience that is required from tomorrow on', inJwts],
      ['opaque tokens, and an audience that is required from tomorrow on', inResponses],
    ] as const
  ).flatMap(([configuration, inTokens]) => [
    ...each(
      [],
      'accepts a token without audience before the date of audienceRequiredFrom',
      ok({ audience: [] }),
      inTokens({ missing: inTokens === inJwts ? undefined : null, 'an empty array': [] }),
      { configuration },
    ),
    ...each(
      [],
      'accepts a token for this API before the date of audienceRequiredFrom',
      ok({ audience: [AUDIENCE] }),
      inTokens({ 'a string': AUDIENCE }),
      { configuration },
    ),
    ...each(
      [],
      'rejects a token for another API before the date of audienceRequiredFrom',
      wrongAudience,
      inTokens({
        another: OTHER_AUDIENCE,
        'an array': [OTHER_AUDIENCE],
        'an empty string': '',
        'an array with an empty string': [''],
      }),
      { configuration },
    ),
  ]),
  ...(
    [
      ['an audience that is required since today', inJwts],
      ['opaque tokens, and an audience that is required since today', inResponses],
    ] as const
  ).flatMap(([configuration, inTokens]) => [
    ...each(
      [],
      'rejects a token without audience from the date of audienceRequiredFrom on',
      wrongAudience,
      inTokens({ missing: inTokens === inJwts ? undefined : null, 'an empty array': [] }),
      { configuration },
    ),
    ...each(
      [],
      'accepts a token for this API from the date of audienceRequiredFrom on',
      ok(),
      inTokens({ 'a string': AUDIENCE }),
      { configuration },
    ),
  ]),
]
