import { ReplayStoreError } from '@bearward/core'
import type { SendCommand } from './options.ts'
import { readText } from './replies.ts'

/** The replies to the command of a use, and to the `WAIT` that follows it on the same connection. */
export interface ConfirmedReply {
  readonly reply: unknown
  /** The number of replicas that have confirmed all writes of this connection. */
  readonly confirmed: unknown
}

/**
 * Sends the command of a use, and `WAIT` on the same connection. `limit` is the time of the use in milliseconds. The replicas get
 * half of it, so that the reply to `WAIT` arrives before the use ends.
 */
export async function sendWithWait(
  send: SendCommand,
  command: readonly string[],
  replicas: number,
  limit: number,
): Promise<ConfirmedReply> {
  const milliseconds = Math.max(1, Math.floor(limit / 2))
  const wait = ['WAIT', String(replicas), String(milliseconds)]
  const [reply, confirmed] = await send.sendTogether!([command, wait])
  return { reply, confirmed }
}

/**
 * Throws if a first use has not reached `replicas` replicas. If the client has sent the command again, the second command has
 * written nothing, so the reply to `WAIT` says nothing about the entry.
 */
export function assertConfirmed({ reply, confirmed }: ConfirmedReply, replicas: number): void {
  if (reply !== null)
    throw new ReplayStoreError(
      'failed',
      'the client repeated the command, so no replica confirmed it',
    )
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
  const text =
    typeof reply === 'number' || typeof reply === 'bigint' ? String(reply) : readText(reply)
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined
}
