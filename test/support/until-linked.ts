import type { RedisServer } from './redis-server.ts'

/** Resolves when a replica has got the data of its primary. Has no timeout, because the hook or the test has one. */
export async function untilLinked(replica: RedisServer): Promise<void> {
  while (!(await replica.command('INFO', 'replication')).includes('master_link_status:up'))
    await new Promise((resolve) => setTimeout(resolve, 20))
}
