import type { MemoryResults } from '../memory/memory.ts'
import { createTable } from './table.ts'

/** Default of `tokenCache.maxEntries`. The core does not export it. */
export const BEARWARD_ENTRIES = '5,000'

export function createMemorySection(results: MemoryResults): string[] {
  return [
    '### Memory',
    `A million HS256 tokens are verified, and each token is verified twice. Every row is one process and one round. \`heap\` is the
growth of the heap after a garbage collection, and \`peak\` is the highest memory use of the process. Each cache has the
default size of its library (Bearward: ${BEARWARD_ENTRIES} entries), so the figures are not costs per entry.`,
    createTable(
      ['', 'heap MB', 'peak MB'],
      Object.entries(results).map(([name, { heap, peak }]) => [
        name,
        (heap / 1e6).toFixed(1),
        (peak / 1e6).toFixed(0),
      ]),
    ),
  ]
}
