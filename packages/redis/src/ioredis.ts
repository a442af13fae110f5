import type { SendCommand } from './options.ts'

/** The members of a `Redis` of `ioredis` or `iovalkey` that `fromIoredis` uses. */
export interface IoredisLike {
  call(command: string, args: string[]): Promise<unknown>
  pipeline(commands: string[][]): {
    exec(): Promise<readonly (readonly [error: Error | null, reply: unknown])[] | null>
  }
}

/** The members of a `Cluster` of `ioredis` or `iovalkey` that `fromIoredis` uses. */
export interface IoredisClusterLike extends IoredisLike {
  nodes(role: 'master'): Pick<IoredisLike, 'call'>[]
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
  const send = (args: readonly string[]) => sendTo(client, args)
  const sendTogether = (commands: Commands) => sendPipeline(client, commands)
  if (!('nodes' in client)) return Object.assign(send, { sendTogether })
  const sendToCluster = async (args: readonly string[]) => {
    // The client knows the servers of the cluster when it has the first reply.
    const reply = await send(args)
    if (args[0] !== 'CONFIG') return reply
    // Each primary of a cluster has its own configuration.
    return Promise.all(client.nodes('master').map((node) => sendTo(node, args)))
  }
  return Object.assign(sendToCluster, { sendTogether })
}

type Commands = Parameters<NonNullable<SendCommand['sendTogether']>>[0]

/**
 * Sends commands on one connection. After a lost connection, the client sends the whole pipeline again, or rejects the rest of a
 * pipeline whose first replies have arrived.
 */
async function sendPipeline(client: IoredisLike, commands: Commands): Promise<readonly unknown[]> {
  const calls = commands.map(([name, ...args]) => [name!.toLowerCase(), ...args])
  const results = (await client.pipeline(calls).exec()) ?? []
  return results.map(([error, reply]) => {
    if (error) throw error
    return reply
  })
}

function sendTo(
  client: Pick<IoredisLike, 'call'>,
  [command, ...rest]: readonly string[],
): Promise<unknown> {
  return client.call(command!, rest)
}
