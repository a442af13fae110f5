import { checkReplayStore } from '@bearward/core/check-replay-store'
import { redisReplay, type RedisReplayStore } from '@bearward/redis'
import { describe, expect, it } from 'vitest'
import { closing } from '../../../test/support/closing.ts'
import {
  type RedisServer,
  type RedisServerOptions,
  type ServerName,
  startRedisServer,
} from '../../../test/support/redis-server.ts'
import { CLIENTS } from './clients.ts'
import { untilLinked } from '../../../test/support/until-linked.ts'
import { createUse, getProblem } from './uses.ts'

/** The option `timeout` of stores whose tests do not measure time. It is long, so that these tests pass on a busy machine. */
const timeout = 5000

const CASES: readonly (readonly [client: string, server: ServerName])[] = [
  ['node-redis 6', 'redis-server'],
  ['ioredis 6', 'redis-server'],
  ['GLIDE', 'redis-server'],
  ['node-redis 6', 'valkey-server'],
]

describe.each(CASES)('with %s and %s', (client, name) => {
  const at = `(${client}, ${name})`

  async function start(options: RedisServerOptions = {}): Promise<RedisServer> {
    return closing(await startRedisServer({ name, ...options }))
  }
  async function createStore(server: RedisServer, limit = timeout): Promise<RedisReplayStore> {
    return redisReplay({ send: await CLIENTS[client]!(server.port), timeout: limit })
  }

  it(`firstUse() during a crash returns true or rejects, and a restarted server has lost its entries ${at}`, async () => {
    const server = await start()
    const store = await createStore(server, 1000)
    await store.ready()
    const proofs = Array.from({ length: 300 }, createUse)
    const results: string[] = []
    for (const [i, proof] of proofs.entries()) {
      if (i === 150) server.signal('SIGKILL')
      const use = Promise.resolve(store.firstUse(proof))
      const result = use.then(String, () => getProblem(use))
      // Some uses are running when the server ends.
      if (i < 140) await result
      void result.then((text) => results.push(text))
      if (i > 160) break
    }
    await expect.poll(() => results.length, { timeout: 30_000 }).toBe(162)
    const kinds = new Set(results)
    expect(kinds).toContain('true')
    kinds.delete('true')
    expect(kinds.size).toBeGreaterThan(0)
    for (const kind of kinds) expect(['unreachable', 'timeout']).toContain(kind)

    await server.restart()
    const restarted = await createStore(server)
    expect(await restarted.firstUse(proofs[0]!)).toBe(true)
    expect(await restarted.firstUse(proofs[0]!)).toBe(false)
  })

  it(`checkReplayStore finds no faults when the server hangs and when its memory is full ${at}`, async () => {
    const server = await start()
    const store = await createStore(server, 1000)
    await checkReplayStore(store, {
      breakStore: () => server.signal('SIGSTOP'),
      restoreStore: () => server.signal('SIGCONT'),
      fill: () => server.command('CONFIG', 'SET', 'maxmemory', '1'),
    })
  })

  it(`firstUse() rejects with the problem "full" when the entries have filled the memory, and keeps all entries ${at}`, async () => {
    const server = await start()
    const store = await createStore(server)
    await store.ready()
    const used = /used_memory:(\d+)/.exec(await server.command('INFO', 'memory'))![1]
    await server.command('CONFIG', 'SET', 'maxmemory', String(Number(used) + 300_000))
    const first = createUse()
    expect(await store.firstUse(first)).toBe(true)
    let count = 0
    let problem: string | undefined
    while (problem === undefined) {
      const uses = await Promise.allSettled(
        Array.from({ length: 100 }, async () => store.firstUse(createUse())),
      )
      const failed = uses.find((use) => use.status === 'rejected')
      count += uses.filter((use) => use.status === 'fulfilled' && use.value).length
      if (failed !== undefined) problem = await getProblem(Promise.reject(failed.reason as Error))
    }
    expect(problem).toBe('full')
    expect(count).toBeGreaterThan(100)
    await server.command('CONFIG', 'SET', 'maxmemory', '1')
    expect(await getProblem(store.firstUse(first))).toBe('full')
    await server.command('CONFIG', 'SET', 'maxmemory', '0')
    expect(await store.firstUse(first)).toBe(false)
    const size = Number((await server.command('DBSIZE')).slice(1))
    expect(size).toBeGreaterThanOrEqual(count + 1)
  })

  it(`ready() and firstUse() reject with the problem "unsuitable" until the policy is noeviction ${at}`, async () => {
    const server = await start({ args: ['--maxmemory-policy', 'allkeys-lru'] })
    const store = await createStore(server)
    expect(await getProblem(store.ready())).toBe('unsuitable')
    expect(await getProblem(store.firstUse(createUse()))).toBe('unsuitable')
    await server.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
    await store.ready()
    expect(await store.firstUse(createUse())).toBe(true)
    expect(store.configuration()).toBe('verified')
  })

  it(`firstUse() returns true without the permission for CONFIG, and configuration() returns unverified ${at}`, async () => {
    const server = await start()
    await server.command('ACL', 'SETUSER', 'default', '-config')
    const store = await createStore(server)
    await store.ready()
    expect(await store.firstUse(createUse())).toBe(true)
    expect(store.configuration()).toBe('unverified')
  })

  it(`firstUse() needs only the permission for SET on its keys ${at}`, async () => {
    const server = await start()
    const store = await createStore(server)
    await store.ready()
    const user = ['resetkeys', '~bearward:dpop:*', '-@all', '+set', '+acl|setuser']
    await server.command('ACL', 'SETUSER', 'default', ...user)
    await store.ready()
    expect(await store.firstUse(createUse())).toBe(true)
    await server.command('ACL', 'SETUSER', 'default', '-set')
    expect(await getProblem(store.firstUse(createUse()))).toBe('failed')
  })

  it(`firstUse() rejects with the problem "failed" on a replica, and a promoted replica knows the replicated proofs ${at}`, async () => {
    const primary = await start()
    const replica = await start()
    const [onPrimary, onReplica] = [await createStore(primary), await createStore(replica)]
    await replica.command('REPLICAOF', '127.0.0.1', String(primary.port))
    await untilLinked(replica)
    const [known, lost] = [createUse(), createUse()]
    expect(await onPrimary.firstUse(known)).toBe(true)
    await expect.poll(() => replica.command('DBSIZE'), { timeout: 30_000 }).toBe(':1')
    expect(await getProblem(onReplica.firstUse(createUse()))).toBe('failed')
    // The stopped replica reads no entries. Replication is asynchronous, so a primary can end before a replica has all entries.
    replica.signal('SIGSTOP')
    expect(await onPrimary.firstUse(lost)).toBe(true)
    await primary.kill()
    replica.signal('SIGCONT')
    await replica.command('REPLICAOF', 'NO', 'ONE')
    expect(await onReplica.firstUse(known)).toBe(false)
    // The operating system may have kept this entry for the replica while it was stopped. So the next use returns true or false.
    await onReplica.firstUse(lost)
    expect(await onReplica.firstUse(lost)).toBe(false)
  })

  it(`firstUse() rejects with the problem "failed" while min-replicas-to-write is not met ${at}`, async () => {
    const server = await start({ args: ['--min-replicas-to-write', '1'] })
    const store = await createStore(server)
    expect(await getProblem(store.firstUse(createUse()))).toBe('failed')
    const replica = await start({ args: ['--replicaof', '127.0.0.1', String(server.port)] })
    await untilLinked(replica)
    await expect.poll(() => store.firstUse(createUse()), { timeout: 30_000 }).toBe(true)
  })

  // ioredis sends no commands until the server has loaded its data.
  const whileLoading = client === 'ioredis 6' ? 'timeout' : 'failed'
  it(`firstUse() rejects with the problem ${whileLoading} while the server loads its data ${at}`, async () => {
    const server = await start({
      args: ['--enable-debug-command', 'yes', '--rdbcompression', 'no'],
    })
    // The server needs 20 seconds to load the keys, and handles commands after each key.
    await server.command('DEBUG', 'POPULATE', '2000', 'key', '2000')
    await server.command('SAVE')
    const interval = ['--loading-process-events-interval-bytes', '1024']
    await server.restart('--key-load-delay', '10000', ...interval)
    await expect(server.command('PING')).rejects.toThrow('LOADING')
    const store = await createStore(server, whileLoading === 'timeout' ? 100 : timeout)
    expect(await getProblem(store.firstUse(createUse()))).toBe(whileLoading)
  })
})
