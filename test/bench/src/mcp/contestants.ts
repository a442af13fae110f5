import type { McpContestant } from './contestant.ts'

export const MCP_GUARD = 'bearward, MCP guard'
/** The guard of `@bearward/fetch`, with a handler that parses the body. */
export const TOKEN_GUARD = 'bearward, then JSON.parse'

/** Both contestants load the same code of `@bearward/core`. */
export const MCP_CONTESTANTS: Readonly<Record<string, () => Promise<McpContestant>>> = {
  [TOKEN_GUARD]: async () => (await import('./bearward.ts')).tokenGuard,
  [MCP_GUARD]: async () => (await import('./bearward.ts')).mcpGuard,
}
