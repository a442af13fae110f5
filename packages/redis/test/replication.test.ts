import {
  fromGlide,
  fromIoredis,
  fromNodeRedis,
  redisReplay,
  type RedisReplayStore,
  type SendCommand,
} from '@bearward/redis'
import { Cluster, Redis } from 'ioredis'
import { Redis as Redis5 } from 'ioredis5'
import { Redis as Iovalkey } from 'iovalkey'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { closing } from '../../../test/support/closing.ts'
import { fakeClock } from '../../../test/support/fake-clock.ts'
import { startFaultyProxy } from '../../../test/support/faulty-proxy.ts'
import { type RedisServer, SERVERS, startRedisServer } from '../../../test/support/redis-server.ts'
import { CLIENTS, CLUSTER_CLIENTS } from './clients.ts'
import { startCluster } from './cluster.ts'
import { untilConfirming, untilLinked } from '../../../test/support/until-linked.ts'
import { toClusterSlot } from '../src/cluster-slot.ts'
import { createUse, getProblem } from './uses.ts'

/** Timeout of stores in milliseconds, for tests that do not measure time. It is long, because machines can be busy. */
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

  const clients = withoutGlide(CLIENTS).filter(
    ([client]) => name === 'redis-server' || client.endsWith(' 6'),
  )
  describe.each(clients)('with %s', (client, connect) => {
    const at = `(${client}, ${name})`

    it(`firstUse() with replicas: 1 returns true as soon as a replica has the entry ${at}`, async () => {
      const store = redisReplay({ send: await connect(primary.port), timeout, replicas: 1 })
      await untilConfirmed(store)
      for (let i = 0; i < 20; i++) {
        const proof = createUse()
        expect(await store.firstUse(proof)).toBe(true)
        expect(await replica.command('EXISTS', `bearward:dpop:${proof.id}`)).toBe(':1')
        expect(await store.firstUse(proof)).toBe(false)
      }
    })

    it(`200 simultaneous uses with replicas: 1 return true and are confirmed by fewer than 20 WAIT commands ${at}`, async () => {
      const store = redisReplay({ send: await connect(primary.port), timeout, replicas: 1 })
      await untilConfirmed(store)
      const before = await countCalls(primary, 'wait')
      const proofs = Array.from({ length: 200 }, createUse)
      const uses = await Promise.all(proofs.map((proof) => store.firstUse(proof)))
      expect(uses).toEqual(proofs.map(() => true))
      expect((await countCalls(primary, 'wait')) - before).toBeLessThan(20)
      const keys = proofs.map(({ id }) => `bearward:dpop:${id}`)
      expect(await replica.command('EXISTS', ...keys)).toBe(':200')
    })

    it(`exactly one of 100 simultaneous uses of a proof returns true with replicas: 1 ${at}`, async () => {
      const store = redisReplay({ send: await connect(primary.port), timeout, replicas: 1 })
      await untilConfirmed(store)
      const proof = createUse()
      const copies = Array.from({ length: 100 }, async () => store.firstUse(proof))
      const results = await Promise.all(copies)
      expect(results.filter((isFirst) => isFirst)).toHaveLength(1)
    })

    it(`firstUse() with replicas: 1 rejects for new proofs while the replica hangs, and returns false for a used proof ${at}`, async () => {
      const send = await connect(primary.port)
      await untilConfirmed(redisReplay({ send, timeout, replicas: 1 }))
      const store = redisReplay({ send, timeout: 200, replicas: 1 })
      const used = createUse()
      expect(await store.firstUse(used)).toBe(true)
      await whileHanging(replica, async () => {
        const problems = await Promise.all(
          Array.from({ length: 20 }, () => getProblem(store.firstUse(createUse()))),
        )
        for (const problem of problems) expect(['unconfirmed', 'timeout']).toContain(problem)
        const later = redisReplay({ send, timeout, replicas: 1 })
        expect(await later.firstUse(used)).toBe(false)
      })
      await expect
        .poll(async () => store.firstUse(createUse()).catch(() => 'unknown'), { timeout: 30_000 })
        .toBe(true)
    })

    it.each([
      ['the reply to the first SET', /(?:^|\n)(?:\$-1|_)\r\n$/],
      ['the reply to GETEX', /(?:^|\n)\$\d+\r\n\d{10,}\r\n/],
      ['the reply to WAIT', /(?:^|\n):\d+\r\n$/],
    ])(
      `firstUse() with replicas: 1 never returns true without confirmation by a replica if %s is lost with the connection ${at}`,
      async (_lost, reply) => {
        const proxy = closing(await startFaultyProxy(primary.port))
        const send = await connect(proxy.port)
        await untilConfirmed(redisReplay({ send, timeout, replicas: 1 }))
        const store = redisReplay({ send, timeout: 300, replicas: 1 })
        proxy.onReply((chunk) => (proxy.cuts() === 0 && reply.test(chunk) ? 'cut' : 'pass'))
        const proofs = Array.from({ length: 10 }, createUse)
        await whileHanging(replica, async () => {
          const uses = proofs.map((proof) => getProblem(store.firstUse(proof)))
          for (const problem of await Promise.all(uses))
            expect(['unreachable', 'failed', 'timeout', 'unconfirmed']).toContain(problem)
          // The reply can arrive after the timeout.
          await expect.poll(() => proxy.cuts(), { timeout: 30_000 }).toBe(1)
        })
        const later = redisReplay({ send, timeout, replicas: 1 })
        await expect
          .poll(async () => later.firstUse(createUse()).catch(() => 'unknown'), { timeout: 30_000 })
          .toBe(true)
        expect(await later.firstUse(proofs[0]!)).toBe(false)
      },
    )
  })

  it(`firstUse() with replicas: 1 rejects while the replica hangs, even if the client confirms the entry on another connection (${name})`, async () => {
    const [one, other] = [new Redis(primary.port), new Redis(primary.port)]
    for (const client of [one, other]) closing({ close: () => client.disconnect() })
    const send = fromIoredis({
      options: {},
      call: (command, args) => one.call(command, args),
      pipeline: (commands) => other.pipeline(commands),
    })
    await untilConfirmed(redisReplay({ send, timeout, replicas: 1 }))
    await whileHanging(replica, async () => {
      const use = redisReplay({ send, timeout, replicas: 1 }).firstUse(createUse())
      expect(await getProblem(use)).toBe('unconfirmed')
    })
  })

  it(`firstUse() with replicas: 1 rejects with the problem "unconfirmed" if WAIT is not permitted (${name})`, async () => {
    const server = closing(await startRedisServer({ name }))
    await server.command('ACL', 'SETUSER', 'default', '-wait')
    const send = await CLIENTS['node-redis 6']!(server.port)
    const use = redisReplay({ send, timeout, replicas: 1 }).firstUse(createUse())
    expect(await getProblem(use)).toBe('unconfirmed')
    await expect(use).rejects.toThrow('NOPERM')
  })

  it(`firstUse() with replicas: 2 rejects with the problem "unconfirmed" if one replica is connected, and records the use (${name})`, async () => {
    const send = await CLIENTS['node-redis 6']!(primary.port)
    const store = redisReplay({ send, timeout: 1000, replicas: 2 })
    const proof = createUse()
    const use = store.firstUse(proof)
    expect(await getProblem(use)).toBe('unconfirmed')
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
    await untilConfirmed(store)
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

/**
 * Resolves when each of 20 simultaneous uses is confirmed. In a cluster, these uses go to several servers. A replica that was connected
 * a moment ago confirms its first entries after up to a second. Has no timeout, because the test has one.
 */
async function untilConfirmed(store: RedisReplayStore): Promise<void> {
  const use = async () => store.firstUse(createUse())
  const isConfirmed = ({ status }: PromiseSettledResult<boolean>) => status === 'fulfilled'
  for (;;) {
    const uses = Array.from({ length: 20 }, use)
    if ((await Promise.allSettled(uses)).every(isConfirmed)) return
  }
}

it.each(['ioredis 6', 'ioredis 5', 'iovalkey'])(
  'one of two processes gets true for a proof if a failover loses its entry, and the client sends the confirmation twice (%s)',
  async (client) => {
    const [old, next] = [closing(await startRedisServer()), closing(await startRedisServer())]
    const args = ['--replicaof', '127.0.0.1', String(next.port)]
    await untilLinked(closing(await startRedisServer({ args })))
    await untilConfirming(next)
    const proxy = closing(await startFaultyProxy(old.port))
    const [first, second] = await Promise.all(
      [proxy.port, next.port].map(async (port) =>
        redisReplay({ send: await CLIENTS[client]!(port), timeout: 900, replicas: 1 }),
      ),
    )
    await untilConfirmed(second!)
    // The old primary has no replica, so it confirms nothing.
    expect(await getProblem(first!.firstUse(createUse()))).toBe('unconfirmed')
    const proof = createUse()
    let replayed: Promise<boolean> | undefined
    let cuts = 0
    proxy.onReply((chunk) => {
      const isConfirmation = /(?:^|\n)\$\d+\r\n\d{10,}\r\n/.test(chunk)
      if (!isConfirmation || cuts === 2) return 'pass'
      cuts += 1
      if (cuts === 1) {
        replayed = second!.firstUse(proof)
        setImmediate(() => proxy.redirect(next.port))
      }
      return 'cut'
    })
    await expect(first!.firstUse(proof)).rejects.toThrow()
    expect(await replayed).toBe(true)
  },
)

/** Returns the number of calls of a command that a server has counted. */
async function countCalls(server: RedisServer, command: string): Promise<number> {
  const statistics = await server.command('INFO', 'commandstats')
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(statistics)?.[1] ?? 0)
}

/** Stops the process of a server during an action. */
async function whileHanging(server: RedisServer, action: () => Promise<void>): Promise<void> {
  server.signal('SIGSTOP')
  try {
    await action()
  } finally {
    server.signal('SIGCONT')
  }
}

it.each([
  ['ioredis 6', Redis],
  ['ioredis 5', Redis5 as unknown as typeof Redis],
  ['iovalkey', Iovalkey as unknown as typeof Redis],
])(
  'keyPrefix of a client is added to the keys with and without replicas (%s)',
  async (_, Client) => {
    const primary = closing(await startRedisServer())
    const args = ['--replicaof', '127.0.0.1', String(primary.port)]
    await untilLinked(closing(await startRedisServer({ args })))
    await untilConfirming(primary)
    const client = new Client({ port: primary.port, keyPrefix: 'app:' })
    closing({ close: () => client.disconnect() })
    const send = fromIoredis(client)
    const [proof, confirmed] = [createUse(), createUse()]
    expect(await redisReplay({ send, timeout }).firstUse(proof)).toBe(true)
    expect(await redisReplay({ send, timeout, replicas: 1 }).firstUse(confirmed)).toBe(true)
    for (const { id } of [proof, confirmed])
      expect(await primary.command('EXISTS', `app:bearward:dpop:${id}`)).toBe(':1')
    expect(await redisReplay({ send, timeout, replicas: 1 }).firstUse(proof)).toBe(false)
  },
)

describe('a cluster', () => {
  let nodes: readonly RedisServer[]
  let replicas: readonly RedisServer[]
  beforeAll(async () => {
    nodes = await startCluster()
    replicas = await addReplicas(nodes)
  })
  afterAll(() => Promise.all([...nodes, ...(replicas ?? [])].map((node) => node.close())))

  it.each(withoutGlide(CLUSTER_CLIENTS))(
    'firstUse() with replicas: 1 returns true as soon as the replica of a primary has the entry (%s)',
    async (_client, connect) => {
      const store = redisReplay({ send: await connect(nodes[0]!.port), timeout, replicas: 1 })
      await untilConfirmed(store)
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
    '100 simultaneous uses with replicas: 1 return true and are confirmed by fewer than 30 WAIT commands in a cluster of three primaries (%s)',
    async (_client, connect) => {
      const store = redisReplay({ send: await connect(nodes[0]!.port), timeout, replicas: 1 })
      await untilConfirmed(store)
      const count = async () => {
        const counts = await Promise.all(
          [...nodes, ...replicas].map((node) => countCalls(node, 'wait')),
        )
        return counts.reduce((sum, calls) => sum + calls)
      }
      const before = await count()
      const uses = Array.from({ length: 100 }, async () => store.firstUse(createUse()))
      expect(await Promise.all(uses)).toEqual(uses.map(() => true))
      expect((await count()) - before).toBeLessThan(30)
    },
  )

  it.each(withoutGlide(CLUSTER_CLIENTS))(
    'firstUse() with replicas: 1 rejects for the primary whose replica hangs, and returns true for the others (%s)',
    async (_client, connect) => {
      const send = await connect(nodes[0]!.port)
      await untilConfirmed(redisReplay({ send, timeout, replicas: 1 }))
      const store = redisReplay({ send, timeout: 400, replicas: 1 })
      await whileHanging(replicas[1]!, async () => {
        const results = new Set<unknown>()
        for (let i = 0; i < 20; i++) {
          const use = store.firstUse(createUse())
          results.add(await use.catch(() => getProblem(use)))
        }
        expect(results).toContain(true)
        expect(results.has('unconfirmed') || results.has('timeout')).toBe(true)
        expect(results).not.toContain(false)
      })
    },
  )

  it.each(withoutGlide(CLUSTER_CLIENTS))(
    'firstUse() with replicas: 1 rejects for a proof in a slot that moves, and returns true for other proofs at the same time (%s)',
    async (_client, connect) => {
      const store = redisReplay({ send: await connect(nodes[0]!.port), timeout, replicas: 1 })
      await untilConfirmed(store)
      const moving = createUse()
      const slot = toClusterSlot(`bearward:dpop:${moving.id}`)
      const from = nodes[Math.floor((slot * nodes.length) / 16_384)]!
      const to = nodes.find((node) => node !== from)!
      const [fromId, toId] = await Promise.all(
        [from, to].map(
          async (node) => /[0-9a-f]{40}/.exec(await node.command('CLUSTER', 'MYID'))![0],
        ),
      )
      await to.command('CLUSTER', 'SETSLOT', String(slot), 'IMPORTING', fromId!)
      await from.command('CLUSTER', 'SETSLOT', String(slot), 'MIGRATING', toId!)
      try {
        const others = Array.from({ length: 50 }, createUse)
        const results = [moving, ...others].map((proof) =>
          getProblem(store.firstUse(proof)).catch(() => 'none'),
        )
        expect(await Promise.all(results)).toEqual(['unconfirmed', ...others.map(() => 'none')])
      } finally {
        for (const node of [from, to])
          await node.command('CLUSTER', 'SETSLOT', String(slot), 'STABLE')
      }
    },
  )

  it.each(withoutGlide(CLUSTER_CLIENTS))(
    'firstUse() with replicas: 1 returns true after a replica of the cluster has taken over, and false for proofs that were used before (%s)',
    async (_client, connect) => {
      const store = redisReplay({ send: await connect(nodes[1]!.port), timeout, replicas: 1 })
      await untilConfirmed(store)
      const used = Array.from({ length: 20 }, createUse)
      for (const proof of used) expect(await store.firstUse(proof)).toBe(true)
      const pair = [nodes[0]!, replicas[0]!]
      const roles = await Promise.all(pair.map((node) => node.command('ROLE')))
      const next = roles[0]!.includes('master') ? pair[1]! : pair[0]!
      await next.command('CLUSTER', 'FAILOVER', 'TAKEOVER')
      await expect.poll(() => next.command('ROLE'), { timeout: 30_000 }).toContain('master')
      await untilConfirmed(store)
      for (const proof of used) expect(await store.firstUse(proof)).toBe(false)
    },
  )
})

const pause = () => new Promise((resolve) => setTimeout(resolve, 20))

/** Adds one replica to each primary of a cluster. */
async function addReplicas(primaries: readonly RedisServer[]): Promise<readonly RedisServer[]> {
  const args = ['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf']
  return Promise.all(
    primaries.map(async (primary) => {
      const replica = await startRedisServer({ args: [...args, '--cluster-node-timeout', '2000'] })
      const id = /[0-9a-f]{40}/.exec(await primary.command('CLUSTER', 'MYID'))![0]
      await replica.command('CLUSTER', 'MEET', '127.0.0.1', String(primary.port))
      // At first, the replica does not know the primary.
      while (!(await replica.command('CLUSTER', 'NODES')).includes(id)) await pause()
      await replica.command('CLUSTER', 'REPLICATE', id)
      await untilLinked(replica)
      return replica
    }),
  )
}

it('firstUse() with replicas: 1 rejects for a lost entry, and returns true for the other entries of the same WAIT', async () => {
  const [lost, ...kept] = Array.from({ length: 3 }, createUse)
  const pipelines: string[][][] = []
  let begin = () => {}
  const begun = new Promise<void>((resolve) => (begin = resolve))
  const values = new Map<string, string>()
  const send = fromIoredis({
    options: {},
    async call(name, [key, value]) {
      if (name === 'set') values.set(key!, value!)
      return null
    },
    pipeline: (commands) => ({
      async exec() {
        pipelines.push(commands)
        if (pipelines.length === 1) await begun
        return commands.map(([name, key]) => {
          if (name === 'wait') return [null, 1]
          return [null, key!.endsWith(lost!.id) ? null : values.get(key!)]
        })
      },
    }),
  })
  const store = redisReplay({ send, timeout, replicas: 1 })
  const first = store.firstUse(createUse())
  await expect.poll(() => pipelines.length).toBe(1)
  const uses = Promise.allSettled([lost!, ...kept].map((proof) => store.firstUse(proof)))
  await new Promise(setImmediate)
  begin()
  expect(await first).toBe(true)
  expect((await uses).map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
  expect(pipelines.map((commands) => commands.length)).toEqual([2, 4])
})

it('an entry in a slot that moves rejects only its own use of the uses that one WAIT confirms', async () => {
  const proofs = Array.from({ length: 20 }, createUse)
  const slot = toClusterSlot(`bearward:dpop:${proofs[7]!.id}`)
  const sizes: number[] = []
  const values = new Map<string, string>()
  const send = fromIoredis({
    options: {},
    nodes: () => [],
    slots: Array.from({ length: 16_384 }, () => ['127.0.0.1:7000']),
    async call(name, [key, value]) {
      if (name === 'set') values.set(key!, value!)
      return null
    },
    pipeline: (commands) => ({
      async exec() {
        sizes.push(commands.length - 1)
        return commands.map(([name, key]) => {
          if (name === 'wait') return [null, 1]
          if (key!.endsWith(proofs[7]!.id))
            return [new Error(`ASK ${slot} 127.0.0.1:7001`), undefined]
          return [null, values.get(key!)]
        })
      },
    }),
  })
  const store = redisReplay({ send, timeout, replicas: 1 })
  const uses = proofs.map((proof) => getProblem(store.firstUse(proof)).catch(() => 'none'))
  const problems = proofs.map((_, index) => (index === 7 ? 'unconfirmed' : 'none'))
  expect(await Promise.all(uses)).toEqual(problems)
  expect(sizes).toEqual([1, 19, 18])
})

it('entries are not confirmed once more if half of the timeout has passed when an entry in a slot that moves is refused', async () => {
  const clock = fakeClock()
  const proofs = Array.from({ length: 3 }, createUse)
  const slot = toClusterSlot(`bearward:dpop:${proofs[1]!.id}`)
  const sizes: number[] = []
  const send = fromIoredis({
    options: {},
    nodes: () => [],
    slots: Array.from({ length: 16_384 }, () => ['127.0.0.1:7000']),
    call: async () => null,
    pipeline: (commands) => ({
      async exec() {
        sizes.push(commands.length - 1)
        if (sizes.length === 2) clock.advance(0.2)
        return commands.map(() => [new Error(`ASK ${slot} 127.0.0.1:7001`), undefined])
      },
    }),
  })
  const store = redisReplay({ send, clock, timeout: 400, replicas: 1 })
  const uses = proofs.map((proof) => getProblem(store.firstUse(proof)))
  expect(await Promise.all(uses)).toEqual(proofs.map(() => 'unconfirmed'))
  expect(sizes).toEqual([1, 2])
})

/**
 * Returns the function that sends commands with a client like those of `ioredis`. `toReply` gets the value of a use, and returns the
 * reply to `GETEX`. `confirmed` is the reply to `WAIT`.
 */
function withReplies(toReply: (value: string) => unknown, confirmed: unknown): SendCommand {
  const values = new Map<string, string>()
  return fromIoredis({
    options: {},
    async call(name, [key, value]) {
      if (name === 'set') values.set(key!, value!)
      return null
    },
    pipeline: ([first]) => ({
      exec: async () => [
        [null, toReply(values.get(first![1]!)!)],
        [null, confirmed],
      ],
    }),
  })
}
const same = (value: string) => value

describe('the option replicas', () => {
  const own: SendCommand = async () => null
  const wrapped = fromIoredis({
    call: async () => null,
    pipeline: () => ({ exec: async () => null }),
  })

  it.each([
    ['a function of the application', own],
    [
      'a function of the application with a pipeline',
      Object.assign(async () => null, { pipeline: async () => [null, 1] }),
    ],
    ['the function of fromGlide', fromGlide({ customCommand: own })],
    ['the function of fromIoredis for a client with unknown options', wrapped],
    [
      'the function of fromNodeRedis for a client that moves its connection',
      fromNodeRedis(createClient({ maintNotifications: 'auto' })),
    ],
    ['the function of fromIoredis for a Redis with reconnectOnError', reconnecting('Redis')],
    ['the function of fromIoredis for a Cluster with reconnectOnError', reconnecting('Cluster')],
  ])('redisReplay with replicas and %s as send throws a ConfigurationError', (_what, send) => {
    expect(() => redisReplay({ send, replicas: 1 })).toThrow(
      "replicas requires a send from fromNodeRedis with maintNotifications: 'disabled', or from fromIoredis without reconnectOnError",
    )
    expect(() => redisReplay({ send, replicas: 0 })).not.toThrow()
  })

  it('firstUse() with replicas: 1 rejects if reconnectOnError is set after redisReplay() was called', async () => {
    const client = new Redis({ lazyConnect: true })
    client.call = async () => null
    const store = redisReplay({ send: fromIoredis(client), replicas: 1 })
    client.options.reconnectOnError = () => 2
    expect(await getProblem(store.firstUse(createUse()))).toBe('unconfirmed')
  })

  it('firstUse() with replicas: 1 and timeout: 5000 rejects with the problem "unconfirmed" after 900 ms', async () => {
    const clock = fakeClock()
    const send = fromIoredis({
      options: {},
      call: async () => null,
      pipeline: () => ({ exec: () => new Promise(() => {}) }),
    })
    const store = redisReplay({ send, clock, timeout: 5000, replicas: 1 })
    let problem: string | undefined
    void getProblem(store.firstUse(createUse())).then((found) => (problem = found))
    await clock.pass(0.899)
    expect(problem).toBe(undefined)
    await clock.pass(0.001)
    expect(problem).toBe('unconfirmed')
  })

  it.each([-1, 11, 1.5, '1', null])(
    'redisReplay with replicas: %j throws a ConfigurationError',
    (replicas) => {
      const send = withReplies(same, 1)
      expect(() => redisReplay({ send, replicas: replicas as number })).toThrow('replicas')
    },
  )

  it.each([
    ['null', null],
    ['a word', 'many'],
    ['an object', {}],
    ['an array', [1]],
    ['undefined', undefined],
    ['a negative number', -1],
    ['NaN', NaN],
  ])('firstUse() with replicas: 1 rejects if the reply to WAIT is %s', async (_what, confirmed) => {
    const store = redisReplay({ send: withReplies(same, confirmed), replicas: 1 })
    expect(await getProblem(store.firstUse(createUse()))).toBe('unconfirmed')
  })

  it.each([
    ['null', () => null],
    ['OK', () => 'OK'],
    ['the value of another use', () => '1'],
    ['an array', (value: string) => [value]],
  ])('firstUse() with replicas: 1 rejects if the reply to GETEX is %s', async (_what, earlier) => {
    const store = redisReplay({ send: withReplies(earlier, 1), replicas: 1 })
    expect(await getProblem(store.firstUse(createUse()))).toBe('unconfirmed')
  })

  it.each([0, '0', 0n])(
    'firstUse() with replicas: 1 rejects with the problem "unconfirmed" if the reply to WAIT is %o',
    async (confirmed) => {
      const store = redisReplay({ send: withReplies(same, confirmed), replicas: 1 })
      expect(await getProblem(store.firstUse(createUse()))).toBe('unconfirmed')
    },
  )

  it.each([1, 2, '1', 1n, Buffer.from('1')])(
    'firstUse() with replicas: 1 returns true if the reply to WAIT is %o',
    async (confirmed) => {
      const store = redisReplay({ send: withReplies(same, confirmed), replicas: 1 })
      expect(await store.firstUse(createUse())).toBe(true)
    },
  )
})

/** Returns the function that sends commands with a client of `ioredis` that connects again after errors. */
function reconnecting(kind: 'Redis' | 'Cluster'): SendCommand {
  const reconnectOnError = () => 2 as const
  const client =
    kind === 'Redis'
      ? new Redis({ lazyConnect: true, reconnectOnError })
      : new Cluster([{ port: 1 }], { lazyConnect: true, redisOptions: { reconnectOnError } })
  return fromIoredis(client)
}
