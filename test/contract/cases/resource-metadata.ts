import { METADATA_URL, OPAQUE_TOKEN, toOpaqueToken } from '../configurations.ts'
import { bearer, type CaseRequest, type ContractCase, each } from '../contract-case.ts'
import { claiming, forged, OTHER_AUDIENCE, token, VALID } from '../fixture.ts'
import {
  bare401,
  forbidden,
  insufficientScope,
  invalidRequest,
  invalidToken,
  ok,
  type Refused,
  withMetadata,
} from '../outcomes.ts'

const here = { configuration: 'a resource' } as const
const withUrl = (refusal: Refused) => withMetadata(refusal, METADATA_URL)

const reading = { ...here, requirements: { scope: 'notes:read' } } as const
const nothing: CaseRequest = { lines: [] }

/** Header lines with which a caller or a proxy could try to change the address of the metadata. */
const MISLEADING = [
  'X-Forwarded-Host: evil.example',
  'X-Forwarded-Proto: http',
  'X-Forwarded-Port: 8080',
  'X-Original-URL: /evil',
  'Forwarded: host=evil.example;proto=http',
]

const having = (scope: string) => claiming({ scope })
const opaqueHaving = (scope: string) => toOpaqueToken(JSON.stringify({ scope }))

/** Cases for challenges with the address of the metadata (RFC 9728 section 5.1), and for scopes that contain others (MCP). */
export const resourceMetadata: readonly ContractCase[] = [
  ...each(
    ['9728-14', 'MCP-02', 'MCP-03', 'MCP-24'],
    'sends a challenge that contains the scope and the address of the metadata, and no error, if a request has no token',
    withUrl(bare401('no_credentials', 'notes:read')),
    { 'no header': nothing, 'headers of a proxy': { lines: MISLEADING } },
    reading,
  ),
  ...each(
    ['MCP-04'],
    'responds with 401 to a token in the query or the body',
    withUrl(bare401('no_credentials')),
    {
      'a query': { lines: [], query: `?access_token=${token()}` },
      'a form': {
        method: 'POST',
        lines: ['Content-Type: application/x-www-form-urlencoded'],
        body: `access_token=${token()}`,
      },
    },
    here,
  ),
  ...each(
    ['9728-14'],
    'adds the address of the metadata to the challenge of an unsupported scheme',
    withUrl(bare401('unsupported_scheme')),
    { Basic: { lines: ['Authorization: Basic dTpw'] } },
    here,
  ),
  ...each(
    ['9728-14', 'MCP-06'],
    'responds with 401 and the address of the metadata to an expired token',
    withUrl(invalidToken('expired', 'notes:read')),
    { 'an expired token': claiming({ exp: 1 }) },
    reading,
  ),
  ...each(
    ['9728-14', 'MCP-06'],
    'responds with 401 and the address of the metadata to a forged token',
    withUrl(invalidToken('invalid_signature', 'notes:read')),
    { 'a forged token': forged(token()) },
    reading,
  ),
  ...each(
    ['9728-14', 'MCP-06'],
    'responds with 401 and the address of the metadata to an inactive token',
    withUrl(invalidToken('inactive')),
    { 'an opaque token': 'made-up' },
    { configuration: 'opaque tokens and a resource' },
  ),
  ...each(
    ['9728-14', 'MCP-05', 'MCP-06'],
    'responds with 401 and the address of the metadata to a token for another API',
    withUrl(invalidToken('wrong_audience', 'notes:read')),
    {
      'another audience': claiming({ aud: OTHER_AUDIENCE }),
      'no audience': claiming({ aud: undefined }),
    },
    reading,
  ),
  ...each(
    ['MCP-06'],
    'responds with 400 and the address of the metadata to a malformed request',
    withUrl(invalidRequest('malformed_credentials')),
    { 'no token after the scheme': { lines: ['Authorization: Bearer'] } },
    reading,
  ),
  ...each(
    ['MCP-06'],
    'responds with 400 and the address of the metadata to two tokens',
    withUrl(invalidRequest('multiple_credentials')),
    {
      'two header lines': {
        lines: [token(), token()].map((one) => `Authorization: Bearer ${one}`),
      },
    },
    reading,
  ),
  ...each(
    ['MCP-06', 'MCP-07'],
    'responds with 403, the scope and the address of the metadata if the scope is missing',
    withUrl(insufficientScope('notes:read')),
    VALID,
    reading,
  ),
  ...each(
    ['MCP-08'],
    'names all scopes of the operation and no other scope, although the token has one of these scopes',
    withUrl(insufficientScope('notes:read notes:delete')),
    { 'one of two scopes, and another scope': having('notes:read read') },
    { ...here, requirements: { scope: 'notes:read notes:delete' } },
  ),
  ...each(
    [],
    'adds the address of the metadata to a refusal without an error code',
    withUrl(forbidden('wrong_subject')),
    VALID,
    { ...here, requirements: { subject: 'user' } },
  ),

  ...each(
    ['MCP-23'],
    'accepts a scope that contains the required scope, directly or through other scopes',
    ok({ scopes: ['notes'] }),
    { 'a JWT': having('notes') },
    { ...here, requirements: { scope: 'notes:read notes:write' } },
  ),
  ...each(
    ['MCP-23'],
    'accepts a scope that contains one scope of { any }',
    ok({ scopes: ['notes:edit'] }),
    { 'a JWT': having('notes:edit') },
    { ...here, requirements: { scope: { any: ['notes:delete', 'notes:write'] } } },
  ),
  ...each(
    ['MCP-23'],
    'accepts an introspected token whose scope contains the required scope',
    ok({ scopes: ['notes'] }),
    { 'an opaque token': opaqueHaving('notes') },
    { configuration: 'opaque tokens and a resource', requirements: { scope: 'notes:write' } },
  ),
  ...each(
    ['MCP-23'],
    'names the required scope in the challenge, and not a scope that contains it',
    withUrl(insufficientScope('notes:write')),
    {
      'another scope that notes contains': having('notes:read'),
      'a scope with a common prefix': having('notes:'),
      'a name of Object.prototype': having('__proto__ constructor'),
      'no scope': having(''),
    },
    { ...here, requirements: { scope: 'notes:write' } },
  ),
  ...each(
    ['MCP-23'],
    'refuses a token that has only the scopes that the required scope contains',
    withUrl(insufficientScope('notes')),
    { 'all contained scopes': having('notes:read notes:edit notes:write') },
    { ...here, requirements: { scope: 'notes' } },
  ),
  {
    ids: ['MCP-23'],
    title: 'refuses a token without the required scope if no other scope contains this scope',
    configuration: 'opaque tokens and a resource',
    requirements: { scope: 'notes:delete' },
    request: bearer(OPAQUE_TOKEN),
    outcome: withUrl(insufficientScope('notes:delete')),
  },
]
