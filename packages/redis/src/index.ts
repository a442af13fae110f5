/**
 * Detection of replayed DPoP proofs in APIs with several processes, on a Redis or Valkey server. Works with every client for
 * these servers, and depends on no client.
 *
 * Every export of this file is public API.
 *
 * @module @bearward/redis
 */
export { redisReplay } from './redis-replay.ts'
export type { RedisReplayStore } from './redis-replay.ts'
export type { RedisReplayOptions, SendCommand } from './options.ts'
export type { ClockOption } from '@bearward/core'

export { fromGlide } from './glide.ts'
export type { GlideLike } from './glide.ts'
export { fromIoredis } from './ioredis.ts'
export type { IoredisClusterLike, IoredisLike } from './ioredis.ts'
export { fromNodeRedis } from './node-redis.ts'
export type { NodeRedisClusterLike, NodeRedisLike, NodeRedisSentinelLike } from './node-redis.ts'
