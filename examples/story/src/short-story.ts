import { CRON, READ, READ_AND_ADMIN } from './cast.ts'
import { machineCredential, userCredential } from './credential.ts'
import type { Step } from './step.ts'

/** What a guard is for: who comes to the reports API, and what becomes of it. */
export const SHORT_STORY: readonly Step[] = [
  {
    heading: 'The stranger asks for the reports, without a token',
    expected: { status: 401, error: null },
    prepare: () => ({ target: 'GET /reports' }),
  },
  {
    heading: 'The stranger sends something that cannot be a token',
    expected: { status: 400, error: 'invalid_request' },
    prepare: () => ({
      target: 'GET /reports',
      credential: { token: 'open sesame', origin: 'made up' },
    }),
  },
  {
    heading: 'A machine lists the reports, and sees them all',
    expected: {
      status: 200,
      body: { seenAs: 'machine', reports: ['Sales of the north', 'Sales of the south', 'Returns'] },
    },
    prepare: async ({ authorizationServer: { issuer } }) => ({
      target: 'GET /reports',
      credential: await machineCredential(issuer, READ),
    }),
  },
  {
    heading: 'The machine wants to rebuild the index with too little scope',
    expected: { status: 403, error: 'insufficient_scope' },
    prepare: async ({ authorizationServer: { issuer } }) => ({
      target: 'POST /reindex',
      credential: await machineCredential(issuer, READ),
    }),
  },
  {
    heading: 'The machine rebuilds the index, with the scope for it',
    expected: { status: 200, body: { reindexed: true, by: CRON.id } },
    prepare: async ({ authorizationServer: { issuer } }) => ({
      target: 'POST /reindex',
      credential: await machineCredential(issuer, READ_AND_ADMIN),
    }),
  },
  {
    heading: 'A user signs in and lists the reports, and sees her own',
    expected: { status: 200, body: { seenAs: 'user', reports: ['Sales of the north', 'Returns'] } },
    prepare: async ({ authorizationServer: { issuer } }) => ({
      target: 'GET /reports',
      credential: await userCredential(issuer, READ),
    }),
  },
  {
    heading: 'The user has the scope to rebuild the index too, but only machines may',
    expected: { status: 403, error: null },
    prepare: async ({ authorizationServer: { issuer } }) => ({
      target: 'POST /reindex',
      credential: await userCredential(issuer, READ_AND_ADMIN),
    }),
  },
]
