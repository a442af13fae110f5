import {
  Client,
  type OAuthDiscoveryState,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from '@modelcontextprotocol/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { closing } from '../support/closing.ts'
import { createBrowserFetch } from './browser-fetch.ts'
import { ADD_NOTE, LIST_NOTES, type McpApiOptions, startMcpApi } from './mcp-api.ts'
import { AppProvider } from './mcp-app-provider.ts'
import {
  APP,
  type NotesAuthorizationServer,
  startNotesAuthorizationServer,
} from './notes-authorization-server.ts'

const ORIGIN = 'https://app.example.com'
/** The headers that the client sends in addition to `Authorization` and `Content-Type`. */
const HEADERS = ['MCP-Protocol-Version', 'Mcp-Method', 'Mcp-Name']
/** Options for `cors()` in front of the guard. */
const CORS = {
  cors: { origins: [ORIGIN], headers: HEADERS },
  guard: { origins: [ORIGIN] },
} satisfies McpApiOptions

let authorizationServer: NotesAuthorizationServer

beforeAll(async () => {
  authorizationServer = await startNotesAuthorizationServer()
})
afterAll(() => authorizationServer.close())

/**
 * Starts an API, and a client in a page of `ORIGIN`. The client is registered in advance, because the registration endpoint of
 * oidc-provider does not support CORS.
 */
async function start(apiOptions: McpApiOptions) {
  const api = await startMcpApi(authorizationServer, '/mcp', apiOptions)
  const authProvider = new AppProvider<
    StoredOAuthClientInformation,
    StoredOAuthTokens,
    OAuthDiscoveryState
  >()
  authProvider.saveClientInformation({ client_id: APP.id, issuer: authorizationServer.issuer })
  const options = { versionNegotiation: { mode: 'auto' } } as const
  const client = closing(new Client({ name: 'test', version: '1.0.0' }, options))
  const fetch = createBrowserFetch(ORIGIN)
  const createTransport = () => new StreamableHTTPClientTransport(api.url, { authProvider, fetch })
  return { api, authProvider, client, createTransport }
}

const result = (text: string) => expect.objectContaining({ content: [{ type: 'text', text }] })

describe('the MCP client in a browser', () => {
  it.each([
    ['the guard allows its origin', { guard: { origins: [ORIGIN], cors: true } }],
    ['the guard allows all origins', { guard: { origins: () => true, cors: true } }],
    ['cors() and the guard allow its origin', CORS],
    [
      'cors() and the guard allow all origins',
      { cors: { ...CORS.cors, origins: '*' }, guard: { origins: () => true } },
    ],
  ] satisfies [string, McpApiOptions][])(
    'the MCP client in a browser signs in, and signs in again for the scope of a 403, if %s',
    async (_condition, options) => {
      const { api, authProvider, client, createTransport } = await start(options)
      const first = createTransport()
      await expect(client.connect(first)).rejects.toThrow(UnauthorizedError)
      const signIn = await authProvider.signIn()
      // This is the scope of the challenge. A client that cannot read the challenge would request all scopes of the metadata.
      expect(signIn.scope).toBe('notes:read')
      await first.finishAuth(signIn.response)
      const transport = createTransport()
      await client.connect(transport)
      expect(await client.callTool({ name: LIST_NOTES })).toEqual(result('the notes of user-ada'))
      await expect(client.callTool({ name: ADD_NOTE })).rejects.toThrow(UnauthorizedError)
      await transport.finishAuth((await authProvider.signIn()).response)
      expect(await client.callTool({ name: ADD_NOTE })).toEqual(result('a new note of user-ada'))

      const isPreflight = (request: string) => request.startsWith('OPTIONS ')
      expect(new Set(api.requests.filter(isPreflight))).toEqual(
        new Set(['OPTIONS /mcp 204', 'OPTIONS /.well-known/oauth-protected-resource/mcp 204']),
      )
      expect(api.requests.filter((request) => !isPreflight(request))).toEqual([
        'POST /mcp 401',
        'GET /.well-known/oauth-protected-resource/mcp 200',
        'POST /mcp 200',
        'POST /mcp 200',
        'POST /mcp 403',
        'POST /mcp 200',
      ])
    },
  )

  it.each([
    ['without an option for pages', {}, 'The preflight request got 403.'],
    [
      'if the guard accepts its origin without the option cors',
      { guard: { origins: [ORIGIN] } },
      'The preflight request got 401.',
    ],
    [
      'if the guard allows another origin',
      { guard: { origins: ['https://other.example.com'], cors: true } },
      'The origin is not allowed.',
    ],
    [
      'if cors() allows another origin',
      { ...CORS, cors: { ...CORS.cors, origins: ['https://other.example.com'] } },
      'The origin is not allowed.',
    ],
    ...HEADERS.slice(0, 2).map(
      (name) =>
        [
          `if cors() does not allow ${name}`,
          { ...CORS, cors: { ...CORS.cors, headers: HEADERS.filter((other) => other !== name) } },
          `The header ${name.toLowerCase()} is not allowed.`,
        ] satisfies [string, McpApiOptions, string],
    ),
  ] satisfies [string, McpApiOptions, string][])(
    'the MCP client in a browser cannot call the API %s',
    async (_when, options, message) => {
      const { client, createTransport } = await start(options)
      await expect(client.connect(createTransport())).rejects.toThrow(message)
    },
  )
})
