import { ReplayStoreError } from '@bearward/core'
import type { Clock } from '@bearward/core/internal'
import { groupCalls } from './group-calls.ts'
import type { Pipeline } from './pipelines.ts'
import { getMovingSlot, readText } from './replies.ts'

/** An entry that the server has. */
export interface Entry {
  readonly key: string
  readonly value: string
  /** Milliseconds until the server removes the entry. */
  readonly ttl: number
}

/**
 * Resolves when the replicas have an entry. Rejects if too few replicas have confirmed the entry, or if the server no longer has the
 * entry.
 */
export type ConfirmEntry = (entry: Entry) => Promise<void>

/** The replies for one entry. */
interface Confirmation {
  /** The value that the server has for the key of the entry. */
  readonly stored: unknown
  /** Number of replicas that have the entry. */
  readonly confirmed: unknown
}

/** The confirmation of one entry, or the error of its commands. */
type Result = Confirmation | { readonly error: unknown }

/**
 * Returns a function that waits until replicas have confirmed an entry. While the server waits for its replicas, it executes no other
 * command of the connection. So entries that arrive during a `WAIT` are collected, and the next `WAIT` confirms all of them. In a
 * cluster, each primary has its own `WAIT`.
 *
 * `timeout` is the maximum time of a use in milliseconds. The server waits at most half as long.
 */
export function createConfirmEntry(
  pipeline: Pipeline,
  {
    replicas,
    timeout,
    clock,
  }: { readonly replicas: number; readonly timeout: number; readonly clock: Clock },
): ConfirmEntry {
  const wait = ['WAIT', String(replicas), String(Math.max(1, Math.floor(timeout / 2)))]

  /**
   * Sets the `ttl` of existing entries again, and waits for the replicas. These writes are necessary, because `WAIT` confirms nothing on
   * a connection without a write: the client may have written the entries on another connection. The writes do not change the values.
   * So the entry of another use keeps its own value, even if a client sends the commands again.
   */
  async function confirm(entries: readonly Entry[]): Promise<readonly Confirmation[]> {
    const writes = entries.map(({ key, ttl }) => ['GETEX', key, 'PX', String(ttl)])
    const replies = await pipeline.send([...writes, wait])
    const confirmed = replies[entries.length]
    return entries.map((_, index) => ({ stored: replies[index], confirmed }))
  }

  /**
   * Confirms the entries of one server. If the server refuses an entry because its slot moves to another server, confirms the other
   * entries again. A client can choose proofs for such a slot, and must not affect the other entries.
   */
  async function confirmGroup(entries: readonly Entry[]): Promise<readonly Result[]> {
    const end = clock.monotonic() + timeout / 2
    const refused = new Map<Entry, Result>()
    for (;;) {
      const rest = entries.filter((entry) => !refused.has(entry))
      try {
        const confirmations = rest.length > 0 ? await confirm(rest) : []
        return entries.map((entry) => refused.get(entry) ?? confirmations[rest.indexOf(entry)]!)
      } catch (error) {
        const slot = getMovingSlot(error)
        const moving = rest.filter(
          ({ key }) => slot !== undefined && pipeline.toSlot?.(key) === slot,
        )
        const isLate = clock.monotonic() >= end
        for (const entry of moving.length === 0 || isLate ? rest : moving)
          refused.set(entry, { error })
      }
    }
  }

  const toGroup = ({ key }: Entry) => pipeline.toServer(key)
  const confirmInGroup = groupCalls(confirmGroup, { toGroup, clock, limit: timeout })
  return async (entry) => assertConfirmed(await confirmInGroup(entry), entry.value, replicas)
}

/** Throws if the server no longer had the entry with this value, or if too few replicas have confirmed the entry. */
function assertConfirmed(result: Result, value: string, replicas: number): void {
  if ('error' in result) throw result.error
  const { stored, confirmed } = result
  if (readText(stored) !== value)
    throw new ReplayStoreError('unconfirmed', 'the entry was lost before replicas confirmed it')
  const count = readCount(confirmed)
  if (count === undefined)
    throw new ReplayStoreError('unconfirmed', 'the reply to WAIT has an unexpected type')
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
