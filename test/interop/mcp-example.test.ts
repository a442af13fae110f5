import { Client as Client2 } from '@modelcontextprotocol/client'
import { StreamableHTTPClientTransport as Transport2 } from '@modelcontextprotocol/client'
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as Transport1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ADA, GRACE } from '../../examples/mcp/src/clients.ts'
import { callTool, MESSAGE_HEADERS } from '../../examples/mcp/src/requests.ts'
import { type Servers, startServers } from '../../examples/mcp/src/start-servers.ts'
import { getUserToken } from '../../examples/mcp/src/tokens.ts'
import { closing } from '../support/closing.ts'
import { noteSecret } from '../support/secrets.ts'

let servers: Servers

beforeAll(async () => {
  vi.spyOn(console, 'log').mockImplementation(() => {})
  vi.spyOn(console, 'info').mockImplementation(() => {})
  servers = await startServers()
})
afterAll(() => servers.close())

const toHeaders = (token: string) => ({ authorization: `Bearer ${token}` })

async function getToken(user: typeof ADA, resource: string, scope: string): Promise<string> {
  const token = await getUserToken(servers.issuer, user, resource, scope)
  noteSecret(token)
  return token
}

/** A client of a version of the SDK that is connected to a server. */
interface ConnectedClient {
  readonly sessionId: string | undefined
  listTools(): Promise<readonly string[]>
  /** Returns the content of the result. Rejects if the server refuses the call. */
  callTool(name: string, input: Record<string, unknown>): Promise<unknown>
}

/** Connects a client. With a session id, it continues this session. */
async function connect(
  version: 1 | 2,
  url: string,
  token: string,
  sessionId?: string,
): Promise<ConnectedClient> {
  const options = { requestInit: { headers: toHeaders(token) }, ...(sessionId && { sessionId }) }
  const info = { name: 'test', version: '1.0.0' }
  if (version === 1) {
    const client = closing(new Client1(info))
    const transport = new Transport1(new URL(url), options)
    await client.connect(transport)
    return toConnected(client, transport)
  }
  const client = closing(new Client2(info, { versionNegotiation: { mode: 'auto' } }))
  const transport = new Transport2(new URL(url), options)
  await client.connect(transport)
  return toConnected(client, transport)
}

function toConnected(
  client: Client1 | Client2,
  transport: Transport1 | Transport2,
): ConnectedClient {
  return {
    sessionId: transport.sessionId,
    async listTools() {
      const { tools } = await client.listTools()
      return tools.map(({ name }) => name)
    },
    async callTool(name, input) {
      const { content } = await client.callTool({ name, arguments: input })
      return content
    },
  }
}

const TEA = { text: 'tea' }
const text = (value: string) => [{ type: 'text', text: value }]

describe('examples/mcp', () => {
  it.each([
    [1, 1],
    [1, 2],
    [2, 1],
    [2, 2],
  ] as const)(
    'the example server of version %i lists and runs the tools that the token of a client of version %i allows',
    async (server, version) => {
      const url = server === 1 ? servers.version1 : servers.version2
      const token = await getToken(ADA, url, 'notes:read notes:write')
      const client = await connect(version, url, token)
      expect(await client.listTools()).toEqual(['search_notes', 'add_note'])
      expect(await client.callTool('add_note', TEA)).toEqual(text('The note was added.'))
      await expect(client.callTool('purge_notes', {})).rejects.toThrow(/scope/)

      const reader = await connect(version, url, await getToken(ADA, url, 'notes:read'))
      expect(await reader.listTools()).toEqual(['search_notes'])
      await expect(reader.callTool('add_note', TEA)).rejects.toThrow(/scope/)
    },
  )

  it.each([1, 2] as const)(
    'MCP-14: a client of version %i that sends the session id of another user gets 404 from the example server',
    async (version) => {
      const url = servers.version1
      const scope = 'notes:read notes:write'
      const ada = await connect(version, url, await getToken(ADA, url, scope))
      expect(ada.sessionId).toBeDefined()

      const graceToken = await getToken(GRACE, url, scope)
      const grace = await connect(version, url, graceToken, ada.sessionId)
      await expect(grace.callTool('search_notes', TEA)).rejects.toThrow(/Session not found|404/)
      // The session continues for its owner.
      expect(await ada.callTool('add_note', TEA)).toEqual(text('The note was added.'))
    },
  )

  it.each(['POST', 'GET', 'DELETE'])(
    'MCP-14: the example server responds with 404 to a %s request with the session id of another user, and with 401 without a token',
    async (method) => {
      const url = servers.version1
      const scope = 'notes:read'
      const { sessionId = '', ...ada } = await connect(1, url, await getToken(ADA, url, scope))
      const send = (headers: Record<string, string>) =>
        fetch(url, {
          method,
          headers: { ...MESSAGE_HEADERS, ...headers, 'mcp-session-id': sessionId },
          ...(method === 'POST' && { body: JSON.stringify(callTool('search_notes', TEA)) }),
        })
      const response = await send(toHeaders(await getToken(GRACE, url, scope)))
      expect(response.status).toBe(404)
      expect(await response.json()).toMatchObject({ error: { code: -32001 } })
      expect((await send({})).status).toBe(401)
      // The refused requests, such as DELETE, have not ended the session.
      expect(await ada.listTools()).toEqual(['search_notes'])
    },
  )

  it('MCP-14: the example server accepts a session id with another token of the same user, and refuses it after the session is deleted', async () => {
    const url = servers.version1
    const { sessionId } = await connect(1, url, await getToken(ADA, url, 'notes:read'))
    const scope = 'notes:read notes:write'
    const again = await connect(1, url, await getToken(ADA, url, scope), sessionId)
    expect(await again.listTools()).toEqual(['search_notes', 'add_note'])

    const headers = { ...toHeaders(await getToken(ADA, url, scope)), 'mcp-session-id': sessionId! }
    expect((await fetch(url, { method: 'DELETE', headers })).status).toBe(200)
    await expect(again.listTools()).rejects.toThrow(/Session not found|404/)
  })
})
