import type { RedisServer } from './redis-server.ts'

/** Resolves when a replica has got the data of its primary. Has no timeout, because the hook or the test has one. */
export async function untilLinked(replica: RedisServer): Promise<void> {
  while (!(await replica.command('INFO', 'replication')).includes('master_link_status:up'))
    await new Promise((resolve) => setTimeout(resolve, 20))
}

/**
 * Resolves when the replica of a primary has confirmed a write. A replica that has got the data receives the first writes up to a
 * second later. Has no timeout, because the hook or the test has one.
 */
export async function untilConfirming(primary: RedisServer): Promise<void> {
  await primary.command('SET', 'first', '1')
  await primary.command('DEL', 'first')
  for (;;) {
    const info = await primary.command('INFO', 'replication')
    const [written, confirmed] = [/master_repl_offset:(\d+)/, /slave0:.*offset=(\d+)/].map(
      (pattern) => Number(pattern.exec(info)?.[1]),
    )
    if (confirmed! >= written!) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
