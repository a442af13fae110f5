import { redisReplay, fromIoredis, fromNodeRedis } from '@bearward/redis'
import { Redis } from 'ioredis'
import { createSentinel } from 'redis'
import { createSentinel as createSentinel5 } from 'redis5'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { closing } from '../../../test/support/closing.ts'
import { type RedisServer, startRedisServer } from '../../../test/support/redis-server.ts'
import { createUse } from './uses.ts'

/** Milliseconds for tests in which the time does not matter, so that a busy machine does not fail them. */
const timeout = 5000

let primary: RedisServer
let sentinel: RedisServer
beforeAll(async () => {
  primary = await startRedisServer()
  sentinel = await startRedisServer({
    args: ['--sentinel'],
    config: `sentinel monitor main 127.0.0.1 ${primary.port} 1\n`,
  })
})
afterAll(() => Promise.all([primary.close(), sentinel.close()]))

it.each([
  ['node-redis 6', createSentinel],
  ['node-redis 5', createSentinel5 as unknown as typeof createSentinel],
])('firstUse() uses the primary that a sentinel names (%s)', async (_name, create) => {
  const client = create({
    name: 'main',
    sentinelRootNodes: [{ host: '127.0.0.1', port: sentinel.port }],
  })
  client.on('error', () => {})
  await client.connect()
  closing({ close: () => client.destroy() })
  const store = redisReplay({ send: fromNodeRedis(client), timeout })
  await store.ready()
  const proof = createUse()
  expect([await store.firstUse(proof), await store.firstUse(proof)]).toEqual([true, false])
  expect(store.configuration()).toBe('verified')
  expect(await primary.command('KEYS', '*')).toContain(proof.id)
})

it('firstUse() uses the primary that a sentinel names (ioredis 6)', async () => {
  const client = new Redis({
    sentinels: [{ host: '127.0.0.1', port: sentinel.port }],
    name: 'main',
  })
  closing({ close: () => client.disconnect() })
  const store = redisReplay({ send: fromIoredis(client), timeout })
  const proof = createUse()
  expect([await store.firstUse(proof), await store.firstUse(proof)]).toEqual([true, false])
  expect(store.configuration()).toBe('verified')
})
