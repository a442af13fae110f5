import { CRON, READ, READ_AND_ADMIN } from './identities.ts'
import type { Step } from './step.ts'
import { getMachineToken, getUserToken } from './tokens.ts'

/** Basic cases: no token, malformed header, missing scope, machine, user. */
export const BASIC_STEPS: readonly Step[] = [
  {
    heading: 'No token: refused',
    expected: { status: 401, error: null },
    prepare: () => ({ target: 'GET /reports' }),
  },
  {
    heading: 'Malformed token in the Authorization header: refused',
    expected: { status: 400, error: 'invalid_request' },
    prepare: () => ({
      target: 'GET /reports',
      token: { value: 'not a token', description: '"not a token", which contains spaces' },
    }),
  },
  {
    heading: 'Machine with the scope read:reports: gets all reports',
    expected: {
      status: 200,
      body: {
        subjectKind: 'machine',
        reports: ['Sales of the north', 'Sales of the south', 'Returns'],
      },
    },
    prepare: async ({ authorizationServer: { issuer } }) => ({
      target: 'GET /reports',
      token: await getMachineToken(issuer, READ),
    }),
  },
  {
    heading: 'Machine without the scope admin:reports: refused',
    expected: { status: 403, error: 'insufficient_scope' },
    prepare: async ({ authorizationServer: { issuer } }) => ({
      target: 'POST /reindex',
      token: await getMachineToken(issuer, READ),
    }),
  },
  {
    heading: 'Machine with the scope admin:reports: rebuilds the index',
    expected: { status: 200, body: { reindexed: true, by: CRON.id } },
    prepare: async ({ authorizationServer: { issuer } }) => ({
      target: 'POST /reindex',
      token: await getMachineToken(issuer, READ_AND_ADMIN),
    }),
  },
  {
    heading: 'User with the scope read:reports: gets only their own reports',
    expected: {
      status: 200,
      body: { subjectKind: 'user', reports: ['Sales of the north', 'Returns'] },
    },
    prepare: async ({ authorizationServer: { issuer } }) => ({
      target: 'GET /reports',
      token: await getUserToken(issuer, READ),
    }),
  },
  {
    heading: 'User with the scope admin:reports, on a route for machines only: refused',
    expected: { status: 403, error: null },
    prepare: async ({ authorizationServer: { issuer } }) => ({
      target: 'POST /reindex',
      token: await getUserToken(issuer, READ_AND_ADMIN),
    }),
  },
]
