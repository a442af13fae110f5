import type { RequestListener } from 'node:http'
import {
  type AuthorizationServer,
  requestClientCredentialsToken,
  signIn,
  startAuthorizationServer,
} from '@bearward/example-authorization-server'
import type { FastifyInstance } from 'fastify'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { closing } from '../support/closing.ts'
import { listen } from '../support/servers.ts'
import { adapt, readSnippets, runSnippet } from './snippets.ts'

/** Audience of the API in most snippets. */
export const API = 'https://api.example.com'
/** Address and audience of the MCP server in the snippets. */
export const MCP = 'https://mcp.example.com/mcp'
/** Audience of an API whose tokens are opaque. */
export const OPAQUE_API = 'https://opaque.example.com'
/** Client that gets tokens by the client credentials grant. */
export const machine = {
  kind: 'confidential',
  id: 'reports-cron',
  secret: 'a-secret-of-the-test',
} as const
/** Client that signs users in. */
export const app = { kind: 'public', id: 'reports-web' } as const
/** Client with which the API introspects tokens. */
export const api = { kind: 'confidential', id: 'reports-api', secret: 'another-secret' } as const

/** Authorization server of the test file. `useAuthorizationServer` starts it. */
export let authorizationServer: AuthorizationServer

/** Runs an authorization server during the tests of a file. Restores mocks and the environment after each test. */
export function useAuthorizationServer(): void {
  beforeAll(async () => {
    authorizationServer = await startAuthorizationServer({
      resources: [
        { identifier: API, scopes: ['read:reports', 'admin'] },
        { identifier: OPAQUE_API, scopes: ['read:reports'], format: 'opaque' },
        { identifier: MCP, scopes: ['notes:read', 'notes:write', 'notes:admin'] },
      ],
      clients: [machine, app, api],
      users: [{ id: 'user-ada' }],
    })
  })
  afterEach(() => {
    vi.restoreAllMocks()
    vi.unstubAllEnvs()
    delete process.env['BEARWARD_ISSUER']
    delete process.env['BEARWARD_AUDIENCE']
  })
  afterAll(() => authorizationServer.close())
}

/** Requests a token by the client credentials grant. */
export const machineToken = async (scope: string, resource = API): Promise<string> =>
  (
    await requestClientCredentialsToken(authorizationServer.issuer, machine, {
      scope,
      resource,
    })
  ).access_token
/** Signs the user `user-ada` in, and returns their token. */
export const userToken = async (scope: string): Promise<string> =>
  (await signIn(authorizationServer.issuer, app, { id: 'user-ada' }, { scope, resource: API }))
    .access_token

/** Starts a server with this handler. Returns a function that sends it a request. */
export async function serve(
  handler: Parameters<typeof listen>[0],
): Promise<
  (method: string, path: string, token?: string) => Promise<{ status: number; body: string }>
> {
  const server = closing(await listen(handler))
  return async (method, path, token) => {
    const headers: Record<string, string> =
      token === undefined ? {} : { authorization: `Bearer ${token}` }
    const response = await fetch(server.url + path, { method, headers })
    return { status: response.status, body: await response.text() }
  }
}

/** Returns the replacement that writes the authorization server of the test instead of the issuer of a snippet. */
export const issuerAddress = (): Record<string, string> => ({
  "'https://auth.example.com'": `'${authorizationServer.issuer}'`,
})
/** Replacement of the last line of a program. The program exports its app, and the test starts the server. */
export const appInstead = { 'app.listen(3000)': 'export { app }' }

/** Checks a short snippet: a machine gets its client id, and a request without a token gets 401. */
export async function expectReports(
  handler: Parameters<typeof listen>[0],
  path: string,
): Promise<void> {
  await expectReportsAt(closing(await listen(handler)).url + path)
}

/** Checks the same as `expectReports`, but for an API that already runs at an address. */
export async function expectReportsAt(url: string): Promise<void> {
  const authorization = `Bearer ${await machineToken('read:reports')}`
  expect((await fetch(url)).status).toBe(401)
  const granted = await fetch(url, { headers: { authorization } })
  expect([granted.status, await granted.text()]).toEqual([200, '{"reportsFor":"reports-cron"}'])
}

/** Runs a program for Fastify. Returns the request handler of its app. */
export async function fastifySnippet(name: string, code: string): Promise<RequestListener> {
  const instead = { 'await app.listen({ port: 3000 })': 'await app.ready()\nexport { app }' }
  const module = await runSnippet(name, adapt(code, { ...issuerAddress(), ...instead }))
  return (module['app'] as FastifyInstance).routing
}

/** Test of one snippet. It gets the code, runs it, and checks the results. */
export type Scenario = (code: string) => Promise<void>

/**
 * Runs each snippet (`js` or `ts`) of a document with the scenario whose name is the heading of the snippet. The tests fail for
 * a snippet without a scenario, and for a scenario without a snippet.
 */
export function describeDocument(
  document: string,
  scenarios: Readonly<Record<string, Scenario>>,
): void {
  describe(document, () => {
    const snippets = readSnippets(document)

    it(`the snippets of ${document} have one scenario each, in the same order`, () => {
      expect(snippets.map(({ heading }) => heading)).toEqual(Object.keys(scenarios))
    })

    it.each(snippets.map(({ heading, code }) => [heading, code] as const))(
      `the snippet under "%s" in ${document} runs as documented`,
      (heading, code) => scenarios[heading]!(code),
    )
  })
}
