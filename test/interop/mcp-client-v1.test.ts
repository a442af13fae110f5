import {
  auth,
  discoverOAuthServerInfo,
  type OAuthDiscoveryState,
  UnauthorizedError,
} from '@modelcontextprotocol/sdk/client/auth.js'
import { ClientCredentialsProvider } from '@modelcontextprotocol/sdk/client/auth-extensions.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type {
  OAuthClientInformationMixed,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { closing } from '../support/closing.ts'
import { ADD_NOTE, LIST_NOTES, startMcpApi } from './mcp-api.ts'
import { AppProvider } from './mcp-app-provider.ts'
import { testBatch } from './mcp-batch.ts'
import { METADATA, testDiscovery } from './mcp-discovery.ts'
import {
  MACHINE,
  type NotesAuthorizationServer,
  startNotesAuthorizationServer,
} from './notes-authorization-server.ts'

let authorizationServer: NotesAuthorizationServer

beforeAll(async () => {
  authorizationServer = await startNotesAuthorizationServer()
})
afterAll(() => authorizationServer.close())

// The SDK writes a warning if it falls back to another behavior.
const warn = vi.spyOn(console, 'warn')
afterEach(() => expect(warn).not.toHaveBeenCalled())

const createClient = () => closing(new Client({ name: 'test', version: '1.0.0' }))

const createMachine = (scope: string) =>
  new ClientCredentialsProvider({
    clientId: MACHINE.id,
    clientSecret: MACHINE.secret,
    expectedIssuer: authorizationServer.issuer,
    scope,
  })

const createApp = () =>
  new AppProvider<OAuthClientInformationMixed, OAuthTokens, OAuthDiscoveryState>()

const result = (text: string) => ({ content: [{ type: 'text', text }] })

describe('the MCP client of version 1', () => {
  it.each([
    ['/mcp', 2],
    ['/mcp', 1],
    ['/tenants/a/mcp', 2],
    ['', 2],
  ] as const)(
    'the MCP client of version 1 gets a token of a machine, and calls both tools at the path "%s" of a server of version %i',
    async (path, sdk) => {
      const api = await startMcpApi(authorizationServer, path, { sdk })
      const authProvider = createMachine('notes:write')
      const client = createClient()
      await client.connect(new StreamableHTTPClientTransport(api.url, { authProvider }))

      expect(await client.callTool({ name: LIST_NOTES })).toEqual(result('the notes of notes-cron'))
      expect(await client.callTool({ name: ADD_NOTE })).toEqual(result('a new note of notes-cron'))
      const at = path === '' ? '/' : path
      expect(api.requests).toEqual([
        `POST ${at} 401`,
        `${METADATA}${path} 200`,
        `POST ${at} 200`,
        `POST ${at} 202`,
        `GET ${at} 405`,
        `POST ${at} 200`,
        `POST ${at} 200`,
      ])
    },
  )

  it('the MCP client of version 1 gets another token of a machine after 403, with the scope in its client metadata', async () => {
    const api = await startMcpApi(authorizationServer)
    const authProvider = createMachine('notes:read')
    const client = createClient()
    await client.connect(new StreamableHTTPClientTransport(api.url, { authProvider }))

    authProvider.clientMetadata.scope = 'notes:write'
    expect(await client.callTool({ name: ADD_NOTE })).toEqual(result('a new note of notes-cron'))
    expect(api.requests.slice(-3)).toEqual([
      'POST /mcp 403',
      `${METADATA}/mcp 200`,
      'POST /mcp 200',
    ])
  })

  it.each([1, 2] as const)(
    'the MCP client of version 1 registers an app, signs its user in, and signs in again for the scopes of a 403 from a server of version %i',
    async (sdk) => {
      const api = await startMcpApi(authorizationServer, '/mcp', { sdk })
      authorizationServer.requests.splice(0)
      const authProvider = createApp()
      const client = createClient()

      const first = new StreamableHTTPClientTransport(api.url, { authProvider })
      await expect(client.connect(first)).rejects.toThrow(UnauthorizedError)
      const signIn = await authProvider.signIn()
      expect(signIn).toMatchObject({ scope: 'notes:read', resource: api.resource })
      await first.finishAuth(signIn.code)
      const transport = new StreamableHTTPClientTransport(api.url, { authProvider })
      await client.connect(transport)
      expect(await client.callTool({ name: LIST_NOTES })).toEqual(result('the notes of user-ada'))

      await expect(client.callTool({ name: ADD_NOTE })).rejects.toThrow(UnauthorizedError)
      const stepUp = await authProvider.signIn()
      expect(stepUp).toMatchObject({ scope: 'notes:read notes:write', resource: api.resource })
      await transport.finishAuth(stepUp.code)
      expect(await client.callTool({ name: ADD_NOTE })).toEqual(result('a new note of user-ada'))
      // This client requests only the scopes of the challenge. The challenge also contains the scope of the other tool.
      expect(await client.callTool({ name: LIST_NOTES })).toEqual(result('the notes of user-ada'))

      expect(api.requests).toEqual([
        'POST /mcp 401',
        `${METADATA}/mcp 200`,
        // The `AppProvider` stores the result of the discovery.
        'POST /mcp 200',
        'POST /mcp 202',
        'GET /mcp 405',
        'POST /mcp 200',
        'POST /mcp 403',
        'POST /mcp 200',
        'POST /mcp 200',
      ])
      expect(authorizationServer.requests.slice(0, 2)).toEqual([
        'GET /.well-known/oauth-authorization-server 200',
        'POST /reg 201',
      ])
      expect(authorizationServer.requests).not.toContainEqual(expect.stringMatching(/ [45]\d\d$/))
    },
  )

  it('the MCP client of version 1 gets a token that the server accepts if the client writes the resource with a slash at the end', async () => {
    const api = await startMcpApi(authorizationServer, '')
    authorizationServer.resources.add(`${api.resource}/`)
    const authProvider = Object.assign(createMachine('notes:read'), {
      validateResourceURL: async (_url: string | URL, resource?: string) => new URL(resource!),
    })
    expect(await auth(authProvider, { serverUrl: api.url })).toBe('AUTHORIZED')
    const client = createClient()
    await client.connect(new StreamableHTTPClientTransport(api.url, { authProvider }))
    expect(await client.callTool({ name: LIST_NOTES })).toEqual(result('the notes of notes-cron'))
    expect(api.requests).not.toContainEqual(expect.stringMatching(/ 401$/))
  })
})

describe('the transport of version 1', () => {
  testBatch(
    1,
    (url) => {
      const authProvider = createApp()
      const transport = new StreamableHTTPClientTransport(url, { authProvider })
      return {
        transport,
        async signIn() {
          const { scope, code } = await authProvider.signIn()
          await transport.finishAuth(code)
          return scope
        },
      }
    },
    UnauthorizedError,
    () => authorizationServer,
  )
})

describe('discoverOAuthServerInfo of version 1', () => {
  testDiscovery(1, discoverOAuthServerInfo, () => authorizationServer)
})
