import { ReplayStoreError } from '@bearward/core'
import type { SendPipeline } from './pipelines.ts'
import { readText } from './replies.ts'

/** Maximum milliseconds that a server waits for its replicas. A request waits at most twice as long for the store. */
const LONGEST = 500

/** The replies to the two commands of a confirmation. */
export type Confirmation = readonly unknown[]

/**
 * Writes an existing entry again, and waits until replicas have confirmed the writes of this connection. The write is necessary,
 * because `WAIT` confirms nothing on a connection without a write: the client may have written the entry on another connection.
 * `timeout` is the option.
 */
export async function confirmEntry(
  pipeline: SendPipeline,
  { key, value }: { readonly key: string; readonly value: string },
  { replicas, timeout }: { readonly replicas: number; readonly timeout: number },
): Promise<Confirmation> {
  const milliseconds = Math.max(1, Math.min(LONGEST, Math.floor(timeout / 2)))
  return pipeline(
    ['SET', key, value, 'XX', 'GET', 'KEEPTTL'],
    ['WAIT', String(replicas), String(milliseconds)],
  )
}

/** Throws unless the server still had the entry with this value, and the replicas have confirmed it. */
export function assertConfirmed(
  [earlier, confirmed]: Confirmation,
  value: string,
  replicas: number,
): void {
  if (readText(earlier) !== value)
    throw new ReplayStoreError('failed', 'the entry was lost before replicas confirmed it')
  const count = readCount(confirmed)
  if (count !== undefined && count >= replicas) return
  const shown = count === undefined ? 'an unknown number' : String(count)
  throw new ReplayStoreError(
    'failed',
    `${shown} of ${replicas} replicas confirmed the entry in time`,
  )
}

/** Reads a reply that is a number. Clients can be configured to return texts or bigints. */
function readCount(reply: unknown): number | undefined {
  const isNumber = typeof reply === 'number' || typeof reply === 'bigint'
  const text = isNumber ? String(reply) : readText(reply)
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined
}
