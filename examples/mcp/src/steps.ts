import type { ResultStep } from '@bearward/example-shared'
import { ADA, APP_ORIGIN, GRACE } from './clients.ts'
import { beginSession, callTool, readChallenge, send } from './requests.ts'
import type { Servers } from './start-servers.ts'
import { getMachineToken, getUserToken } from './tokens.ts'
import { useClient } from './use-client.ts'

const READ_AND_WRITE = 'notes:read notes:write'
const ALL = 'notes:read notes:write notes:admin'

const addTea = callTool('add_note', { text: 'tea' })
const searchTea = callTool('search_notes', { text: 'tea' })
const purge = callTool('purge_notes')

/** Steps in order. The last three use the server with sessions. */
export const STEPS: readonly ResultStep<Servers>[] = [
  {
    heading: 'No token: refused, with a challenge that leads to the authorization server',
    expected: { status: 401, scope: 'notes:read', isIssuerFound: true },
    async run({ version2, issuer }) {
      const response = await send(version2, searchTea, undefined)
      const metadata = await fetch(readChallenge(response, 'resource_metadata')!)
      const { authorization_servers: found } = (await metadata.json()) as Record<string, string[]>
      const scope = readChallenge(response, 'scope')
      return { status: response.status, scope, isIssuerFound: found?.[0] === issuer }
    },
  },
  {
    heading: 'Client of the SDK: gets a token after 401, and a token with more scopes after 403',
    expected: {
      before: { scope: 'notes:read', tools: ['search_notes'] },
      after: { scope: READ_AND_WRITE, tools: ['search_notes', 'add_note'] },
    },
    run: ({ version2, issuer }) => useClient(issuer, version2),
  },
  {
    heading: 'Tool that needs another scope: refused, and the challenge names all scopes',
    expected: { status: 403, error: 'insufficient_scope', scope: READ_AND_WRITE },
    async run({ version2, issuer }) {
      const token = await getUserToken(issuer, ADA, version2, 'notes:read')
      const response = await send(version2, addTea, token)
      const [error, scope] = ['error', 'scope'].map((name) => readChallenge(response, name))
      return { status: response.status, error, scope }
    },
  },
  {
    heading: 'Batch with a call that needs another scope: no call of the batch runs',
    expected: { status: 403, found: '' },
    async run({ version2, issuer }) {
      const token = await getUserToken(issuer, ADA, version2, READ_AND_WRITE)
      const { status } = await send(version2, [addTea, purge], token)
      return { status, found: (await send(version2, searchTea, token)).text }
    },
  },
  {
    heading: 'Tool for users only: a user may call it, a machine with the same scopes may not',
    expected: { user: 200, machine: 403 },
    async run({ version2, issuer }) {
      const user = await send(version2, purge, await getUserToken(issuer, ADA, version2, ALL))
      const machine = await send(version2, purge, await getMachineToken(issuer, version2, ALL))
      return { user: user.status, machine: machine.status }
    },
  },
  {
    heading: 'Tool that the guard does not list: refused, even with all scopes',
    expected: 403,
    async run({ version2, issuer }) {
      const token = await getUserToken(issuer, ADA, version2, ALL)
      return (await send(version2, callTool('export_notes'), token)).status
    },
  },
  {
    heading: 'Page of the web app: accepted. Page of another origin: refused',
    expected: { app: 200, other: 403 },
    async run({ version2, issuer }) {
      const token = await getUserToken(issuer, ADA, version2, 'notes:read')
      const app = await send(version2, searchTea, token, { origin: APP_ORIGIN })
      const other = await send(version2, searchTea, token, { origin: 'https://other.example.com' })
      return { app: app.status, other: other.status }
    },
  },
  {
    heading: 'Session: the user who began it continues with a new token',
    expected: { added: 'The note was added.', found: 'tea' },
    async run({ version1, issuer }) {
      const first = await getUserToken(issuer, ADA, version1, READ_AND_WRITE)
      const session = await beginSession(version1, first)
      const { text: added } = await send(version1, addTea, first, session)
      const second = await getUserToken(issuer, ADA, version1, 'notes:read')
      return { added, found: (await send(version1, searchTea, second, session)).text }
    },
  },
  {
    heading: 'Session id in the request of another user: the session does not exist for them',
    expected: 404,
    async run({ version1, issuer }) {
      const ada = await getUserToken(issuer, ADA, version1, READ_AND_WRITE)
      const grace = await getUserToken(issuer, GRACE, version1, READ_AND_WRITE)
      return (await send(version1, searchTea, grace, await beginSession(version1, ada))).status
    },
  },
  {
    heading: 'Session id without a token: refused, because a session id is not a credential',
    expected: 401,
    async run({ version1, issuer }) {
      const ada = await getUserToken(issuer, ADA, version1, READ_AND_WRITE)
      return (await send(version1, searchTea, undefined, await beginSession(version1, ada))).status
    },
  },
]
