/** The calls in one body, and the scopes that the tools of the server require. */
export interface Case {
  readonly calls: number
  readonly scopes: number
}

/** The measured cases, by name. Each call in a body calls a different tool. */
export const CASES = {
  'one call': { calls: 1, scopes: 20 },
  '100 calls, 20 scopes': { calls: 100, scopes: 20 },
  '100 calls, 100 scopes': { calls: 100, scopes: 100 },
} as const satisfies Readonly<Record<string, Case>>
export type CaseName = keyof typeof CASES
export const CASE_NAMES = Object.keys(CASES) as CaseName[]

/** Number of tools of the server. */
export const TOOLS = 1000
/** Scope that every request needs. */
export const FLOOR = 'mcp:use'

/** Creates the requirements of all tools. Each block of tools with consecutive numbers requires one scope. */
export function createTools(scopes: number): Record<string, { readonly scope: string }> {
  const tools = Array.from({ length: TOOLS }, (_, tool) => {
    const scope = toScope(Math.floor((tool * scopes) / TOOLS))
    return [toToolName(tool), { scope }] as const
  })
  return Object.fromEntries(tools)
}

/** Returns all scopes as the claim of a token. */
export function listScopes(scopes: number): string {
  return [FLOOR, ...Array.from({ length: scopes }, (_, scope) => toScope(scope))].join(' ')
}

/** A body, and the headers that clients send with it. */
export interface Message {
  readonly body: Uint8Array<ArrayBuffer>
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Creates the body of a request. A single call uses the version of the protocol that repeats the method and the tool in headers.
 * Several calls are a batch, which exists only in earlier versions. Together, the calls of a batch need all scopes.
 */
export function createMessage(calls: number): Message {
  if (calls === 1) {
    const version = '2026-07-28'
    const headers = {
      'mcp-protocol-version': version,
      'mcp-method': METHOD,
      'mcp-name': toToolName(0),
    }
    return { body: toBytes(createCall(0, createEnvelope(version))), headers }
  }
  const batch = Array.from({ length: calls }, (_, i) => createCall(i * (TOOLS / calls)))
  return { body: toBytes(batch), headers: { 'mcp-protocol-version': '2025-03-26' } }
}

const METHOD = 'tools/call'

function createCall(tool: number, more: object = {}): object {
  const filter = { status: 'open', labels: ['finance', 'urgent'] }
  const given = { query: `sales of the northern region in week ${tool}`, limit: 20, filter }
  const params = { name: toToolName(tool), arguments: given, ...more }
  return { jsonrpc: '2.0', id: tool, method: METHOD, params }
}

function createEnvelope(version: string): object {
  return {
    _meta: {
      'io.modelcontextprotocol/protocolVersion': version,
      'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1.0.0' },
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  }
}

function toToolName(tool: number): string {
  return `search_reports_${String(tool).padStart(3, '0')}`
}

function toScope(scope: number): string {
  return `reports:${String(scope).padStart(3, '0')}`
}

function toBytes(value: object): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value))
}
