import { fromGlide, redisReplay, type SendCommand } from '@bearward/redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { closing } from '../../../test/support/closing.ts'
import { startFaultyProxy } from '../../../test/support/faulty-proxy.ts'
import { type RedisServer, SERVERS, startRedisServer } from '../../../test/support/redis-server.ts'
import { CLIENTS, CLUSTER_CLIENTS } from './clients.ts'
import { startCluster } from './cluster.ts'
import { untilLinked } from './replication.ts'
import { createUse, getProblem } from './uses.ts'

/** Timeout in milliseconds of tests that do not measure time. It is long, so that these tests pass on a busy machine. */
const timeout = 5000

const withoutGlide = (clients: typeof CLIENTS) =>
  Object.entries(clients).filter(([name]) => name !== 'GLIDE')

describe.each(SERVERS)('%s', (name) => {
  let primary: RedisServer
  let replica: RedisServer
  beforeAll(async () => {
    primary = await startRedisServer({ name })
    const args = ['--replicaof', '127.0.0.1', String(primary.port)]
    replica = await startRedisServer({ name, args })
    await untilLinked(replica)
  })
  afterAll(() => Promise.all([primary.close(), replica.close()]))

  describe.each(withoutGlide(CLIENTS))('with %s', (client, connect) => {
    const at = `(${client}, ${name})`

    it(`firstUse() with replicas: 1 returns true as soon as a replica has the entry ${at}`, async () => {
      const store = redisReplay({ send: await connect(primary.port), timeout, replicas: 1 })
      await store.ready()
      for (let i = 0; i < 20; i++) {
        const proof = createUse()
        expect(await store.firstUse(proof)).toBe(true)
        expect(await replica.command('EXISTS', `bearward:dpop:${proof.id}`)).toBe(':1')
        expect(await store.firstUse(proof)).toBe(false)
      }
    })

    it(`firstUse() with replicas: 1 rejects while the replica hangs, also in many uses at the same time ${at}`, async () => {
      const send = await connect(primary.port)
      await redisReplay({ send, timeout, replicas: 1 }).ready()
      const store = redisReplay({ send, timeout: 400, replicas: 1 })
      replica.signal('SIGSTOP')
      try {
        const proofs = Array.from({ length: 20 }, createUse)
        const problems = await Promise.all(proofs.map((proof) => getProblem(store.firstUse(proof))))
        for (const problem of problems) expect(['failed', 'timeout']).toContain(problem)
        expect(problems).toContain('failed')
      } finally {
        replica.signal('SIGCONT')
      }
      await expect
        .poll(async () => store.firstUse(createUse()).catch(() => 'unknown'), { timeout: 30_000 })
        .toBe(true)
    })

    it.each(['the first reply', 'the second reply'])(
      `firstUse() with replicas: 1 rejects if %s is lost with the connection ${at}`,
      async (lost) => {
        const proxy = closing(await startFaultyProxy(primary.port))
        const store = redisReplay({ send: await connect(proxy.port), timeout, replicas: 1 })
        await store.ready()
        const isLost =
          lost === 'the first reply'
            ? (chunk: string) => /^(?:\$-1|_)\r\n/.test(chunk)
            : (chunk: string) => /(?:^|\r\n):\d+\r\n$/.test(chunk)
        proxy.onReply((chunk) => (proxy.cuts() === 0 && isLost(chunk) ? 'cut' : 'pass'))
        const proof = createUse()
        expect(['unreachable', 'failed']).toContain(await getProblem(store.firstUse(proof)))
        expect(proxy.cuts()).toBe(1)
        expect(await store.firstUse(createUse())).toBe(true)
        expect(await store.firstUse(proof)).toBe(false)
      },
    )
  })

  it(`firstUse() with replicas: 2 rejects with the problem failed if one replica is connected, and records the use (${name})`, async () => {
    const send = await CLIENTS['node-redis 6']!(primary.port)
    const store = redisReplay({ send, timeout: 200, replicas: 2 })
    const proof = createUse()
    const use = store.firstUse(proof)
    expect(await getProblem(use)).toBe('failed')
    await expect(use).rejects.toThrow('1 of 2 replicas confirmed the entry in time')
    expect(await store.firstUse(proof)).toBe(false)
    await expect(redisReplay({ send, replicas: 2 }).ready()).rejects.toThrow('1 of 2 replicas')
  })

  it(`a promoted replica knows each proof that was accepted with replicas: 1 before the primary crashed (${name})`, async () => {
    const old = closing(await startRedisServer({ name }))
    const args = ['--replicaof', '127.0.0.1', String(old.port)]
    const next = closing(await startRedisServer({ name, args }))
    await untilLinked(next)
    const send = await CLIENTS['ioredis 6']!(old.port)
    const store = redisReplay({ send, timeout: 1000, replicas: 1 })
    await store.ready()
    const accepted: ReturnType<typeof createUse>[] = []
    const uses = Array.from({ length: 200 }, async (_, index) => {
      const proof = createUse()
      if (index === 150) old.signal('SIGKILL')
      if ((await store.firstUse(proof).catch(() => false)) === true) accepted.push(proof)
    })
    await Promise.all(uses)
    await next.command('REPLICAOF', 'NO', 'ONE')
    const promoted = redisReplay({ send: await CLIENTS['ioredis 6']!(next.port), timeout })
    for (const proof of accepted) expect(await promoted.firstUse(proof)).toBe(false)
  })
})

describe('a cluster', () => {
  let nodes: readonly RedisServer[]
  let replicas: readonly RedisServer[]
  beforeAll(async () => {
    nodes = await startCluster()
    replicas = await addReplicas(nodes)
  })
  afterAll(() => Promise.all([...nodes, ...replicas].map((node) => node.close())))

  it.each(withoutGlide(CLUSTER_CLIENTS))(
    'firstUse() with replicas: 1 returns true as soon as the replica of a primary has the entry (%s)',
    async (_client, connect) => {
      const store = redisReplay({ send: await connect(nodes[0]!.port), timeout, replicas: 1 })
      await store.ready()
      const count = async () => {
        const sizes = await Promise.all(replicas.map((node) => node.command('DBSIZE')))
        return sizes.reduce((sum, size) => sum + Number(size.slice(1)), 0)
      }
      const before = await count()
      for (let added = 1; added <= 30; added++) {
        expect(await store.firstUse(createUse())).toBe(true)
        expect(await count()).toBeGreaterThanOrEqual(before + added)
      }
    },
  )

  it.each(withoutGlide(CLUSTER_CLIENTS))(
    'firstUse() with replicas: 1 rejects for the primary whose replica hangs, and returns true for the others (%s)',
    async (_client, connect) => {
      const send = await connect(nodes[0]!.port)
      await redisReplay({ send, timeout, replicas: 1 }).ready()
      const store = redisReplay({ send, timeout: 400, replicas: 1 })
      replicas[1]!.signal('SIGSTOP')
      try {
        const results = new Set<unknown>()
        for (let i = 0; i < 20; i++) {
          const use = store.firstUse(createUse())
          results.add(await use.catch(() => getProblem(use)))
        }
        expect(results).toEqual(new Set([true, 'failed']))
      } finally {
        replicas[1]!.signal('SIGCONT')
      }
    },
  )
})

/** Adds one replica to each primary of a cluster. */
async function addReplicas(primaries: readonly RedisServer[]): Promise<readonly RedisServer[]> {
  const args = ['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf']
  return Promise.all(
    primaries.map(async (primary) => {
      const replica = await startRedisServer({ args: [...args, '--cluster-node-timeout', '2000'] })
      const id = /[0-9a-f]{40}/.exec(await primary.command('CLUSTER', 'MYID'))![0]
      await replica.command('CLUSTER', 'MEET', '127.0.0.1', String(primary.port))
      await expect
        .poll(() => replica.command('CLUSTER', 'REPLICATE', id), { timeout: 30_000 })
        .toBe('+OK')
      await untilLinked(replica)
      return replica
    }),
  )
}

describe('the option replicas', () => {
  const own: SendCommand = async () => null
  const glide = fromGlide({ customCommand: async () => null })

  it.each([
    ['a function of the application', own],
    ['the function of fromGlide', glide],
  ])('redisReplay with replicas and %s as send throws a ConfigurationError', (_what, send) => {
    expect(() => redisReplay({ send, replicas: 1 })).toThrow(
      'replicas requires a send from fromNodeRedis or fromIoredis',
    )
    expect(() => redisReplay({ send, replicas: 0 })).not.toThrow()
  })

  it.each([-1, 11, 1.5, '1', null])(
    'redisReplay with replicas: %j throws a ConfigurationError',
    (replicas) => {
      const send = Object.assign(async () => null, { sendTogether: async () => [null, 1] })
      expect(() => redisReplay({ send, replicas: replicas as number })).toThrow('replicas')
    },
  )

  it.each([
    ['no number', null],
    ['a text', 'many'],
    ['an object', {}],
    ['an array', [1]],
    ['a missing reply', undefined],
    ['a negative number', -1],
    ['NaN', NaN],
  ])('firstUse() rejects if the reply to WAIT is %s', async (_what, confirmed) => {
    const send = Object.assign(async () => null, { sendTogether: async () => [null, confirmed] })
    const store = redisReplay({ send, replicas: 1 })
    expect(await getProblem(store.firstUse(createUse()))).toBe('failed')
  })

  it.each([1, 2, '1', 1n, Buffer.from('1')])(
    'firstUse() with replicas: 1 returns true if the reply to WAIT is %o',
    async (confirmed) => {
      const send = Object.assign(async () => null, { sendTogether: async () => [null, confirmed] })
      expect(await redisReplay({ send, replicas: 1 }).firstUse(createUse())).toBe(true)
    },
  )
})
