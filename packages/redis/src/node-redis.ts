import type { SendCommand } from './options.ts'

/** The members of a client or a pool of `redis` that `fromNodeRedis` uses. */
export interface NodeRedisLike {
  sendCommand(args: string[]): Promise<unknown>
}

/** The members of a cluster of `redis` that `fromNodeRedis` uses. */
export interface NodeRedisClusterLike {
  sendCommand(
    key: string | undefined,
    isReadonly: boolean | undefined,
    args: string[],
  ): Promise<unknown>
  readonly masters: readonly object[]
  nodeClient(node: never): NodeRedisLike | Promise<NodeRedisLike>
}

/** The members of a Sentinel client of `redis` that `fromNodeRedis` uses. */
export interface NodeRedisSentinelLike {
  sendCommand(isReadonly: boolean | undefined, args: string[]): Promise<unknown>
  getSentinelNode(): unknown
}

/**
 * Returns the function that sends commands with a client of `redis` (node-redis) 5 and 6. `client` is the result of
 * `createClient`, `createClientPool`, `createCluster` or `createSentinel`. Call `connect()` of the client before the first
 * request.
 *
 * @example
 * const client = createClient({ url: 'rediss://redis.internal', disableOfflineQueue: true })
 * const replay = redisReplay({ send: fromNodeRedis(client) })
 */
export function fromNodeRedis(
  client: NodeRedisLike | NodeRedisClusterLike | NodeRedisSentinelLike,
): SendCommand {
  if (isCluster(client)) return (args) => sendToCluster(client, args)
  if (isSentinel(client)) return (args) => client.sendCommand(false, [...args])
  return (args) => client.sendCommand([...args])
}

type AnyClient = Parameters<typeof fromNodeRedis>[0]

function isCluster(client: AnyClient): client is NodeRedisClusterLike {
  return 'masters' in client
}

function isSentinel(client: AnyClient): client is NodeRedisSentinelLike {
  return 'getSentinelNode' in client
}

async function sendToCluster(
  cluster: NodeRedisClusterLike,
  args: readonly string[],
): Promise<unknown> {
  if (args[0] !== 'CONFIG') return cluster.sendCommand(args[1], false, [...args])
  // Each primary of a cluster has its own configuration.
  const send = async (node: object) =>
    (await cluster.nodeClient(node as never)).sendCommand([...args])
  return Promise.all(cluster.masters.map(send))
}
