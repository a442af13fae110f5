/** Headers that each message needs. */
export const MESSAGE_HEADERS = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
}

/** The first message of a session. */
export const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'example', version: '1.0.0' },
  },
}

/** Returns a message that calls a tool. */
export function callTool(name: string, input: object = {}): object {
  return { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: input } }
}

/** A response of an MCP server. */
export interface McpResponse {
  readonly status: number
  readonly headers: Headers
  /** The text in the result of a tool. */
  readonly text: string | undefined
}

/** Sends a message. `token` is `undefined` for a request without credentials. */
export async function send(
  address: string,
  message: object,
  token: string | undefined,
  more: Readonly<Record<string, string>> = {},
): Promise<McpResponse> {
  const response = await fetch(address, {
    method: 'POST',
    headers: {
      ...MESSAGE_HEADERS,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...more,
    },
    body: JSON.stringify(message),
  })
  const { status, headers } = response
  return { status, headers, text: /"text":"([^"]*)"/.exec(await response.text())?.[1] }
}

/** Begins a session. Returns the header for the next messages of the session. */
export async function beginSession(
  address: string,
  token: string,
): Promise<Readonly<Record<string, string>>> {
  const { headers } = await send(address, INITIALIZE, token)
  return { 'mcp-session-id': headers.get('mcp-session-id') ?? '' }
}

/** Returns a parameter of the challenge of a response. */
export function readChallenge({ headers }: McpResponse, parameter: string): string | undefined {
  const challenge = headers.get('www-authenticate') ?? ''
  return new RegExp(`\\b${parameter}="([^"]*)"`).exec(challenge)?.[1]
}
