import type { AccessToken } from '@bearward/core'
import { AUDIENCE, ISSUER } from '../../support/issuer.ts'
import { type ContractCase, each } from '../contract-case.ts'
import { claiming, issuerB, OTHER_AUDIENCE, VALID } from '../fixture.ts'
import { forbidden, ok } from '../outcomes.ts'

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
const severalIssuers = { configuration: 'several issuers' } as const

/** Who may call: subjects, clients, issuers, and a check of one's own. */
export const requirements: readonly ContractCase[] = [
  ...each(
    ['9068-18'],
    'knows a machine by its client id, and shows both claims',
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
    ['21-05'],
    'never takes a client for a user',
    forbidden('wrong_subject'),
    {
      'a client whose id is the name of a user': clientNamedAlice,
    },
    users,
  ),
  ...each(
    ['21-05'],
    'takes a client for a machine',
    ok(),
    {
      'a client whose id is the name of a user': clientNamedAlice,
    },
    machines,
  ),
  ...each(
    ['21-05'],
    'never takes a user for a machine',
    forbidden('wrong_subject'),
    {
      'the user of that name': alice,
    },
    machines,
  ),
  ...each(
    ['21-05'],
    'takes a user for a user',
    ok({ clientId: 'web' }, 'user'),
    {
      'the user of that name': alice,
    },
    users,
  ),
  ...each(
    [],
    'calls nobody a user on no evidence',
    ok({}, 'unknown'),
    {
      'another sub than the client id': alice,
    },
    { configuration: 'no rule for machines' },
  ),
  ...each(
    [],
    'lets no unknown subject pass for either kind',
    forbidden('wrong_subject'),
    {
      'no client id': claiming({ client_id: undefined }),
      'no sub': claiming({ sub: undefined }),
    },
    users,
  ),
  ...each(
    [],
    "takes a machine for a machine by the provider's rules",
    ok({ clientId: 'reports-cron' }),
    { 'a token of the client credentials grant': auth0({ gty: 'client-credentials' }) },
    { ...provider, ...machines },
  ),
  ...each(
    [],
    "takes a user for a user by the provider's rules, and shows who acts for them",
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
    { 'a user for whom an agent acts': auth0({ sub: 'auth0|1', act: { sub: 'agent' } }) },
    { ...provider, ...users },
  ),
  ...each(
    [],
    'lets nobody pass of whom the rules know nothing',
    forbidden('wrong_subject'),
    {
      'a sub of no known form': auth0({ sub: 'somebody' }),
      'two clients': auth0({ azp: 'another' }),
      'an act that names nobody': auth0({ sub: 'auth0|1', act: {} }),
    },
    { ...provider, ...users },
  ),
  ...each(
    [],
    'says nothing of scopes where the subject is wrong',
    forbidden('wrong_subject'),
    {
      'a user with the scope': alice,
    },
    { requirements: { subject: 'machine', scope: 'read' } },
  ),

  ...each(
    ['8725-13'],
    'tells subjects of one name apart by their issuers',
    ok({ issuer: ISSUER }, 'user'),
    {
      'alice of the first': alice,
    },
    severalIssuers,
  ),
  ...each(
    ['8725-13'],
    'tells subjects of one name apart by their issuers',
    ok({ issuer: issuerB.issuer }, 'user'),
    { 'alice of the second': issuerB.token({ claims: { sub: 'alice', client_id: 'web' } }) },
    severalIssuers,
  ),
  ...each([], 'lets tokens of the named issuer pass', ok({ issuer: ISSUER }), VALID, {
    ...severalIssuers,
    requirements: { issuer: ISSUER },
  }),
  ...each([], 'refuses tokens of an issuer that is not named', forbidden('wrong_issuer'), VALID, {
    ...severalIssuers,
    requirements: { issuer: issuerB.issuer },
  }),
  ...each([], 'lets the named client pass', ok(), VALID, {
    requirements: { clients: ['reports-cron'] },
  }),
  ...each([], 'refuses a client that is not named', forbidden('wrong_client'), VALID, {
    requirements: { clients: ['other'] },
  }),
  ...each(
    [],
    'refuses the client of that name at another issuer',
    forbidden('wrong_client'),
    VALID,
    {
      ...severalIssuers,
      requirements: { clients: [{ issuer: issuerB.issuer, clientId: 'reports-cron' }] },
    },
  ),
  ...each(
    [],
    'lets a caller pass whom the check grants',
    ok(),
    VALID,
    checks(async () => true),
  ),
  ...each(
    [],
    'refuses a caller whom the check refuses',
    forbidden('check_failed'),
    VALID,
    checks(() => false),
  ),
  ...each(
    [],
    'refuses a caller whom the check refuses later',
    forbidden('check_failed'),
    VALID,
    checks(async () => false),
  ),

  ...each(
    ['9068-22'],
    'shows every audience of a token',
    ok({ audience: [AUDIENCE, OTHER_AUDIENCE] }),
    { two: claiming({ aud: [AUDIENCE, OTHER_AUDIENCE] }) },
  ),
  ...each(
    ['9068-22'],
    'lets a check refuse a token with other audiences',
    forbidden('check_failed'),
    { two: claiming({ aud: [AUDIENCE, OTHER_AUDIENCE] }) },
    checks(({ audience }) => audience.length === 1),
  ),
]
