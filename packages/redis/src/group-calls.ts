import type { Clock } from '@bearward/core/internal'
import { startBoundedWait } from './bounded-wait.ts'

/** Handles a group of items. Resolves with one result for each item, in the same order. */
export type GroupCall<Item, Result> = (items: readonly Item[]) => Promise<readonly Result[]>

/**
 * Returns a function that handles one item with `call`. While a call runs, new items wait for the next call, which then handles all of
 * them. A call that takes longer than `limit` milliseconds no longer delays the next one.
 */
export function groupCalls<Item, Result>(
  call: GroupCall<Item, Result>,
  { clock, limit }: { readonly clock: Clock; readonly limit: number },
): (item: Item) => Promise<Result> {
  let waiting: Waiting<Item, Result>[] = []
  let isRunning = false

  async function callUntilNoneWait(): Promise<void> {
    isRunning = true
    while (waiting.length > 0) {
      const group = waiting
      waiting = []
      const wait = startBoundedWait(clock, limit)
      await wait.race(settle(group, call))
      wait.end()
    }
    isRunning = false
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      if (!isRunning) void callUntilNoneWait()
    })
}

interface Waiting<Item, Result> {
  readonly item: Item
  resolve(result: Result): void
  reject(error: unknown): void
}

/** Settles each member of a group with its result, or with the error of the call. Never rejects. */
async function settle<Item, Result>(
  group: readonly Waiting<Item, Result>[],
  call: GroupCall<Item, Result>,
): Promise<void> {
  try {
    const results = await call(group.map(({ item }) => item))
    for (const [index, { resolve }] of group.entries()) resolve(results[index]!)
  } catch (error) {
    for (const { reject } of group) reject(error)
  }
}
