import { ReplayStoreError } from '@bearward/core'
import type { Clock } from '@bearward/core/internal'
import { groupCalls } from './group-calls.ts'
import type { Pipeline } from './pipelines.ts'
import { readText } from './replies.ts'

/**
 * Maximum milliseconds that a server waits for its replicas. The core waits at most twice as long for the store: see
 * `replayStoreTime`.
 */
const LONGEST = 500

/** An entry that the server has. */
export interface Entry {
  readonly key: string
  readonly value: string
}

/**
 * Resolves when the replicas have an entry. Rejects if too few replicas have confirmed the entry, or if the server no longer has the
 * entry.
 */
export type ConfirmEntry = (entry: Entry) => Promise<void>

/** The replies for one entry. */
interface Confirmation {
  /** The value that the server had for the key of the entry. */
  readonly earlier: unknown
  /** Number of replicas that have the entry. */
  readonly confirmed: unknown
}

/**
 * Returns a function that waits until replicas have confirmed an entry. While the server waits for its replicas, it executes no other
 * command of the connection. So entries that arrive during a `WAIT` are collected, and the next `WAIT` confirms all of them. In a
 * cluster, each entry has its own `WAIT`.
 *
 * `timeout` is the option of the store, in milliseconds. The limit of `WAIT` is half of this time, but at least 1 ms and at most
 * 500 ms.
 */
export function createConfirmEntry(
  pipeline: Pipeline,
  {
    replicas,
    timeout,
    clock,
  }: { readonly replicas: number; readonly timeout: number; readonly clock: Clock },
): ConfirmEntry {
  const milliseconds = Math.max(1, Math.min(LONGEST, Math.floor(timeout / 2)))
  const wait = ['WAIT', String(replicas), String(milliseconds)]

  /**
   * Writes existing entries again, and waits for the replicas. The writes are necessary, because `WAIT` confirms nothing on a connection
   * without a write: the client may have written the entries on another connection.
   */
  async function confirm(entries: readonly Entry[]): Promise<readonly Confirmation[]> {
    const writes = entries.map(({ key, value }) => ['SET', key, value, 'XX', 'GET', 'KEEPTTL'])
    const replies = await pipeline.send([...writes, wait])
    const confirmed = replies[entries.length]
    return entries.map((_, index) => ({ earlier: replies[index], confirmed }))
  }

  const confirmInGroup = groupCalls(confirm, { clock, limit: timeout })
  const confirmOne = async (entry: Entry) => (await confirm([entry]))[0]!
  const confirmEntry = pipeline.takesSeveralKeys ? confirmInGroup : confirmOne
  return async (entry) => assertConfirmed(await confirmEntry(entry), entry.value, replicas)
}

/** Throws if the server no longer had the entry with this value, or if too few replicas have confirmed the entry. */
function assertConfirmed(
  { earlier, confirmed }: Confirmation,
  value: string,
  replicas: number,
): void {
  if (readText(earlier) !== value)
    throw new ReplayStoreError('failed', 'the entry was lost before replicas confirmed it')
  const count = readCount(confirmed)
  if (count === undefined)
    throw new ReplayStoreError('failed', 'the reply to WAIT has an unexpected type')
  if (count < replicas)
    throw new ReplayStoreError(
      'unconfirmed',
      `${count} of ${replicas} replicas confirmed the entry in time`,
    )
}

/** Reads a reply that is a number. Clients can be configured to return texts or bigints. */
function readCount(reply: unknown): number | undefined {
  const isNumber = typeof reply === 'number' || typeof reply === 'bigint'
  const text = isNumber ? String(reply) : readText(reply)
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined
}
