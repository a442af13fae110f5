/** Names and numbers of the Model Context Protocol. */

/** The first version without sessions and with `Mcp-Method` and `Mcp-Name`. Versions are dates, so they can be compared as text. */
export const MODERN_VERSION = '2026-07-28'

/** The versions before `MODERN_VERSION`. */
export const OLDER_VERSIONS: readonly string[] = [
  '2024-11-05',
  '2025-03-26',
  '2025-06-18',
  '2025-11-25',
]

/** The member of `params._meta` with the version of a request. Only requests of `MODERN_VERSION` and later have it. */
export const VERSION_MEMBER = 'io.modelcontextprotocol/protocolVersion'

/** Error codes of JSON-RPC and of the Model Context Protocol. */
export const ERROR_CODES = {
  parseError: -32_700,
  invalidRequest: -32_600,
  headerMismatch: -32_020,
  unsupportedVersion: -32_022,
} as const

/** Request headers that clients in browsers send, in addition to those that every API with tokens accepts. */
export const REQUEST_HEADERS: readonly string[] = [
  'MCP-Protocol-Version',
  'Mcp-Method',
  'Mcp-Name',
  'Mcp-Session-Id',
  'Last-Event-ID',
]

/** Response headers that clients in browsers read. */
export const RESPONSE_HEADERS: readonly string[] = ['Mcp-Session-Id', 'MCP-Protocol-Version']

/** Methods of HTTP that the transports use. */
export const HTTP_METHODS: readonly string[] = ['GET', 'POST', 'DELETE']

/** The id of a request. `null` if it is unknown (JSON-RPC 2.0 section 5). */
export type MessageId = string | number | null

/** Returns the body of an error response. A client assigns the response to its request by the id. */
export function toErrorBody(code: number, message: string, id: MessageId, data?: object): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code, message, data } })
}
