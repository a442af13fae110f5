/** A message of JSON-RPC. */
export type Message = Readonly<Record<string, unknown>>

/** The first version with `Mcp-Method` and `Mcp-Name`. */
export const MODERN = '2026-07-28'
export const LEGACY = '2025-11-25'

/** Header lines with a version of the protocol. */
export const MODERN_LINE = `MCP-Protocol-Version: ${MODERN}`
export const LEGACY_LINE = `MCP-Protocol-Version: ${LEGACY}`

/** Returns a request as clients of older versions send it. */
export function request(method: unknown, params?: unknown): Message {
  return { jsonrpc: '2.0', id: 1, method, ...(params !== undefined && { params }) }
}

/** Returns a request of the current version. */
export function modern(method: string, params: object = {}): Message {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': MODERN,
    'io.modelcontextprotocol/clientCapabilities': {},
  }
  return request(method, { ...params, _meta })
}

/** Returns a call of a tool, as clients of older versions send it. */
export function call(name: unknown): Message {
  return request('tools/call', { name, arguments: {} })
}

export const LIST = call('list')
export const PURGE = call('purge')

/** Returns the header lines that clients send with a request of the current version. */
export function modernLines(method: string, name?: string): readonly string[] {
  const more = name === undefined ? [] : [`Mcp-Name: ${name}`]
  return [MODERN_LINE, `Mcp-Method: ${method}`, ...more]
}
