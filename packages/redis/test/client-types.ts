/** Compiles only if the functions for clients accept the types of the clients, with every protocol version. */
import type { GlideClient, GlideClusterClient } from '@valkey/valkey-glide'
import type { Cluster as Cluster6, Redis as Ioredis6 } from 'ioredis'
import type { Cluster as Cluster5, Redis as Ioredis5 } from 'ioredis5'
import type { Cluster as ValkeyCluster, Redis as Iovalkey } from 'iovalkey'
import * as redis6 from 'redis'
import * as redis5 from 'redis5'
import {
  fromGlide,
  fromIoredis,
  fromNodeRedis,
  redisReplay,
  type SendCommand,
} from '@bearward/redis'

export const nodeRedis: readonly SendCommand[] = [
  fromNodeRedis(redis6.createClient()),
  fromNodeRedis(redis6.createClient({ RESP: 2 })),
  fromNodeRedis(redis6.createClientPool()),
  fromNodeRedis(redis6.createCluster({ rootNodes: [{}] })),
  fromNodeRedis(redis6.createSentinel({ name: 'main', sentinelRootNodes: [] })),
  fromNodeRedis(redis6.createClient().withTypeMapping({ [redis6.RESP_TYPES.BLOB_STRING]: Buffer })),
  fromNodeRedis(redis5.createClient()),
  fromNodeRedis(redis5.createClient({ RESP: 3 })),
  fromNodeRedis(redis5.createClientPool()),
  fromNodeRedis(redis5.createCluster({ rootNodes: [{}] })),
  fromNodeRedis(redis5.createSentinel({ name: 'main', sentinelRootNodes: [] })),
]

export const toIoredis = (client: Ioredis6 | Ioredis5 | Iovalkey): SendCommand =>
  fromIoredis(client)
export const toCluster = (client: Cluster6 | Cluster5 | ValkeyCluster): SendCommand =>
  fromIoredis(client)
export const toGlide = (client: GlideClient | GlideClusterClient): SendCommand => fromGlide(client)

export function callsThatMustNotCompile(ioredis: Ioredis6, glide: GlideClient): void {
  // @ts-expect-error: ioredis has no function for raw commands as an array
  fromNodeRedis(ioredis)
  // @ts-expect-error: node-redis has no call()
  fromIoredis(redis6.createClient())
  // @ts-expect-error: a client of GLIDE has no call()
  fromIoredis(glide)
  // @ts-expect-error: a client is not a function
  redisReplay({ send: ioredis })
  // @ts-expect-error: an unknown option
  redisReplay({ send: fromIoredis(ioredis), prefx: 'a:' })
}
