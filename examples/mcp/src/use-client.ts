import {
  Client,
  ClientCredentialsProvider,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client'
import { CRON } from './clients.ts'

/**
 * Calls an MCP server with the client of the SDK. The client knows only the issuer, the credentials of a machine, and the
 * address of the server. It gets a token after 401. After 403, it gets a token with the scope of the challenge.
 */
export async function useClient(issuer: string, address: string) {
  const authProvider = new ClientCredentialsProvider({
    clientId: CRON.id,
    clientSecret: CRON.secret,
    expectedIssuer: issuer,
  })
  const client = new Client({ name: 'notes-cron', version: '1.0.0' })
  const listTools = async () => (await client.listTools()).tools.map(({ name }) => name)
  const readScope = () => authProvider.tokens()?.scope
  try {
    await client.connect(new StreamableHTTPClientTransport(new URL(address), { authProvider }))
    const before = { scope: readScope(), tools: await listTools() }
    await client.callTool({ name: 'add_note', arguments: { text: 'tea' } })
    const after = { scope: readScope(), tools: await listTools() }
    return { before, after }
  } finally {
    await client.close()
  }
}
