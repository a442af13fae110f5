import type { Cost } from '../micro/cost.ts'
import { startProgram } from '../processes.ts'
import { measurePrograms, type Size } from '../rounds.ts'
import type { CallerSetup } from './caller.ts'
import { CASE_NAMES, type CaseName } from './cases.ts'
import { MCP_CONTESTANTS } from './contestants.ts'

/** Costs of one request with a cached token, by case, contestant and round. */
export type McpResults = Record<CaseName, Record<string, Cost[]>>

const FULL: Size = { warmUp: 16_000, round: 1000, rounds: 25 }

/** Measures the cost of the guard of an MCP server. */
export async function measureMcp(size = FULL): Promise<McpResults> {
  const results = {} as McpResults
  for (const name of CASE_NAMES) results[name] = await measureCase(name, size)
  return results
}

/** Measures the contestants, each in its own process. */
async function measureCase(name: CaseName, size: Size): Promise<Record<string, Cost[]>> {
  const programs = await Promise.all(
    Object.keys(MCP_CONTESTANTS).map(async (contestant) => {
      const setup: CallerSetup = { contestant, name, size }
      return [contestant, await startProgram('./mcp/caller.js', setup)] as const
    }),
  )
  return measurePrograms(new Map(programs), size.rounds)
}
