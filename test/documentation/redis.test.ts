import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { fromNodeRedis, redisReplay, type RedisReplayStore } from '@bearward/redis'
import { createClient } from 'redis'
import { REPLAY_BREAKER } from '../../packages/core/src/binding/dpop/replay-check.ts'
import { LIMITS } from '../../packages/core/src/limits.ts'
import { STORE_FAULTS } from '../faults/store-faults.ts'
import { POLICIES } from '../faults/store-setup.ts'
import { read } from '../repository/files.ts'
import { closing } from '../support/closing.ts'
import { type RedisServer, SERVERS, startRedisServer } from '../support/redis-server.ts'
import { untilConfirming, untilLinked } from '../support/until-linked.ts'
import {
  describeDocument,
  issuerAddress,
  type Scenario,
  useAuthorizationServer,
} from './fixture.ts'
import { readTable } from './read-table.ts'
import { adapt, runSnippet } from './snippets.ts'

/**
 * Returns a scenario that runs a snippet with a new server. The snippet exports a client and a store. `end` is the method that
 * closes the client.
 */
function withServer(
  name: string,
  end: 'destroy' | 'disconnect' | 'close',
  start = startRedisServer,
): Scenario {
  return async (code) => {
    const server = closing(await start())
    const instead: Record<string, string> = code.includes('redis://')
      ? { 'redis://redis.internal:6379': server.url }
      : { 'redis.internal': '127.0.0.1', '6379': String(server.port) }
    const module = await runSnippet(name, adapt(code, instead))
    const store = module['replay'] as RedisReplayStore
    const proof = { id: randomBytes(32).toString('base64url'), key: '', ttl: 60_000 }
    const uses = [await store.firstUse(proof), await store.firstUse(proof)]
    ;(module['client'] as Record<typeof end, () => void>)[end]()
    expect(uses).toEqual([true, false])
    expect(store.configuration()).toBe('verified')
    expect(await server.command('KEYS', '*')).toContain(`bearward:dpop:${proof.id}`)
  }
}

/** Starts a server with one replica. Returns the server. */
async function startWithReplica(): Promise<RedisServer> {
  const primary = await startRedisServer()
  const args = ['--replicaof', '127.0.0.1', String(primary.port)]
  await untilLinked(closing(await startRedisServer({ args })))
  await untilConfirming(primary)
  return primary
}

useAuthorizationServer()

describeDocument('docs/redis.md', {
  async 'Replay detection with Redis'(code) {
    const server = closing(await startRedisServer())
    const instead = { ...issuerAddress(), 'redis://redis.internal:6379': server.url }
    const module = await runSnippet('redis-option', adapt(code, instead))
    await (module['ready'] as () => Promise<void>)()
    expect(await server.command('KEYS', '*')).toContain('bearward:dpop:ready:')
    ;(module['client'] as { destroy(): void }).destroy()
  },
  'node-redis': withServer('redis-node-redis', 'destroy'),
  'ioredis and iovalkey': withServer('redis-ioredis', 'disconnect'),
  'Valkey GLIDE': withServer('redis-glide', 'close'),
  'Another client': withServer('redis-another', 'destroy'),
  'Wait for replicas': withServer('redis-replicas', 'destroy', startWithReplica),
  async 'Test a store'(code) {
    await runSnippet('redis-check', code)
    const wrong = adapt(code, { 'return false': 'return true' })
    await expect(runSnippet('redis-check-wrong', wrong)).rejects.toThrow(
      'Another use of the same id must return false',
    )
  },
})

it('the memory in each row of docs/redis.md is the number of entries, multiplied by 180 bytes', () => {
  const toNumber = (text: string) => Number(text.replaceAll(/[^\d]/g, ''))
  const rows = readTable('docs/redis.md', 'proofs per second')
  expect(rows).toHaveLength(4)
  for (const [rate, time, entries, memory] of rows) {
    expect(toNumber(entries!)).toBe(toNumber(rate!) * toNumber(time!))
    expect(toNumber(memory!)).toBe(Math.round((toNumber(entries!) * 180) / 1e6))
  }
})

it.each(SERVERS)('an entry of redisReplay takes between 120 and 200 bytes (%s)', async (name) => {
  const server = closing(await startRedisServer({ name }))
  const client = await createClient({ url: server.url }).connect()
  const store = redisReplay({ send: fromNodeRedis(client), timeout: 5000 })
  const getUsed = async () =>
    Number(/used_memory:(\d+)/.exec(await server.command('INFO', 'memory'))![1])
  await store.ready()
  const before = await getUsed()
  // The number is slightly more than a power of two. The key tables of the server are then largest in relation to the number of
  // entries.
  const count = 66_000
  for (let i = 0; i < count; i += 1000)
    await Promise.all(
      Array.from({ length: 1000 }, () =>
        store.firstUse({ id: randomBytes(32).toString('base64url'), key: '', ttl: 600_000 }),
      ),
    )
  const each = ((await getUsed()) - before) / count
  client.destroy()
  expect(each).toBeGreaterThan(120)
  expect(each).toBeLessThan(200)
})

it('the table of responses in docs/redis.md agrees with the faults that test/faults produces', () => {
  const [works, ...rows] = readTable('docs/redis.md', 'the server')
  expect(works).toEqual(['works', '-', '200, 401', '200, 401', '200, 401'])
  expect(rows).toEqual(
    STORE_FAULTS.map(({ title, problem = '-', statuses }) => [
      title,
      problem,
      ...POLICIES.map((policy) => statuses[policy].join(', ')),
    ]),
  )
})

it('docs/redis.md has the numbers of the circuit breaker and of nonces', () => {
  const text = read('docs/redis.md').replace(/\s+/g, ' ')
  const { failures, pause } = REPLAY_BREAKER
  for (const sentence of [
    `After ${failures} failures in a row, it is made immediately: for ${pause.first} to ${pause.last} s, the API does not call the server.`,
    `can be used again for ${LIMITS.freshNonce} s.`,
    `for ${pause.first} to ${pause.last} s, the API does not call the server; the event`,
    `failed ${failures} times in a row`,
  ])
    expect(text).toContain(sentence)
})

it('9449-55: docs/redis.md names the cases in which a used proof is granted once more', () => {
  const cases = readTable('docs/redis.md', 'case')
  expect(cases).toContainEqual([
    'two primaries during a failover',
    'all proofs that are used in this time: each primary accepts a proof once',
  ])
  // The table has a case for each fault of test/faults after which a used proof is granted.
  const losing = STORE_FAULTS.filter(({ problem, statuses }) => {
    return problem === undefined && statuses.refuse[1] === 200
  })
  expect(losing.map(({ title }) => /restarted|replica/.exec(title)?.[0])).toEqual([
    'restarted',
    'replica',
  ])
  const names = cases.map(([name]) => name)
  expect(names).toContain('restart of a server without persistence')
  expect(names).toContain('failover to a replica')
})
