import type { SendCommand } from './options.ts'

/** The members of a `GlideClient` or `GlideClusterClient` of `@valkey/valkey-glide` that `fromGlide` uses. */
export interface GlideLike {
  customCommand(args: string[], options?: object): Promise<unknown>
}

/**
 * Returns the function that sends commands with a client of `@valkey/valkey-glide` 2. The client must read from the primary, which
 * is its default.
 *
 * @example
 * const client = await GlideClient.createClient({ addresses: [{ host: 'redis.internal' }] })
 * const replay = redisReplay({ send: fromGlide(client) })
 */
export function fromGlide(client: GlideLike): SendCommand {
  // Only the client for a cluster has this method.
  const isCluster = 'fcallWithRoute' in client
  return (args) =>
    isCluster && args[0] === 'CONFIG'
      ? // Each primary of a cluster has its own configuration.
        client.customCommand([...args], { route: 'allPrimaries' })
      : client.customCommand([...args])
}
