import { type RedisServer, startRedisServer } from '../../../test/support/redis-server.ts'

const SLOTS = 16_384

/** Starts a cluster of three primaries, each with a third of the slots. Resolves when all of them accept commands. */
export async function startCluster(): Promise<readonly RedisServer[]> {
  const args = ['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf']
  const nodes = await Promise.all(
    [0, 1, 2].map(() => startRedisServer({ args: [...args, '--cluster-node-timeout', '2000'] })),
  )
  for (const [i, node] of nodes.entries()) {
    const [start, end] = [i, i + 1].map((part) => Math.floor((part * SLOTS) / nodes.length))
    await node.command('CLUSTER', 'ADDSLOTSRANGE', String(start), String(end! - 1))
    await node.command('CLUSTER', 'SET-CONFIG-EPOCH', String(i + 1))
  }
  for (const node of nodes.slice(1))
    await node.command('CLUSTER', 'MEET', '127.0.0.1', String(nodes[0]!.port))
  for (const node of nodes) await untilReady(node)
  return nodes
}

const READY = /cluster_state:ok[^]*cluster_slots_ok:16384[^]*cluster_known_nodes:3/

/** Resolves when a server knows that the cluster is complete. Has no timeout, because the hook or the test has one. */
async function untilReady(node: RedisServer): Promise<void> {
  while (!READY.test(await node.command('CLUSTER', 'INFO')))
    await new Promise((resolve) => setTimeout(resolve, 20))
}
