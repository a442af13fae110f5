/** Types of the stores for Redis. See `core.test-d.ts`. */
import type { ReplayStore } from '@bearward/core'
import { checkReplayStore } from '@bearward/core/check-replay-store'
import {
  fromGlide,
  fromIoredis,
  fromNodeRedis,
  redisReplay,
  type RedisReplayOptions,
} from '@bearward/redis'

const client = { sendCommand: (args: string[]) => Promise.resolve<unknown>(args.length) }

export const validOptions: readonly RedisReplayOptions[] = [
  { send: fromNodeRedis(client) },
  { send: fromGlide({ customCommand: client.sendCommand }), timeout: 100 },
  { send: fromIoredis({ call: (command, args) => Promise.resolve([command, args]) }) },
  { send: (args) => client.sendCommand([...args]), prefix: 'reports:', clock: Date.now },
]

export const store: ReplayStore = redisReplay(validOptions[0]!)
export const checked: Promise<void> = checkReplayStore(redisReplay(validOptions[0]!))
export const isFirst: Promise<boolean> = redisReplay(validOptions[0]!).firstUse({
  id: 'a',
  key: 'k',
  ttl: 1000,
})

export function callsThatMustNotCompile(): void {
  // @ts-expect-error: no function that sends commands
  redisReplay({})
  // @ts-expect-error: an unknown option
  redisReplay({ send: fromNodeRedis(client), wait: 1 })
  // @ts-expect-error: not a client
  fromIoredis(client)
}
