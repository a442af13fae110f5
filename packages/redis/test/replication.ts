import { expect } from 'vitest'
import type { RedisServer } from '../../../test/support/redis-server.ts'

/** Resolves when a replica has got the data of its primary. */
export async function untilLinked(replica: RedisServer): Promise<void> {
  await expect
    .poll(() => replica.command('INFO', 'replication'), { timeout: 30_000 })
    .toContain('master_link_status:up')
}
