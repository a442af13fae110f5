import { startProgram } from '../processes.ts'
import { HS256_VERIFIERS } from './verifiers.ts'

/** What one process has come to. All sizes are in bytes. */
export interface Footprint {
  /** By which the heap is larger after all tokens than before the first, garbage collected. */
  readonly heap: number
  /** The most memory the process has had at any time. */
  readonly peak: number
}

export type MemoryResults = Record<string, Footprint>

/** What a process of `million-tokens.ts` does. */
export interface Diet {
  readonly verifier: string
  readonly tokens: number
}

const TOKENS = 1_000_000

/** What a million tokens leave behind: HS256, of which a million can be minted while one waits. */
export async function memory(): Promise<MemoryResults> {
  const found: Record<string, Footprint> = {}
  for (const verifier of Object.keys(HS256_VERIFIERS)) {
    const diet: Diet = { verifier, tokens: TOKENS }
    const program = await startProgram('./memory/million-tokens.js', diet, {
      flags: ['--expose-gc'],
    })
    found[verifier] = await program.ask<Footprint>('footprint')
    await program.end()
  }
  return found
}
