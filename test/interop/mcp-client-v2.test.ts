import {
  auth,
  Client,
  ClientCredentialsProvider,
  discoverOAuthServerInfo,
  type OAuthClientProvider,
  type OAuthDiscoveryState,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from '@modelcontextprotocol/client'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { closing } from '../support/closing.ts'
import { ADD_NOTE, LIST_NOTES, type SdkVersion, startMcpApi } from './mcp-api.ts'
import { AppProvider } from './mcp-app-provider.ts'
import { testBatch } from './mcp-batch.ts'
import { METADATA, testDiscovery } from './mcp-discovery.ts'
import type { NotesApi } from './notes-api.ts'
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

/** Creates a client for the protocol of 2025 (`legacy`) or of 2026 (`auto`). */
const createClient = (mode: 'legacy' | 'auto' = 'auto') =>
  closing(new Client({ name: 'test', version: '1.0.0' }, { versionNegotiation: { mode } }))

/** The request with which a client finds that a server of version 1 does not support the protocol of 2026. */
const PROBE = 'POST /mcp 400'

/** Returns whether the client uses the protocol of 2025. */
const isLegacy = (mode: 'legacy' | 'auto', sdk: SdkVersion) => mode === 'legacy' || sdk === 1

const connectTo = ({ url }: NotesApi, authProvider: OAuthClientProvider) =>
  new StreamableHTTPClientTransport(url, { authProvider })

const createMachine = () =>
  new ClientCredentialsProvider({
    clientId: MACHINE.id,
    clientSecret: MACHINE.secret,
    expectedIssuer: authorizationServer.issuer,
  })

const createApp = () =>
  new AppProvider<StoredOAuthClientInformation, StoredOAuthTokens, OAuthDiscoveryState>()

const result = (text: string) => expect.objectContaining({ content: [{ type: 'text', text }] })

describe('the MCP client of version 2', () => {
  it.each([
    ['legacy', '/mcp', 2],
    ['legacy', '/mcp', 1],
    ['legacy', '', 2],
    ['auto', '/mcp', 2],
    ['auto', '/mcp', 1],
    ['auto', '/tenants/a/mcp', 2],
    ['auto', '', 2],
  ] as const)(
    'the MCP client of version 2 with the protocol %s calls the path "%s" of a server of version %i as a machine, with tokens for the scopes of the challenges',
    async (mode, path, sdk) => {
      const api = await startMcpApi(authorizationServer, path, { sdk })
      const authProvider = createMachine()
      const client = createClient(mode)
      await client.connect(connectTo(api, authProvider))

      expect(authProvider.tokens()?.scope).toBe('notes:read')
      expect(await client.callTool({ name: LIST_NOTES })).toEqual(result('the notes of notes-cron'))
      expect(await client.callTool({ name: ADD_NOTE })).toEqual(result('a new note of notes-cron'))
      expect(authProvider.tokens()?.scope).toBe('notes:read notes:write')
      const at = path === '' ? '/' : path
      const handshake = [`POST ${at} 200`, `POST ${at} 202`, `GET ${at} 405`]
      expect(api.requests).toEqual([
        `POST ${at} 401`,
        `${METADATA}${path} 200`,
        ...(sdk === 1 && mode === 'auto' ? [PROBE] : []),
        ...(isLegacy(mode, sdk) ? handshake : [`POST ${at} 200`]),
        `POST ${at} 200`,
        `POST ${at} 403`,
        `${METADATA}${path} 200`,
        `POST ${at} 200`,
      ])
    },
  )

  it.each([
    ['legacy', 2],
    ['legacy', 1],
    ['auto', 2],
    ['auto', 1],
  ] as const)(
    'the MCP client of version 2 with the protocol %s registers an app, and signs in again for the scope of a 403 from a server of version %i',
    async (mode, sdk) => {
      const api = await startMcpApi(authorizationServer, '/mcp', { sdk })
      authorizationServer.requests.splice(0)
      const authProvider = createApp()
      const client = createClient(mode)

      const first = connectTo(api, authProvider)
      await expect(client.connect(first)).rejects.toThrow(UnauthorizedError)
      const signIn = await authProvider.signIn()
      expect(signIn).toMatchObject({ scope: 'notes:read', resource: api.resource })
      await first.finishAuth(signIn.response)
      const transport = connectTo(api, authProvider)
      await client.connect(transport)
      expect(await client.callTool({ name: LIST_NOTES })).toEqual(result('the notes of user-ada'))

      // The client has a refresh token, but does not use it, because the challenge names another scope.
      expect(authProvider.tokens()?.refresh_token).toBeDefined()
      await expect(client.callTool({ name: ADD_NOTE })).rejects.toThrow(UnauthorizedError)
      const stepUp = await authProvider.signIn()
      expect(stepUp).toMatchObject({ scope: 'notes:read notes:write', resource: api.resource })
      await transport.finishAuth(stepUp.response)
      expect(await client.callTool({ name: ADD_NOTE })).toEqual(result('a new note of user-ada'))

      expect(api.requests.filter((request) => request.includes(' 4'))).toEqual([
        'POST /mcp 401',
        ...(sdk === 1 && mode === 'auto' ? [PROBE] : []),
        ...(isLegacy(mode, sdk) ? ['GET /mcp 405'] : []),
        'POST /mcp 403',
      ])
      // The `AppProvider` stores the result of the discovery.
      expect(api.requests.filter((request) => request.startsWith(METADATA))).toEqual([
        `${METADATA}/mcp 200`,
      ])
      expect(authorizationServer.requests.slice(0, 2)).toEqual([
        'GET /.well-known/oauth-authorization-server 200',
        'POST /reg 201',
      ])
      expect(authorizationServer.requests).not.toContainEqual(expect.stringMatching(/ [45]\d\d$/))
    },
  )

  it('the MCP client of version 2 refreshes a token that the API refuses with invalid_token', async () => {
    const api = await startMcpApi(authorizationServer)
    const authProvider = createApp()
    const client = createClient()
    const first = connectTo(api, authProvider)
    await expect(client.connect(first)).rejects.toThrow(UnauthorizedError)
    await first.finishAuth((await authProvider.signIn()).response)
    await client.connect(connectTo(api, authProvider))

    authProvider.saveTokens({ ...authProvider.tokens()!, access_token: 'x.y.z' })
    expect(await client.callTool({ name: LIST_NOTES })).toEqual(result('the notes of user-ada'))
    expect(api.requests.slice(-2)).toEqual(['POST /mcp 401', 'POST /mcp 200'])
    expect(authorizationServer.requests.at(-1)).toBe('POST /token 200')
  })

  it('the MCP client of version 2 gets a token that the server accepts if the client writes the resource with a slash at the end', async () => {
    const api = await startMcpApi(authorizationServer, '')
    authorizationServer.resources.add(`${api.resource}/`)
    const authProvider = Object.assign(createMachine(), {
      validateResourceURL: async (_url: string | URL, resource?: string) => new URL(resource!),
    })
    expect(await auth(authProvider, { serverUrl: api.url, scope: 'notes:read' })).toBe('AUTHORIZED')
    const client = createClient()
    await client.connect(connectTo(api, authProvider))
    expect(await client.callTool({ name: LIST_NOTES })).toEqual(result('the notes of notes-cron'))
    expect(api.requests).not.toContainEqual(expect.stringMatching(/ 401$/))
  })
})

describe('the transport of version 2', () => {
  testBatch(
    2,
    (url) => {
      const authProvider = createApp()
      const transport = new StreamableHTTPClientTransport(url, { authProvider })
      return {
        transport,
        async signIn() {
          const { scope, response } = await authProvider.signIn()
          await transport.finishAuth(response)
          return scope
        },
      }
    },
    UnauthorizedError,
    () => authorizationServer,
  )
})

describe('discoverOAuthServerInfo of version 2', () => {
  testDiscovery(2, discoverOAuthServerInfo, () => authorizationServer)
})
