import type { SendCommand } from './options.ts'

/** Commands that a client of `redis` sends on one connection. */
export interface NodeRedisPipeline<Arguments extends readonly unknown[]> {
  addCommand(...args: Arguments): unknown
  execAsPipeline(): Promise<unknown>
}

/** The members of a client or a pool of `redis` that `fromNodeRedis` uses. */
export interface NodeRedisLike {
  sendCommand(args: string[]): Promise<unknown>
  multi(): NodeRedisPipeline<[args: string[]]>
}

/** The members of a cluster of `redis` that `fromNodeRedis` uses. */
export interface NodeRedisClusterLike {
  multi(): NodeRedisPipeline<
    [key: string | undefined, isReadonly: boolean | undefined, args: string[]]
  >
  sendCommand(
    key: string | undefined,
    isReadonly: boolean | undefined,
    args: string[],
  ): Promise<unknown>
  readonly masters: readonly object[]
  nodeClient(node: never): NodeRedisSender | Promise<NodeRedisSender>
}

/** A client for one server of a cluster. */
type NodeRedisSender = Pick<NodeRedisLike, 'sendCommand'>

/** The members of a Sentinel client of `redis` that `fromNodeRedis` uses. */
export interface NodeRedisSentinelLike {
  sendCommand(isReadonly: boolean | undefined, args: string[]): Promise<unknown>
  multi(): NodeRedisPipeline<[isReadonly: boolean | undefined, args: string[]]>
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
  if (isCluster(client)) {
    // The command without a key goes to the server of the first key.
    return withPipelines(
      (args) => sendToCluster(client, args),
      () => client.multi(),
      (pipeline, args) =>
        pipeline.addCommand(args[0] === 'WAIT' ? undefined : args[1], false, args),
    )
  }
  if (isSentinel(client)) {
    return withPipelines(
      (args) => client.sendCommand(false, [...args]),
      () => client.multi(),
      (pipeline, args) => pipeline.addCommand(false, args),
    )
  }
  return withPipelines(
    (args) => client.sendCommand([...args]),
    () => client.multi(),
    (pipeline, args) => pipeline.addCommand(args),
  )
}

/**
 * Adds `sendTogether` to a function that sends commands. If the connection fails, the client rejects all commands of a pipeline, also
 * those that it has not sent yet.
 */
function withPipelines<Pipeline extends NodeRedisPipeline<never>>(
  send: (args: readonly string[]) => Promise<unknown>,
  createPipeline: () => Pipeline,
  add: (pipeline: Pipeline, args: string[]) => unknown,
): SendCommand {
  return Object.assign(send, {
    async sendTogether(commands: readonly (readonly string[])[]) {
      const pipeline = createPipeline()
      for (const args of commands) add(pipeline, [...args])
      return (await pipeline.execAsPipeline()) as readonly unknown[]
    },
  })
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
