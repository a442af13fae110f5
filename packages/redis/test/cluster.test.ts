import type { ProofUse } from '@bearward/core'
import { redisReplay } from '@bearward/redis'
import { checkReplayStore } from '@bearward/core/check-replay-store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { closing } from '../../../test/support/closing.ts'
import type { RedisServer } from '../../../test/support/redis-server.ts'
import { CLIENTS, CLUSTER_CLIENTS } from './clients.ts'
import { startCluster } from './cluster.ts'
import { createUse, getProblem } from './uses.ts'

/** Timeout of stores in milliseconds, for tests that do not measure time. It is long, because machines can be busy. */
const timeout = 5000

let nodes: readonly RedisServer[]
beforeAll(async () => {
  nodes = await startCluster()
})
afterAll(() => Promise.all(nodes.map((node) => node.close())))

describe.each(Object.entries(CLUSTER_CLIENTS))('a cluster with %s', (client, connect) => {
  it(`checkReplayStore finds no faults in a cluster, and each server has entries (${client})`, async () => {
    await Promise.all(nodes.map((node) => node.command('FLUSHALL')))
    const store = redisReplay({ send: await connect(nodes[0]!.port), timeout })
    await checkReplayStore(store)
    expect(store.configuration()).toBe('verified')
    for (const node of nodes)
      expect(Number((await node.command('DBSIZE')).slice(1))).toBeGreaterThan(100)
  })

  it(`firstUse() rejects with the problem "unsuitable" when one server of a cluster has a policy other than noeviction (${client})`, async () => {
    const send = await connect(nodes[0]!.port)
    await nodes[2]!.command('CONFIG', 'SET', 'maxmemory-policy', 'volatile-lru')
    try {
      const store = redisReplay({ send, timeout })
      expect(await getProblem(store.firstUse(createUse()))).toBe('unsuitable')
    } finally {
      await nodes[2]!.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
    }
  })
})

it('firstUse() rejects some uses with the problem "failed" when a client for one server is connected to a cluster', async () => {
  const send = await CLIENTS['node-redis 6']!(nodes[0]!.port)
  const store = redisReplay({ send, timeout })
  const uses = await Promise.allSettled(
    Array.from({ length: 30 }, async () => store.firstUse(createUse())),
  )
  const moved = uses.filter((use) => use.status === 'rejected')
  expect(moved.length).toBeGreaterThan(0)
  for (const { reason } of moved) {
    expect(await getProblem(Promise.reject(reason as Error))).toBe('failed')
    expect((reason as Error).message).toContain('(MOVED)')
    expect((reason as Error).message).not.toMatch(/127|\d{4}/)
  }
})

it.each(['node-redis 6', 'ioredis 6', 'GLIDE'])(
  'firstUse() returns true or rejects when a server of a cluster crashes (%s)',
  async (client) => {
    const own = await startCluster()
    for (const node of own) closing(node)
    const store = redisReplay({ send: await CLUSTER_CLIENTS[client]!(own[0]!.port), timeout: 300 })
    await store.ready()
    // With this setting, the other servers still accept commands after the crash.
    const setting = ['CONFIG', 'SET', 'cluster-require-full-coverage', 'no']
    for (const node of own) await node.command(...setting)
    const used = Array.from({ length: 20 }, createUse)
    for (const proof of used) expect(await store.firstUse(proof)).toBe(true)
    await own[2]!.kill()
    const results = new Set<boolean | string>()
    const use = async (proof: ProofUse) => {
      const result = store.firstUse(proof)
      results.add(await result.catch(() => getProblem(result)))
    }
    for (let i = 0; i < 20; i++) await use(createUse())
    const problems = ['failed', 'unreachable', 'timeout']
    expect(problems.some((problem) => results.has(problem))).toBe(true)
    for (const result of results) expect([true, ...problems]).toContain(result)
    // A proof that was accepted is never accepted again. The working servers know most of these proofs.
    results.clear()
    const useAgain = async () => {
      for (const proof of used) await use(proof)
      return results
    }
    await expect.poll(useAgain, { timeout: 30_000 }).toContain(false)
    for (const result of results) expect([false, ...problems]).toContain(result)
  },
)
