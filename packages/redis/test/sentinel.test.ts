import { redisReplay, fromIoredis, fromNodeRedis, type SendCommand } from '@bearward/redis'
import { Redis } from 'ioredis'
import { createSentinel } from 'redis'
import { createSentinel as createSentinel5 } from 'redis5'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { closing } from '../../../test/support/closing.ts'
import { type RedisServer, startRedisServer } from '../../../test/support/redis-server.ts'
import { untilLinked } from '../../../test/support/until-linked.ts'
import { createUse } from './uses.ts'

/** Timeout of stores in milliseconds, for tests that do not measure time. It is long, because machines can be busy. */
const timeout = 5000

/** Starts a sentinel that promotes a replica of a primary as soon as the primary has not replied for 300 ms. */
const startSentinel = (primary: RedisServer) =>
  startRedisServer({
    args: ['--sentinel'],
    config: [
      `sentinel monitor main 127.0.0.1 ${primary.port} 1`,
      'sentinel down-after-milliseconds main 300',
      'sentinel failover-timeout main 5000',
      '',
    ].join('\n'),
  })

let primary: RedisServer
let sentinel: RedisServer
beforeAll(async () => {
  primary = await startRedisServer()
  sentinel = await startSentinel(primary)
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

it.each<[string, (port: number) => Promise<SendCommand>]>([
  [
    'node-redis 6',
    async (port) => {
      const client = createSentinel({
        name: 'main',
        sentinelRootNodes: [{ host: '127.0.0.1', port }],
        scanInterval: 200,
      })
      client.on('error', () => {})
      await client.connect()
      closing({ close: () => client.destroy() })
      return fromNodeRedis(client)
    },
  ],
  [
    'ioredis 6',
    async (port) => {
      const client = new Redis({ sentinels: [{ host: '127.0.0.1', port }], name: 'main' })
      client.on('error', () => {})
      closing({ close: () => client.disconnect() })
      return fromIoredis(client)
    },
  ],
])(
  'firstUse() returns false for a proof of the old primary after a sentinel has promoted the replica (%s)',
  async (_name, connect) => {
    const old = closing(await startRedisServer())
    const replica = closing(
      await startRedisServer({ args: ['--replicaof', '127.0.0.1', String(old.port)] }),
    )
    await untilLinked(replica)
    const watching = closing(await startSentinel(old))
    await expect
      .poll(() => watching.command('SENTINEL', 'REPLICAS', 'main'), { timeout: 30_000 })
      .toContain(String(replica.port))
    const store = redisReplay({ send: await connect(watching.port), timeout })
    const proof = createUse()
    expect(await store.firstUse(proof)).toBe(true)
    await expect.poll(() => replica.command('DBSIZE'), { timeout: 30_000 }).toBe(':1')

    await old.kill()
    // During the failover, `firstUse` returns true only when the new primary has recorded the use.
    await expect
      .poll(() => store.firstUse(createUse()).catch(() => 'unknown'), { timeout: 60_000 })
      .toBe(true)
    expect(await replica.command('ROLE')).toContain('master')
    expect(await store.firstUse(proof)).toBe(false)
    expect(store.configuration()).toBe('verified')
  },
)
