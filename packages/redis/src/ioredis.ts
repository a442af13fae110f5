import { ReplayStoreError } from '@bearward/core'
import { toClusterSlot } from './cluster-slot.ts'
import type { SendCommand } from './options.ts'
import { ONE_SERVER, type Pipeline, withPipeline } from './pipelines.ts'

/** The members of a `Redis` of `ioredis` or `iovalkey` that `fromIoredis` uses. */
export interface IoredisLike {
  readonly options?: {
    readonly reconnectOnError?: unknown
    readonly keyPrefix?: string | undefined
    /** The options for the servers of a cluster. */
    readonly redisOptions?: { readonly reconnectOnError?: unknown } | undefined
  }
  call(command: string, args: string[]): Promise<unknown>
  pipeline?(commands: string[][]): {
    exec(): Promise<readonly (readonly [error: Error | null, reply: unknown])[] | null>
  }
}

/** The members of a `Cluster` of `ioredis` or `iovalkey` that `fromIoredis` uses. */
export interface IoredisClusterLike extends IoredisLike {
  /** The addresses of the servers of each slot. */
  readonly slots?: readonly (readonly string[] | undefined)[]
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
  const send: SendCommand = (args) => sendTo(client, args)
  const sendToCluster: SendCommand = async (args) => {
    // The client knows the servers of the cluster when it has the first reply.
    const reply = await send(args)
    if (args[0] !== 'CONFIG') return reply
    // Each primary of a cluster has its own configuration.
    return Promise.all(
      (client as IoredisClusterLike).nodes('master').map((node) => sendTo(node, args)),
    )
  }
  const isCluster = 'nodes' in client
  const sendAny = isCluster ? sendToCluster : send
  if (client.pipeline === undefined || repeatsAfterErrors(client)) return sendAny
  return withPipeline(sendAny, {
    send: (commands) => sendPipeline(client, commands),
    ...(isCluster ? toClusterMembers(client) : { toServer: () => ONE_SERVER }),
  })
}

/**
 * Returns whether a client may send only a part of a pipeline again, on a new connection. The option `reconnectOnError` has this
 * effect. Also returns `true` if the options are unknown.
 */
function repeatsAfterErrors({ options }: IoredisLike): boolean {
  if (typeof options !== 'object' || options === null) return true
  const { reconnectOnError, redisOptions } = options
  return [reconnectOnError, redisOptions?.reconnectOnError].some((one) => typeof one === 'function')
}

/**
 * Sends commands on one connection. After a lost connection, the client sends the whole pipeline again. If some replies have arrived,
 * the client rejects the other commands instead.
 */
async function sendPipeline(
  client: IoredisLike,
  commands: readonly (readonly string[])[],
): Promise<readonly unknown[]> {
  // `reconnectOnError` can also be set after the call of `fromIoredis`.
  if (repeatsAfterErrors(client))
    throw new ReplayStoreError('failed', 'reconnectOnError cannot be combined with replicas')
  const calls = commands.map(([name, ...args]) => [name!.toLowerCase(), ...args])
  const results = (await client.pipeline!(calls).exec()) ?? []
  return results.map(([error, reply]) => {
    if (error) throw error
    return reply
  })
}

/** Returns the members of a pipeline that are about keys in a cluster. */
function toClusterMembers(client: IoredisClusterLike): Pick<Pipeline, 'toServer' | 'toSlot'> {
  const toSlot = (key: string) => toClusterSlot(`${client.options?.keyPrefix ?? ''}${key}`)
  // The client requires that all keys of a pipeline have the same primary and the same replicas.
  return { toSlot, toServer: (key) => client.slots?.[toSlot(key)]?.join() }
}

/** Sends a command with its name in lower case. `iovalkey` adds `keyPrefix` only to the keys of commands in lower case. */
function sendTo(
  client: Pick<IoredisLike, 'call'>,
  [command, ...rest]: readonly string[],
): Promise<unknown> {
  return client.call(command!.toLowerCase(), rest)
}
