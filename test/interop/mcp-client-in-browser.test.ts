import type { CorsOptions } from '@bearward/core'
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
import { ADD_NOTE, LIST_NOTES, startMcpApi } from './mcp-api.ts'
import { AppProvider } from './mcp-app-provider.ts'
import {
  APP,
  type NotesAuthorizationServer,
  startNotesAuthorizationServer,
} from './notes-authorization-server.ts'

const ORIGIN = 'https://app.example.com'
/** The headers that the client sends in addition to `Authorization` and `Content-Type`. */
const HEADERS = ['MCP-Protocol-Version', 'Mcp-Method', 'Mcp-Name']
const CORS: CorsOptions = { origins: [ORIGIN], headers: HEADERS }

let authorizationServer: NotesAuthorizationServer

beforeAll(async () => {
  authorizationServer = await startNotesAuthorizationServer()
})
afterAll(() => authorizationServer.close())

/** Starts an API, and a client in a page of `ORIGIN`. The registration endpoint of oidc-provider does not support pages. */
async function start(cors?: CorsOptions) {
  const api = await startMcpApi(authorizationServer, '/mcp', cors && { cors })
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
    ['an origin', CORS],
    ['all origins', { ...CORS, origins: '*' }],
  ] as const)(
    'the MCP client in a browser signs in and requests the scope of a 403 with a new sign-in, if cors() allows %s',
    async (_origins, cors) => {
      const { api, authProvider, client, createTransport } = await start(cors)
      const first = createTransport()
      await expect(client.connect(first)).rejects.toThrow(UnauthorizedError)
      const signIn = await authProvider.signIn()
      // The scope of the challenge. Without access to the challenge, the client would request all scopes of the metadata.
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
    ['without cors()', undefined, 'The preflight request got 401.'],
    [
      'if cors() allows another origin',
      { ...CORS, origins: ['https://other.example.com'] },
      'The origin is not allowed.',
    ],
    ...HEADERS.slice(0, 2).map(
      (name) =>
        [
          `if cors() does not allow ${name}`,
          { ...CORS, headers: HEADERS.filter((other) => other !== name) },
          `The header ${name.toLowerCase()} is not allowed.`,
        ] as const,
    ),
  ] as const)(
    'the MCP client in a browser cannot call the API %s',
    async (_when, cors, message) => {
      const { client, createTransport } = await start(cors)
      await expect(client.connect(createTransport())).rejects.toThrow(message)
    },
  )
})
