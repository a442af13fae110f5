import { messageFrom, startProgram } from '../processes.ts'

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
  readonly verifier: 'none' | 'bearward' | 'bearward, no cache' | 'fast-jwt, cache'
  readonly tokens: number
}

const TOKENS = 1_000_000

/** What a million tokens leave behind: HS256, of which a million can be minted while one waits. */
export async function memory(): Promise<MemoryResults> {
  const verifiers: readonly Diet['verifier'][] = [
    'none',
    'bearward',
    'bearward, no cache',
    'fast-jwt, cache',
  ]
  const found: Record<string, Footprint> = {}
  for (const verifier of verifiers) {
    const diet: Diet = { verifier, tokens: TOKENS }
    const child = startProgram('./memory/million-tokens.js', diet, { flags: ['--expose-gc'] })
    found[verifier] = await messageFrom<Footprint>(child)
    child.kill()
  }
  return found
}
