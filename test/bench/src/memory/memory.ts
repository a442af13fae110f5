import { startProgram } from '../processes.ts'
import { HS256_VERIFIERS } from './verifiers.ts'

/** Memory use of one process, in bytes. */
export interface MemoryUse {
  /** Growth of the heap from the first token to the last token. Both sizes are measured after a garbage collection. */
  readonly heap: number
  /** Highest memory use of the process. */
  readonly peak: number
}

export type MemoryResults = Record<string, MemoryUse>

/** Argument of the program `million-tokens.ts`. */
export interface MemoryTask {
  readonly verifier: string
  readonly tokens: number
}

const TOKENS = 1_000_000

/** Measures the memory use after a million tokens. HS256 is used, because minting a million RS256 tokens takes too long. */
export async function measureMemory(): Promise<MemoryResults> {
  const results: MemoryResults = {}
  for (const verifier of Object.keys(HS256_VERIFIERS)) {
    const task: MemoryTask = { verifier, tokens: TOKENS }
    const program = await startProgram('./memory/million-tokens.js', task, {
      flags: ['--expose-gc'],
    })
    results[verifier] = await program.request<MemoryUse>('measure')
    await program.end()
  }
  return results
}
