import type { AccessToken } from '@bearward/core'
import { AUDIENCE, ISSUER } from '../../support/issuer.ts'
import { type ContractCase, each } from '../contract-case.ts'
import { claiming, issuerB, OTHER_AUDIENCE, VALID } from '../fixture.ts'
import { forbidden, invalidToken, ok, unavailable } from '../outcomes.ts'

const alice = claiming({ sub: 'alice', client_id: 'web' })
const clientNamedAlice = claiming({ sub: 'alice', client_id: 'alice' })

const auth0 = (claims: Record<string, unknown>) =>
  claiming({ sub: 'reports-cron@clients', azp: 'reports-cron', ...claims })
const provider = { configuration: 'a provider' } as const

const machines = { requirements: { subject: 'machine' } } as const
const users = { requirements: { subject: 'user' } } as const
const checks = (check: (token: AccessToken) => boolean | Promise<boolean>) => ({
  requirements: { check },
})
const conditions = {
  requirements: {
    claims: [
      { claim: 'plan', equals: 'gold' },
      { claim: ['realm_access', 'roles'], includes: 'admin' },
    ],
  },
} as const
const details = {
  requirements: { authorizationDetails: { type: 'payment', actions: ['read'] } },
} as const
const severalIssuers = { configuration: 'several issuers' } as const

/** Cases for requirements, such as `subject` and `check`, and for revoked tokens. */
export const requirements: readonly ContractCase[] = [
  ...each(
    ['9068-18'],
    'identifies a machine by its client id, and exposes subject id, client id and evidence',
    ok({
      subject: {
        kind: 'machine',
        id: 'reports-cron',
        clientId: 'reports-cron',
        evidence: {
          level: 'configured',
          rules: ['sub_is_client_id'],
          claims: ['sub', 'client_id'],
        },
      },
      clientId: 'reports-cron',
    }),
    VALID,
    machines,
  ),
  ...each(
    ['21-05', '9700-18'],
    'refuses a client if the guard requires a user',
    forbidden('wrong_subject'),
    {
      'a client whose id is a user name': clientNamedAlice,
    },
    users,
  ),
  ...each(
    ['21-05', '9700-18'],
    'grants a client if the guard requires a machine',
    ok(),
    {
      'a client whose id is a user name': clientNamedAlice,
    },
    machines,
  ),
  ...each(
    ['21-05', '9700-18'],
    'refuses a user if the guard requires a machine',
    forbidden('wrong_subject'),
    {
      'a user whose id is also a client id': alice,
    },
    machines,
  ),
  ...each(
    ['21-05', '9700-18'],
    'grants a user if the guard requires a user',
    ok({ clientId: 'web' }, 'user'),
    {
      'a user whose id is also a client id': alice,
    },
    users,
  ),
  ...each(
    [],
    'exposes an unknown subject if no rule applies',
    ok({}, 'unknown'),
    {
      'a sub that is not the client id': alice,
    },
    { configuration: 'no option for subjects' },
  ),
  ...each(
    [],
    'refuses an unknown subject if the guard requires a user',
    forbidden('wrong_subject'),
    {
      'no client id': claiming({ client_id: undefined }),
      'no sub': claiming({ sub: undefined }),
    },
    users,
  ),
  ...each(
    [],
    "identifies a machine by the provider's rules",
    ok({ clientId: 'reports-cron' }),
    { 'a token of the client credentials grant': auth0({ gty: 'client-credentials' }) },
    { ...provider, ...machines },
  ),
  ...each(
    [],
    "identifies a user and the actor by the provider's rules",
    ok(
      {
        subject: {
          kind: 'user',
          id: 'auth0|1',
          clientId: 'reports-cron',
          actor: { id: 'agent' },
          evidence: {
            level: 'structural',
            rules: ['auth0.connection_subject'],
            claims: ['sub', 'gty'],
          },
        },
      },
      'user',
    ),
    { 'a user with an actor': auth0({ sub: 'auth0|1', act: { sub: 'agent' } }) },
    { ...provider, ...users },
  ),
  ...each(
    [],
    'refuses a subject that the rules of the provider do not identify as a user',
    forbidden('wrong_subject'),
    {
      'a sub of an unknown form': auth0({ sub: 'other-form' }),
      'two clients': auth0({ azp: 'another' }),
      'an act claim without a sub': auth0({ sub: 'auth0|1', act: {} }),
    },
    { ...provider, ...users },
  ),
  ...each(
    [],
    'omits the scope from the refusal of a wrong subject',
    forbidden('wrong_subject'),
    {
      'a user who has the scope': alice,
    },
    { requirements: { subject: 'machine', scope: 'read' } },
  ),

  ...each(
    ['8725-13'],
    'exposes the issuer of a token, so that subjects with equal ids can be distinguished',
    ok({ issuer: ISSUER }, 'user'),
    {
      'alice of the first issuer': alice,
    },
    severalIssuers,
  ),
  ...each(
    ['8725-13'],
    'exposes the issuer of a token, so that subjects with equal ids can be distinguished',
    ok({ issuer: issuerB.issuer }, 'user'),
    { 'alice of the second issuer': issuerB.token({ claims: { sub: 'alice', client_id: 'web' } }) },
    severalIssuers,
  ),
  ...each([], 'grants a token of the required issuer', ok({ issuer: ISSUER }), VALID, {
    ...severalIssuers,
    requirements: { issuer: ISSUER },
  }),
  ...each([], 'refuses a token of another configured issuer', forbidden('wrong_issuer'), VALID, {
    ...severalIssuers,
    requirements: { issuer: issuerB.issuer },
  }),
  ...each([], 'grants a client in the list', ok(), VALID, {
    requirements: { clients: ['reports-cron'] },
  }),
  ...each([], 'refuses a client that is not in the list', forbidden('wrong_client'), VALID, {
    requirements: { clients: ['other'] },
  }),
  ...each([], 'refuses a listed client id of another issuer', forbidden('wrong_client'), VALID, {
    ...severalIssuers,
    requirements: { clients: [{ issuer: issuerB.issuer, clientId: 'reports-cron' }] },
  }),
  ...each(
    [],
    'grants a token whose claims meet all conditions',
    ok(),
    {
      'a role in a nested claim and a plan': claiming({
        realm_access: { roles: ['user', 'admin'] },
        plan: 'gold',
      }),
    },
    conditions,
  ),
  ...each(
    [],
    'refuses a token with a claim that does not meet its condition',
    forbidden('wrong_claim'),
    {
      'no such claim': claiming({}),
      'one of two claims': claiming({ plan: 'gold' }),
      'a text that contains the role': claiming({
        realm_access: { roles: 'administrator' },
        plan: 'gold',
      }),
      'a claim whose name is the path with dots': claiming({
        'realm_access.roles': ['admin'],
        plan: 'gold',
      }),
    },
    conditions,
  ),
  ...each(
    ['8693-04'],
    'grants a token whose act contains times and an audience',
    ok({}, 'unknown'),
    {
      'an actor whose exp, nbf and aud would be refused': claiming({
        sub: 'alice',
        act: { sub: 'agent', exp: 1, nbf: 9_000_000_000, aud: 'https://other.example.com' },
      }),
    },
    { configuration: 'no option for subjects' },
  ),
  ...each(
    ['9396-13'],
    'grants a token with the required authorization details',
    ok(),
    {
      'two details': claiming({
        authorization_details: [{ type: 'other' }, { type: 'payment', actions: ['read', 'write'] }],
      }),
    },
    details,
  ),
  ...each(
    ['9396-11', '9396-13'],
    'refuses a token without the required authorization details',
    forbidden('wrong_authorization_details'),
    {
      'no details': claiming({}),
      'another type': claiming({
        authorization_details: [{ type: 'Payment', actions: ['read'] }],
      }),
      'an action is missing': claiming({
        authorization_details: [{ type: 'payment', actions: ['write'] }],
      }),
      'a detail without a type': claiming({
        authorization_details: [{ type: 'payment', actions: ['read'] }, {}],
      }),
      'an object in place of the array': claiming({
        authorization_details: { type: 'payment', actions: ['read'] },
      }),
    },
    details,
  ),
  ...each([], 'refuses a token that the application has revoked', invalidToken('revoked'), VALID, {
    configuration: 'revoked tokens',
  }),
  ...each(
    [],
    'responds with 503 if the application cannot say whether a token is revoked',
    unavailable('1', 'revocation_unavailable'),
    VALID,
    { configuration: 'a revocation that fails' },
  ),
  ...each(
    [],
    'grants a caller if the check returns true',
    ok(),
    VALID,
    checks(async () => true),
  ),
  ...each(
    [],
    'refuses a caller if the check returns false',
    forbidden('check_failed'),
    VALID,
    checks(() => false),
  ),
  ...each(
    [],
    'refuses a caller if the check resolves to false',
    forbidden('check_failed'),
    VALID,
    checks(async () => false),
  ),

  ...each(
    ['9068-22'],
    'exposes every audience of a token',
    ok({ audience: [AUDIENCE, OTHER_AUDIENCE] }),
    { 'two audiences': claiming({ aud: [AUDIENCE, OTHER_AUDIENCE] }) },
  ),
  ...each(
    ['9068-22'],
    'refuses a token with other audiences if the check returns false',
    forbidden('check_failed'),
    { 'two audiences': claiming({ aud: [AUDIENCE, OTHER_AUDIENCE] }) },
    checks(({ audience }) => audience.length === 1),
  ),
]
