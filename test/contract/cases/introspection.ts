import { OPAQUE_TOKEN } from '../configurations.ts'
import { bearer, type ContractCase, each } from '../contract-case.ts'
import { forged, headed, issuerB, token } from '../fixture.ts'
import { insufficientScope, invalidToken, ok, unavailable } from '../outcomes.ts'

const opaque = { configuration: 'opaque tokens' } as const
const both = { configuration: 'both kinds of token' } as const
const introspected = ok({ verifiedBy: 'introspection', scopes: ['read'], clientId: 'reports-cron' })

/** Which token is introspected, and what comes of it (RFC 7662). */
export const introspection: readonly ContractCase[] = [
  ...each(
    ['7662-01'],
    'takes an opaque token that its issuer calls active',
    introspected,
    {
      'an opaque token': OPAQUE_TOKEN,
    },
    opaque,
  ),
  ...each(
    ['7662-07', '7662-34'],
    'refuses what its issuer does not call active',
    invalidToken('inactive'),
    {
      'an opaque token': 'made-up',
      'a JWT that would pass here': token(),
    },
    opaque,
  ),
  ...each(
    [],
    'asks nobody about a token of an unknown issuer',
    invalidToken('unknown_issuer'),
    {
      'a JWT': issuerB.token({ claims: { iss: 'https://unknown.example.com' } }),
    },
    opaque,
  ),
  ...each([], 'takes both kinds', introspected, { 'an opaque token': OPAQUE_TOKEN }, both),
  ...each([], 'takes both kinds', ok({ verifiedBy: 'jwt' }), { 'a JWT': token() }, both),
  ...each(
    [],
    'asks nobody about a JWT that it has refused',
    invalidToken('invalid_signature'),
    {
      'a forged one': forged(token()),
    },
    both,
  ),
  ...each(
    [],
    'asks nobody about a JWT that it has refused',
    invalidToken('unknown_key'),
    {
      'one with an unknown key': headed({ kid: 'unknown' }),
    },
    both,
  ),
  {
    ids: [],
    title: 'asks for the scope of an opaque token',
    ...opaque,
    requirements: { scope: 'write' },
    request: bearer(OPAQUE_TOKEN),
    outcome: insufficientScope('write'),
  },
  {
    ids: [],
    title: 'asks whether a JWT is still active where that is required',
    ...both,
    requirements: { introspect: true },
    request: bearer(token()),
    outcome: invalidToken('inactive'),
  },
  ...each(
    ['7662-23'],
    'answers with 503 where its issuer does not answer',
    unavailable('1', 'introspection_unavailable'),
    { 'an opaque token': OPAQUE_TOKEN },
    { configuration: 'opaque tokens, and nobody to ask' },
  ),
]
