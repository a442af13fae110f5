import type { ReplayStoreProblem } from '@bearward/core'
import { until } from '../support/until.ts'
import { untilLinked } from '../support/until-linked.ts'
import type { Policy, Stack, StoreSetup } from './store-setup.ts'

/** The status of a new proof, and of a proof that was used before the fault. */
type Statuses = readonly [fresh: number, used: number]

/** One fault of a Redis or Valkey server, and its expected effects. */
export interface StoreFault {
  /** The first cell of its row in docs/redis.md. */
  readonly title: string
  /** Ids of the conformance lines that its tests prove. */
  readonly lines?: string
  /** The problem of each use. `undefined`: the store answers. */
  readonly problem: ReplayStoreProblem | undefined
  readonly statuses: Readonly<Record<Policy, Statuses>>
  /** The client to which the fault applies, if the clients differ. */
  readonly client?: Stack['client']
  /** `true` if a proxy is between the client and the server. */
  readonly isProxied?: true
  /** `true` if the server records a proof although the API gets no reply. */
  readonly records?: true
  /** `true` if the entries from before the fault are lost after it. */
  readonly loses?: true
  /** `true` if the fault may affect the proofs of only one client. The API then never stops asking the store. */
  readonly isAlwaysAsked?: true
  /** Runs before the first proof is used. */
  readonly prepare?: (setup: StoreSetup) => Promise<void>
  readonly begin: (setup: StoreSetup) => Promise<void>
  /** Runs after each request during the fault. */
  readonly continue?: (setup: StoreSetup) => Promise<void>
  /** Creates a function that returns whether the store waits for a reply that does not arrive. */
  readonly isWaiting?: (setup: StoreSetup) => () => boolean
  readonly end?: (setup: StoreSetup) => Promise<void>
}

/** The statuses if the store does not know whether a proof was used. */
const UNKNOWN: StoreFault['statuses'] = { refuse: [503, 503], nonce: [401, 401], allow: [200, 200] }
const forAll = (...statuses: Statuses): StoreFault['statuses'] => ({
  refuse: statuses,
  nonce: statuses,
  allow: statuses,
})

/** The jti values of the proofs that the matrix uses before and during a fault. */
export const USED = 'used'
export const DURING = Array.from({ length: 12 }, (_, i) => `during-${i}`)

/** Returns whether a chunk is the reply to a command that records a use of a proof: no value, or a number. */
export const isReplyToUse = (chunk: string) => /(?:^|\r\n)(?:_|\$-1|\$\d+\r\n\d+)\r\n$/.test(chunk)

/** Fills the memory of a server with a value of another application. */
async function fillMemory({ server }: StoreSetup): Promise<void> {
  const used = /used_memory:(\d+)/.exec(await server.command('INFO', 'memory'))![1]
  await server.command('CONFIG', 'SET', 'maxmemory', String(Number(used) + 1_000_000))
  await server.command('SETRANGE', 'filler', '3000000', 'x')
}

/** Seconds until the eviction policy of a server is read again, if it was suitable (`right`) or not (`wrong`). */
const POLICY = { right: 600, wrong: 60 }

export const STORE_FAULTS: readonly StoreFault[] = [
  {
    title: 'is stopped',
    lines: '9449-42: ',
    problem: 'unreachable',
    statuses: UNKNOWN,
    loses: true,
    async begin({ server, connection }) {
      await server.kill()
      await until(() => !connection.isReady())
    },
    end: ({ server, connection }) => connection.reconnected(() => server.restart()),
  },
  {
    title: 'hangs',
    lines: '9449-42, 9449-54: ',
    problem: 'timeout',
    statuses: UNKNOWN,
    records: true,
    begin: async ({ server }) => server.signal('SIGSTOP'),
    isWaiting:
      ({ clock }) =>
      () =>
        clock.pending() > 0,
    end: async ({ server }) => server.signal('SIGCONT'),
  },
  {
    title: 'replies after the timeout',
    lines: '9449-54: ',
    problem: 'timeout',
    statuses: UNKNOWN,
    isProxied: true,
    records: true,
    begin: async ({ proxy }) => proxy.onReply(() => 'hold'),
    isWaiting({ proxy }) {
      const before = proxy.held()
      return () => proxy.held() > before
    },
    async end({ proxy }) {
      proxy.onReply(() => 'pass')
      proxy.release()
    },
  },
  {
    title: 'has no free memory',
    lines: '9449-43: ',
    problem: 'full',
    statuses: UNKNOWN,
    isAlwaysAsked: true,
    begin: fillMemory,
    end: async ({ server }) => void (await server.command('DEL', 'filler')),
  },
  {
    title: 'has a policy that evicts entries',
    lines: '9449-43: ',
    problem: 'unsuitable',
    statuses: UNKNOWN,
    async prepare({ ready, clock }) {
      await ready()
      clock.advance(POLICY.right - 1)
    },
    async begin({ server, clock, status, prove, request }) {
      await server.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
      clock.advance(1)
      // A request makes the API read the policy again, in the background.
      const first = await request(prove('first'))
      const nonce = first.headers.get('dpop-nonce')
      if (nonce !== null) await request(prove('second', nonce))
      await until(() => status().controls[0]!.configuration === 'unsuitable')
    },
    async end({ server, clock }) {
      await server.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
      clock.advance(POLICY.wrong)
    },
  },
  {
    title: 'is a replica',
    problem: 'failed',
    statuses: UNKNOWN,
    // There is no primary at this port.
    begin: async ({ server }) => void (await server.command('REPLICAOF', '127.0.0.1', '1')),
    end: async ({ server }) => void (await server.command('REPLICAOF', 'NO', 'ONE')),
  },
  {
    title: 'has values of another type at the keys',
    problem: 'failed',
    statuses: UNKNOWN,
    async begin({ server, getKey }) {
      await server.command('RENAME', getKey(USED), 'saved')
      for (const jti of [USED, ...DURING]) await server.command('RPUSH', getKey(jti), 'x')
    },
    async end({ server, getKey }) {
      await server.command('DEL', ...[USED, ...DURING].map(getKey))
      await server.command('RENAME', 'saved', getKey(USED))
    },
  },
  {
    title: 'loses the connection after it has executed the command',
    problem: 'unreachable',
    statuses: UNKNOWN,
    client: 'node-redis',
    isProxied: true,
    records: true,
    begin: async ({ proxy }) => proxy.onReply((chunk) => (isReplyToUse(chunk) ? 'cut' : 'pass')),
    continue: ({ proxy, connection }) => until(() => connection.count() > proxy.cuts()),
    end: async ({ proxy }) => proxy.onReply(() => 'pass'),
  },
  {
    title: 'loses the connection, and the client repeats the command (ioredis)',
    problem: undefined,
    statuses: forAll(200, 401),
    client: 'ioredis',
    isProxied: true,
    async begin({ proxy }) {
      let isAgain = true
      proxy.onReply((chunk) => {
        if (!isReplyToUse(chunk)) return 'pass'
        isAgain = !isAgain
        return isAgain ? 'pass' : 'cut'
      })
    },
    end: async ({ proxy }) => proxy.onReply(() => 'pass'),
  },
  {
    title: 'was restarted without persistence',
    problem: undefined,
    statuses: forAll(200, 200),
    begin: ({ server, connection }) => connection.reconnected(() => server.restart()),
  },
  {
    title: 'was replaced by a replica that had not received the entry',
    lines: '9449-55: ',
    problem: undefined,
    statuses: forAll(200, 200),
    isProxied: true,
    async prepare(setup) {
      const { server, startServer } = setup
      const replica = await startServer('--replicaof', '127.0.0.1', String(server.port))
      await untilLinked(replica)
      // From now on, the replica receives no more entries.
      await replica.command('REPLICAOF', 'NO', 'ONE')
      replicas.set(setup, replica.port)
    },
    async begin(setup) {
      await setup.server.kill()
      await setup.connection.reconnected(() => setup.proxy.redirect(replicas.get(setup)!))
    },
  },
]

/** The ports of the replicas. */
const replicas = new WeakMap<StoreSetup, number>()
