import type { MemoryResults } from '../memory/memory.ts'
import { table } from './table.ts'

/** The default of `tokenCache`, which the core does not export. */
export const BEARWARD_ENTRIES = '5,000'

export function memorySection(found: MemoryResults): string[] {
  return [
    '### Memory',
    `A million HS256 tokens, each of them twice: what they leave on the heap, and the most memory the process has had, in one process
each and one round. The caches have the size that each library gives them by default (Bearward: ${BEARWARD_ENTRIES} entries), so
these are not costs an entry.`,
    table(
      ['', 'heap MB', 'peak MB'],
      Object.entries(found).map(([name, { heap, peak }]) => [
        name,
        (heap / 1e6).toFixed(1),
        (peak / 1e6).toFixed(0),
      ]),
    ),
  ]
}
