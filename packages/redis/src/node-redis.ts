import { toClusterSlot } from './cluster-slot.ts'
import type { SendCommand } from './options.ts'
import { ONE_SERVER, type SendPipeline, withPipeline } from './pipelines.ts'
import { toStoreError } from './replies.ts'

/** Commands that a client of `redis` sends on one connection. */
export interface NodeRedisPipeline<Arguments extends readonly unknown[]> extends Executable {
  addCommand(...args: Arguments): unknown
}

interface Executable {
  execAsPipeline(): Promise<unknown>
}

/** The members of a client or a pool of `redis` that `fromNodeRedis` uses. */
export interface NodeRedisLike {
  readonly options?: { readonly maintNotifications?: unknown } | undefined
  sendCommand(args: string[]): Promise<unknown>
  multi?(): NodeRedisPipeline<[args: string[]]>
}

/** The members of a cluster of `redis` that `fromNodeRedis` uses. */
export interface NodeRedisClusterLike {
  multi?(): NodeRedisPipeline<
    [key: string | undefined, isReadonly: boolean | undefined, args: string[]]
  >
  sendCommand(
    key: string | undefined,
    isReadonly: boolean | undefined,
    args: string[],
  ): Promise<unknown>
  readonly masters: readonly object[]
  readonly slots?: readonly ({ readonly master: unknown } | undefined)[]
  nodeClient(node: never): NodeRedisSender | Promise<NodeRedisSender>
}

/** A client for one server of a cluster. */
type NodeRedisSender = Pick<NodeRedisLike, 'sendCommand'>

/** The members of a Sentinel client of `redis` that `fromNodeRedis` uses. */
export interface NodeRedisSentinelLike {
  sendCommand(isReadonly: boolean | undefined, args: string[]): Promise<unknown>
  multi?(): NodeRedisPipeline<[isReadonly: boolean | undefined, args: string[]]>
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
  const send = createSend(client)
  if (client.multi === undefined || movesConnection(client)) return send
  return withPipeline(send, {
    send: (commands) => sendPipeline(client, commands),
    ...(isCluster(client)
      ? { toSlot: toClusterSlot, toServer: (key) => client.slots?.[toClusterSlot(key)]?.master }
      : { toServer: () => ONE_SERVER }),
  })
}

/**
 * Returns whether a client may send the first command of a pipeline on the old connection, and the second one on a new connection.
 * The option `maintNotifications` has this effect unless it is `'disabled'`. Returns `false` for a pool, a cluster and a Sentinel
 * client, because they do not show this option.
 */
function movesConnection(client: AnyClient): boolean {
  const { maintNotifications } = ('options' in client && client.options) || {}
  return maintNotifications !== undefined && maintNotifications !== 'disabled'
}

function createSend(client: AnyClient): SendCommand {
  if (isCluster(client)) return (args) => sendToCluster(client, args)
  if (isSentinel(client)) return (args) => client.sendCommand(false, [...args])
  return (args) => client.sendCommand([...args])
}

/**
 * Sends commands on one connection. If the connection fails while the replies are awaited, the client rejects all commands of the
 * pipeline. This is not true if `maintNotifications` moves the connection, or if the application calls `asap()`.
 */
async function sendPipeline(
  client: AnyClient,
  commands: Parameters<SendPipeline>[0],
): Promise<readonly unknown[]> {
  const copies = commands.map((args) => [...args])
  try {
    return (await fillPipeline(client, copies).execAsPipeline()) as unknown[]
  } catch (error) {
    // The client rejects at the first error reply, while the server may still execute `WAIT`. The next reply comes after it.
    const { problem } = toStoreError(error)
    const isReply = problem !== 'unreachable' && problem !== 'timeout'
    const next = isReply ? fillPipeline(client, copies.slice(0, 1)).execAsPipeline() : undefined
    await next?.catch(() => {})
    throw error
  }
}

function fillPipeline(client: AnyClient, commands: string[][]): Executable {
  if (isCluster(client)) {
    const pipeline = client.multi!()
    // `WAIT` has no key. The client sends it to the server of the other command.
    for (const args of commands)
      pipeline.addCommand(args[0] === 'WAIT' ? undefined : args[1], false, args)
    return pipeline
  }
  if (isSentinel(client)) {
    const pipeline = client.multi!()
    for (const args of commands) pipeline.addCommand(false, args)
    return pipeline
  }
  const pipeline = client.multi!()
  for (const args of commands) pipeline.addCommand(args)
  return pipeline
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
