import { OPAQUE_TOKEN } from '../configurations.ts'
import { bearer, type ContractCase, each } from '../contract-case.ts'
import { forged, headed, issuerB, token } from '../fixture.ts'
import { insufficientScope, invalidToken, ok, unavailable } from '../outcomes.ts'

const opaque = { configuration: 'opaque tokens' } as const
const both = { configuration: 'both kinds of token' } as const
const introspected = ok({ verifiedBy: 'introspection', scopes: ['read'], clientId: 'reports-cron' })

/** Cases for introspection (RFC 7662): which tokens are introspected, and the outcome. */
export const introspection: readonly ContractCase[] = [
  ...each(
    ['7662-01'],
    'accepts an opaque token that introspection reports as active',
    introspected,
    {
      'an opaque token': OPAQUE_TOKEN,
    },
    opaque,
  ),
  ...each(
    ['7662-07', '7662-34'],
    'rejects a token that introspection reports as inactive',
    invalidToken('inactive'),
    {
      'an opaque token': 'made-up',
      'a JWT with a valid signature': token(),
    },
    opaque,
  ),
  ...each(
    [],
    'rejects a JWT of an unknown issuer, and does not introspect it',
    invalidToken('unknown_issuer'),
    {
      'a JWT': issuerB.token({ claims: { iss: 'https://unknown.example.com' } }),
    },
    { ...opaque, isIntrospected: false },
  ),
  ...each(
    [],
    'accepts opaque tokens and JWTs',
    introspected,
    { 'an opaque token': OPAQUE_TOKEN },
    both,
  ),
  ...each(
    [],
    'accepts opaque tokens and JWTs',
    ok({ verifiedBy: 'jwt' }),
    { 'a JWT': token() },
    both,
  ),
  ...each(
    [],
    'rejects a JWT whose signature cannot be verified, and does not introspect it',
    invalidToken('invalid_signature'),
    {
      'a forged JWT': forged(token()),
    },
    { ...both, isIntrospected: false },
  ),
  ...each(
    [],
    'rejects a JWT whose signature cannot be verified, and does not introspect it',
    invalidToken('unknown_key'),
    {
      'a JWT with an unknown kid': headed({ kid: 'unknown' }),
    },
    { ...both, isIntrospected: false },
  ),
  {
    ids: [],
    title: 'refuses an opaque token without the required scope',
    ...opaque,
    requirements: { scope: 'write' },
    request: bearer(OPAQUE_TOKEN),
    outcome: insufficientScope('write'),
  },
  {
    ids: [],
    title:
      'rejects a valid JWT that introspection reports as inactive if the guard has introspect: true',
    ...both,
    requirements: { introspect: true },
    request: bearer(token()),
    outcome: invalidToken('inactive'),
  },
  ...each(
    ['7662-23'],
    'responds with 503 if introspection fails',
    unavailable('1', 'introspection_unavailable'),
    { 'an opaque token': OPAQUE_TOKEN },
    { configuration: 'opaque tokens, introspection unavailable' },
  ),
]
