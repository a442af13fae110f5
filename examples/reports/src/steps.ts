import { setTimeout as pause } from 'node:timers/promises'
import { decodeJwt } from 'jose'
import {
  ADA,
  AGENT,
  ARCHIVE,
  BASIC_STEPS,
  CRON,
  getIdToken,
  getMachineToken,
  getRevokedToken,
  getUserToken,
  INVOICES_API,
  MALLORY,
  PROBE,
  READ,
  READ_AND_ADMIN,
  READ_ARCHIVE,
  REPORTS_API,
  WEB_APP,
} from '@bearward/example-shared'
import type { Step } from '@bearward/example-shared'
import { getDiscoveredToken, readMaxAge, signInHere } from './challenged-clients.ts'
import { editScope, removeSignature, signWithAnotherKey } from './forged-tokens.ts'
import type { DemoServers } from './start-demo-servers.ts'

/** Steps of the demo, in order. The last two run after the authorization server has stopped. */
export const STEPS: readonly Step<DemoServers>[] = [
  {
    heading: 'No token, and the guard also accepts anonymous callers: anonymous',
    expected: { status: 200, body: { reader: 'anonymous' } },
    prepare: () => ({ target: 'GET /news' }),
  },
  ...BASIC_STEPS,
  {
    heading: 'Metadata of the API, without a token: names the authorization server',
    expected: { status: 200, body: { resource: REPORTS_API } },
    prepare: () => ({ target: 'GET /.well-known/oauth-protected-resource' }),
  },
  {
    heading: 'Client that knows only the API, and finds the authorization server: gets all reports',
    expected: { status: 200, body: { subjectKind: 'machine' } },
    prepare: async ({ api, takeRefusal }) => {
      const token = await getDiscoveredToken(api)
      takeRefusal()
      return { target: 'GET /reports', token }
    },
  },
  {
    heading: 'Agent that acts for a user: gets only the reports of the user',
    expected: {
      status: 200,
      body: { subjectKind: 'user', reports: ['Sales of the north', 'Returns'] },
    },
    prepare: async ({ authorizationServer: { issuer } }) => ({
      target: 'GET /reports',
      token: await getUserToken(issuer, READ, ADA, AGENT),
    }),
  },
  {
    heading: 'Agent that acts for a user: the subject is the user, and the actor is the agent',
    expected: { status: 200, body: { kind: 'user', id: ADA.id, actor: AGENT.id } },
    prepare: async ({ authorizationServer: { issuer } }) => ({
      target: 'GET /me',
      token: await getUserToken(issuer, READ, ADA, AGENT),
    }),
  },
  {
    heading: 'User with an account id that equals a client id: unknown subject kind, no reports',
    expected: { status: 200, body: { subjectKind: 'unknown', reports: [] } },
    prepare: async ({ authorizationServer: { issuer } }) => ({
      target: 'GET /reports',
      token: await getUserToken(issuer, READ, MALLORY, WEB_APP),
    }),
  },
  {
    heading: 'The same user with the scope admin:reports, on a route for machines only: refused',
    expected: { status: 403, error: null },
    prepare: async ({ authorizationServer: { issuer } }) => ({
      target: 'POST /reindex',
      token: await getUserToken(issuer, READ_AND_ADMIN, MALLORY, WEB_APP),
    }),
  },
  {
    heading: 'User who signed in too long ago, on a route for recent sign-ins: must sign in again',
    expected: { status: 401, error: 'insufficient_user_authentication' },
    prepare: async ({ earlyToken }) => {
      console.log('Waiting until a sign-in is more than 3 seconds old ...\n')
      const { auth_time: signedInAt } = decodeJwt<{ auth_time: number }>(earlyToken.value)
      // The API compares whole seconds, so the sign-in is too old after four seconds.
      await pause(signedInAt * 1000 + 4010 - Date.now())
      const description = `${earlyToken.description}, signed in at the start of the demo`
      return { target: 'POST /publish', token: { ...earlyToken, description } }
    },
  },
  {
    heading: 'The same user, after the sign-in that the challenge requires: publishes the reports',
    expected: { status: 200, body: { published: true, by: ADA.id } },
    prepare: async ({ api, authorizationServer: { issuer }, browser, earlyToken, takeRefusal }) => {
      const maxAge = await readMaxAge(api, earlyToken)
      takeRefusal()
      return { target: 'POST /publish', token: await signInHere(issuer, browser, maxAge) }
    },
  },
  {
    heading: 'Expired token: refused',
    expected: { status: 401, error: 'invalid_token' },
    prepare: async ({ authorizationServer: { issuer } }) => {
      const token = await getMachineToken(issuer, READ, PROBE)
      console.log('Waiting until a token with a lifetime of one second has expired ...\n')
      const { exp = 0 } = decodeJwt(token.value)
      await pause(exp * 1000 - Date.now() + 10)
      return { target: 'GET /reports', token }
    },
  },
  {
    heading: 'Forged token with a changed scope: refused',
    expected: { status: 401, error: 'invalid_token' },
    prepare: async ({ authorizationServer: { issuer } }) => ({
      target: 'POST /reindex',
      token: editScope(await getMachineToken(issuer, READ), READ_AND_ADMIN),
    }),
  },
  {
    heading: 'Forged token without a signature (alg none): refused',
    expected: { status: 401, error: 'invalid_token' },
    prepare: async ({ authorizationServer: { issuer } }) => ({
      target: 'GET /reports',
      token: removeSignature(await getMachineToken(issuer, READ)),
    }),
  },
  {
    heading: 'Forged token with the kid of a published key, signed with another key: refused',
    expected: { status: 401, error: 'invalid_token' },
    prepare: async ({ authorizationServer: { issuer } }) => ({
      target: 'GET /reports',
      token: await signWithAnotherKey(await getMachineToken(issuer, READ)),
    }),
  },
  {
    heading: 'ID token instead of an access token: refused',
    expected: { status: 401, error: 'invalid_token' },
    prepare: async ({ authorizationServer: { issuer } }) => ({
      target: 'GET /me',
      token: await getIdToken(issuer, READ),
    }),
  },
  {
    heading: 'Token for another API: refused',
    expected: { status: 401, error: 'invalid_token' },
    prepare: async ({ authorizationServer: { issuer } }) => ({
      target: 'GET /reports',
      token: await getMachineToken(issuer, READ, CRON, INVOICES_API),
    }),
  },
  {
    heading: 'Opaque token: granted after introspection',
    expected: { status: 200, body: { clientId: CRON.id, verifiedBy: 'introspection' } },
    prepare: async ({ authorizationServer: { issuer } }) => ({
      target: 'GET /archive',
      token: await getMachineToken(issuer, READ_ARCHIVE, CRON, ARCHIVE),
    }),
  },
  {
    heading: 'Revoked opaque token: refused',
    expected: { status: 401, error: 'invalid_token' },
    prepare: async ({ authorizationServer: { issuer } }) => ({
      target: 'GET /archive',
      token: await getRevokedToken(issuer, READ_ARCHIVE, ARCHIVE),
    }),
  },
  {
    heading: 'Token that is bound to a key, with a proof that this key has signed: granted',
    expected: { status: 200, body: { subjectKind: 'machine' } },
    prepare: ({ boundClient }) => boundClient.request(),
  },
  {
    heading: 'Stolen bound token without a proof: refused',
    expected: { status: 401, error: 'invalid_token' },
    prepare: ({ boundClient }) => boundClient.stealToken(),
  },
  {
    heading: 'Stolen bound token with a proof that the client has already used: refused',
    expected: { status: 401, error: 'invalid_dpop_proof' },
    prepare: ({ boundClient }) => boundClient.repeatRequest(),
  },
  {
    heading: 'Stolen bound token with a proof that the thief has signed with another key: refused',
    expected: { status: 401, error: 'invalid_token' },
    prepare: ({ boundClient }) => boundClient.proveWithOtherKey(),
  },
  {
    heading: 'New token, and the authorization server is stopped: granted with the cached keys',
    expected: { status: 200, body: { subjectKind: 'machine' } },
    prepare: async ({ authorizationServer, unusedToken }) => {
      console.log('Stopping the authorization server ...\n')
      await authorizationServer.close()
      return { target: 'GET /reports', token: unusedToken }
    },
  },
  {
    heading: 'New API without cached keys, and the authorization server is stopped: unavailable',
    expected: { status: 503, retryAfter: true },
    prepare: async ({ startAnotherApi, unusedToken }) => {
      console.log('Starting a second API, which cannot fetch the keys ...\n')
      return { target: 'GET /reports', token: unusedToken, api: await startAnotherApi() }
    },
  },
]
