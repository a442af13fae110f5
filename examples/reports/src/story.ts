import { setTimeout as pause } from 'node:timers/promises'
import { decodeJwt } from 'jose'
import {
  ADA,
  AGENT,
  ARCHIVE,
  CRON,
  INVOICES_API,
  MALLORY,
  PROBE,
  READ,
  READ_AND_ADMIN,
  SHORT_STORY,
  WEB_APP,
  idTokenCredential,
  machineCredential,
  revokedCredential,
  userCredential,
} from '@bearward/example-story'
import type { Step } from '@bearward/example-story'
import { signedByAttacker, withoutSignature, withScopeEdited } from './forgery.ts'
import type { ReportsStage } from './stage.ts'

const ARCHIVE_SCOPE = 'read:archive'

/** Who comes to the reports API, and what becomes of it. Told in this order. */
export const STORY: readonly Step<ReportsStage>[] = [
  {
    heading: 'A stranger reads the news, for which a token is optional',
    expected: { status: 200, body: { reader: 'a stranger' } },
    prepare: () => ({ target: 'GET /news' }),
  },
  ...SHORT_STORY,
  {
    heading: 'An agent lists the reports for the user, and she is still the one whose they are',
    expected: { status: 200, body: { seenAs: 'user', reports: ['Sales of the north', 'Returns'] } },
    prepare: async ({ authorizationServer: { issuer } }) => ({
      target: 'GET /reports',
      credential: await userCredential(issuer, READ, ADA, AGENT),
    }),
  },
  {
    heading: 'The agent asks who it is: the user, for whom it acts',
    expected: { status: 200, body: { kind: 'user', id: ADA.id, actor: AGENT.id } },
    prepare: async ({ authorizationServer: { issuer } }) => ({
      target: 'GET /me',
      credential: await userCredential(issuer, READ, ADA, AGENT),
    }),
  },
  {
    heading:
      'A user has signed up under the name of an app. Nobody knows who that is, and sees nothing',
    expected: { status: 200, body: { seenAs: 'unknown', reports: [] } },
    prepare: async ({ authorizationServer: { issuer } }) => ({
      target: 'GET /reports',
      credential: await userCredential(issuer, READ, MALLORY, WEB_APP),
    }),
  },
  {
    heading: 'That user has the scope of a machine too, and is taken for none',
    expected: { status: 403, error: null },
    prepare: async ({ authorizationServer: { issuer } }) => ({
      target: 'POST /reindex',
      credential: await userCredential(issuer, READ_AND_ADMIN, MALLORY, WEB_APP),
    }),
  },
  {
    heading: 'A token that lives for a second comes after its time',
    expected: { status: 401, error: 'invalid_token' },
    prepare: async ({ authorizationServer: { issuer } }) => {
      const credential = await machineCredential(issuer, READ, PROBE)
      const { exp = 0 } = decodeJwt(credential.token)
      await pause(exp * 1000 - Date.now() + 10)
      return { target: 'GET /reports', credential }
    },
  },
  {
    heading: 'An attacker edits the scope in a real token',
    expected: { status: 401, error: 'invalid_token' },
    prepare: async ({ authorizationServer: { issuer } }) => ({
      target: 'POST /reindex',
      credential: withScopeEdited(await machineCredential(issuer, READ), READ_AND_ADMIN),
    }),
  },
  {
    heading: 'The attacker takes the signature off',
    expected: { status: 401, error: 'invalid_token' },
    prepare: async ({ authorizationServer: { issuer } }) => ({
      target: 'GET /reports',
      credential: withoutSignature(await machineCredential(issuer, READ)),
    }),
  },
  {
    heading: 'The attacker signs with a key of their own, under the name of a real one',
    expected: { status: 401, error: 'invalid_token' },
    prepare: async ({ authorizationServer: { issuer } }) => ({
      target: 'GET /reports',
      credential: await signedByAttacker(await machineCredential(issuer, READ)),
    }),
  },
  {
    heading: 'An app mistakes the ID token for the access token',
    expected: { status: 401, error: 'invalid_token' },
    prepare: async ({ authorizationServer: { issuer } }) => ({
      target: 'GET /me',
      credential: await idTokenCredential(issuer, READ),
    }),
  },
  {
    heading: 'A real token comes that was issued for another API',
    expected: { status: 401, error: 'invalid_token' },
    prepare: async ({ authorizationServer: { issuer } }) => ({
      target: 'GET /reports',
      credential: await machineCredential(issuer, READ, CRON, INVOICES_API),
    }),
  },
  {
    heading: 'A token without any claims in it opens the archive: its issuer is asked about it',
    expected: {
      status: 200,
      body: { archiveOpenFor: CRON.id, verifiedBy: 'introspection' },
    },
    prepare: async ({ authorizationServer: { issuer } }) => ({
      target: 'GET /archive',
      credential: await machineCredential(issuer, ARCHIVE_SCOPE, CRON, ARCHIVE),
    }),
  },
  {
    heading: 'Such a token was given back, and somebody has kept a copy',
    expected: { status: 401, error: 'invalid_token' },
    prepare: async ({ authorizationServer: { issuer } }) => ({
      target: 'GET /archive',
      credential: await revokedCredential(issuer, ARCHIVE_SCOPE, ARCHIVE),
    }),
  },
  {
    heading:
      'The authorization server stops. The API knows its keys and goes on, for new tokens too',
    expected: { status: 200, body: { seenAs: 'machine' } },
    prepare: async ({ authorizationServer, spare: credential }) => {
      await authorizationServer.close()
      return { target: 'GET /reports', credential }
    },
  },
  {
    heading: 'Another API starts now and has no keys yet. That is not the fault of the caller',
    expected: { status: 503, retryAfter: true },
    prepare: async ({ startFreshApi, spare: credential }) => ({
      target: 'GET /reports',
      credential,
      api: await startFreshApi(),
    }),
  },
]
