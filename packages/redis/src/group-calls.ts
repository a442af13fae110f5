import { type Clock, runDetached } from '@bearward/core/internal'
import { startBoundedWait } from './bounded-wait.ts'

/** Handles several items. Resolves with one result for each item, in the same order. */
export type GroupCall<Item, Result> = (items: readonly Item[]) => Promise<readonly Result[]>

interface GroupOptions<Item> {
  /** Returns the group of an item. Each call handles items of one group. `undefined`: the item is handled alone. */
  readonly toGroup: (item: Item) => unknown
  readonly clock: Clock
  /** Milliseconds after which a call no longer delays the next call of its group. */
  readonly limit: number
}

/**
 * Returns a function that handles one item with `call`. While a call for a group runs, new items of the group wait for the next call,
 * which then handles all of them.
 */
export function groupCalls<Item, Result>(
  call: GroupCall<Item, Result>,
  { toGroup, clock, limit }: GroupOptions<Item>,
): (item: Item) => Promise<Result> {
  /** The waiting items of each group for which a call runs. */
  const groups = new Map<unknown, Waiting<Item, Result>[]>()

  async function callUntilNoneWait(group: unknown, first: Waiting<Item, Result>): Promise<void> {
    let items = [first]
    while (items.length > 0) {
      groups.set(group, [])
      const wait = startBoundedWait(clock, limit)
      await wait.race(settle(items, call))
      wait.end()
      items = groups.get(group)!
    }
    groups.delete(group)
  }

  return (item) =>
    new Promise((resolve, reject) => {
      const waiting = { item, resolve, reject }
      const group = toGroup(item)
      if (group === undefined) void settle([waiting], call)
      else if (groups.has(group)) groups.get(group)!.push(waiting)
      else void runDetached(() => callUntilNoneWait(group, waiting))
    })
}

interface Waiting<Item, Result> {
  readonly item: Item
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/** Settles each item with its result, or with the error of the call. Never rejects. */
async function settle<Item, Result>(
  items: readonly Waiting<Item, Result>[],
  call: GroupCall<Item, Result>,
): Promise<void> {
  try {
    const results = await call(items.map(({ item }) => item))
    for (const [index, { resolve }] of items.entries()) resolve(results[index]!)
  } catch (error) {
    for (const { reject } of items) reject(error)
  }
}
