import type { SendCommand } from './options.ts'

/** The members of a `Redis` of `ioredis` or `iovalkey` that `fromIoredis` uses. */
export interface IoredisLike {
  call(command: string, args: string[]): Promise<unknown>
}

/** The members of a `Cluster` of `ioredis` or `iovalkey` that `fromIoredis` uses. */
export interface IoredisClusterLike extends IoredisLike {
  nodes(role: 'master'): IoredisLike[]
}

/**
 * Returns the function that sends commands with a `Redis` or `Cluster` of `ioredis` 5 and 6, or of `iovalkey`. The option
 * `keyPrefix` of the client is added before the prefix of the store.
 *
 * @example
 * const client = new Redis({ host: 'redis.internal', maxRetriesPerRequest: 1 })
 * const replay = redisReplay({ send: fromIoredis(client) })
 */
export function fromIoredis(client: IoredisLike | IoredisClusterLike): SendCommand {
  const send: SendCommand = (args) => sendTo(client, args)
  if (!('nodes' in client)) return send
  return async (args) => {
    // The client knows the servers of the cluster when it has the first reply.
    const reply = await send(args)
    if (args[0] !== 'CONFIG') return reply
    // Each primary of a cluster has its own configuration.
    return Promise.all(client.nodes('master').map((node) => sendTo(node, args)))
  }
}

function sendTo(client: IoredisLike, [command, ...rest]: readonly string[]): Promise<unknown> {
  return client.call(command!, rest)
}
