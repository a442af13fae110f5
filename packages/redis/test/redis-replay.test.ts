import { inspect } from 'node:util'
import { ConfigurationError, ReplayStoreError, type ReplayStoreProblem } from '@bearward/core'
import { redisReplay, type RedisReplayOptions, type SendCommand } from '@bearward/redis'
import { describe, expect, it, vi } from 'vitest'
import { fakeClock, settled } from '../../../test/support/fake-clock.ts'
import { POLICY_TIMES } from '../src/eviction-policy.ts'

const ID = 'Hc3rwU4CMUCTmNVQGHyAU5GfEOzCkR_bxuDTnT45sXo'
const PROOF = { id: ID, key: 'a-thumbprint', ttl: 60_000 }

type Reply = (args: readonly string[]) => unknown

/** Creates a store whose server replies with these functions. */
function createStore({
  set = () => null,
  config = () => ['maxmemory-policy', 'noeviction'],
  ...options
}: { set?: Reply; config?: Reply } & Partial<RedisReplayOptions> = {}) {
  const clock = fakeClock()
  const commands: (readonly string[])[] = []
  const send: SendCommand = async (args) => {
    commands.push(args)
    return args[0] === 'CONFIG' ? config(args) : set(args)
  }
  const store = redisReplay({ send, clock, ...options })
  const count = (command: string) => commands.filter(([name]) => name === command).length
  return { store, clock, commands, count }
}

/** Returns the problem and the message of the error of a use. */
async function getProblem(use: unknown): Promise<[ReplayStoreProblem, string]> {
  const error = await Promise.resolve(use).then(
    (result) => new Error(`The use returned ${String(result)}`),
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof ReplayStoreError)) throw error
  return [error.problem, error.message.split(': ').slice(1).join(': ')]
}

/** Creates a promise that the test settles. */
function deferred<T>() {
  let resolve!: (value: T) => void
  let reject!: (error: Error) => void
  const promise = new Promise<T>((...functions) => ([resolve, reject] = functions))
  return { promise, resolve, reject }
}

const never = () => new Promise<never>(() => {})
const throws = (error: unknown) => async () => {
  throw error as Error
}

describe('the options of redisReplay', () => {
  it('redisReplay() lists every problem of its options', () => {
    const options = {
      prefx: 'a:',
      prefix: 'with space',
      timeout: 0,
    } as unknown as RedisReplayOptions
    let error: unknown
    try {
      redisReplay(options)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(ConfigurationError)
    expect((error as ConfigurationError).problems).toEqual([
      'prefx is not an option. Did you mean prefix?',
      'send is missing: set the function that sends a command, such as fromNodeRedis(client).',
      'prefix must be 1 to 100 printable ASCII characters without spaces.',
      'timeout must be a whole number from 1 to 5000, not 0.',
    ])
  })

  it.each([
    [undefined, 'The options are missing: pass { send: fromNodeRedis(client) }.'],
    [{ send: {} }, 'send must be a function that sends a command'],
    [{ send: () => {}, timeout: 5001 }, 'timeout must be a whole number from 1 to 5000, not 5001.'],
    [{ send: () => {}, timeout: 1.5 }, 'timeout must be a whole number'],
    [{ send: () => {}, prefix: '' }, 'prefix must be 1 to 100 printable ASCII characters'],
    [{ send: () => {}, clock: 5 }, 'clock must be a function'],
  ])('redisReplay(%j) throws an error with the problem: %s', (options, problem) => {
    expect(() => redisReplay(options as unknown as RedisReplayOptions)).toThrow(problem)
  })

  it('redisReplay() ignores options of Object.prototype', () => {
    Object.assign(Object.prototype, { prefix: 'x:', timeout: 1 })
    try {
      const { store, commands } = createStore()
      void store.firstUse(PROOF)
      expect(commands.at(-1)).toContain(`bearward:dpop:${ID}`)
    } finally {
      for (const name of ['prefix', 'timeout']) Reflect.deleteProperty(Object.prototype, name)
    }
  })
})

describe('the command of a use', () => {
  it('firstUse() sends one SET with NX, GET and the ttl, rounded up to milliseconds', async () => {
    const { store, commands } = createStore({ prefix: 'reports:' })
    expect(await store.firstUse({ ...PROOF, ttl: 1000.2 })).toBe(true)
    expect(await store.firstUse({ ...PROOF, ttl: 0 })).toBe(true)
    const value = expect.stringMatching(/^\d+$/) as unknown
    const key = `reports:${ID}`
    expect(commands.filter(([name]) => name === 'SET')).toEqual([
      ['SET', key, value, 'NX', 'GET', 'PX', '1001'],
      ['SET', key, value, 'NX', 'GET', 'PX', '1'],
    ])
  })

  it('firstUse() sends another random value for each use', async () => {
    const { store, commands } = createStore()
    for (let i = 0; i < 100; i++) await store.firstUse(PROOF)
    const values = commands.filter(([name]) => name === 'SET').map((args) => args[2])
    expect(new Set(values).size).toBe(100)
    // The server stores an integer without extra memory only if it fits into a signed integer of 64 bits.
    for (const value of values) expect(BigInt(value!)).toBeLessThan(2n ** 63n)
  })
})

describe('the reply to a use', () => {
  const bytes = (text: string) => new TextEncoder().encode(text)

  it.each<[name: string, set: Reply, expected: boolean]>([
    ['null', () => null, true],
    ['the value of this use, because the client sent the command again', (args) => args[2], true],
    ['the value of this use as bytes', (args) => bytes(args[2]!), true],
    ['the value of this use as a Buffer', (args) => Buffer.from(args[2]!), true],
    ['another value', () => '17', false],
    ['another value as bytes', () => bytes('17'), false],
  ])(
    'firstUse() returns whether this use is the first one if the reply is %s',
    async (_name, set, expected) => {
      expect(await createStore({ set }).store.firstUse(PROOF)).toBe(expected)
    },
  )

  it.each<[name: string, reply: unknown]>([
    ['OK', 'OK'],
    ['undefined', undefined],
    ['a number', 1],
    ['a boolean', true],
    ['an array', [null]],
    ['an object', {}],
  ])('firstUse() rejects with the problem "failed" when the reply is %s', async (_name, reply) => {
    expect(await getProblem(createStore({ set: () => reply }).store.firstUse(PROOF))).toEqual([
      'failed',
      'the reply to SET with NX and GET has an unexpected type.',
    ])
  })
})

describe('the error of a use', () => {
  class ClientOfflineError extends Error {}
  const withCode = (code: string) => Object.assign(new Error('read'), { code })

  it.each<[error: unknown, problem: ReplayStoreProblem, detail: string]>([
    [new Error('OOM command not allowed'), 'full', 'no free memory (OOM)'],
    [new Error("OOM: command not allowed when used memory > 'maxmemory'"), 'full', '(OOM)'],
    [new Error('WRONGTYPE Operation against a key'), 'failed', '(WRONGTYPE)'],
    [new Error('MOVED 1 10.0.0.1:6379'), 'failed', 'the server refused the command (MOVED).'],
    [new Error('ERR syntax error'), 'failed', 'requires Redis 7.0 or Valkey'],
    [new Error('Err9 strange'), 'failed', 'the function that sends commands threw an error.'],
    [
      new Error('An error was signalled by the server: - ReadOnly: no'),
      'failed',
      'the server refused the command.',
    ],
    [
      new Error('An error was signalled by the server: - ResponseError: syntax error'),
      'failed',
      'requires Redis 7.0 or Valkey',
    ],
    [withCode('ECONNREFUSED'), 'unreachable', 'the connection failed (ECONNREFUSED).'],
    [new ClientOfflineError('The client is offline'), 'unreachable', 'the connection failed.'],
    [new Error('Connection is closed.'), 'unreachable', 'the connection failed.'],
    [new Error('Command timed out'), 'timeout', 'the client stopped waiting for the reply.'],
    [new TypeError('x is not a function'), 'failed', 'threw an error.'],
    ['a string', 'failed', 'threw an error.'],
    [undefined, 'failed', 'threw an error.'],
  ])(
    'firstUse() rejects with the right problem for the error %s of a client: %s',
    async (error, problem, detail) => {
      const [found, message] = await getProblem(
        createStore({ set: throws(error) }).store.firstUse(PROOF),
      )
      expect(found).toBe(problem)
      expect(message).toContain(detail)
    },
  )

  it('firstUse() rejects when the function that sends commands throws', async () => {
    const send = () => {
      throw new Error('a fault')
    }
    expect(await getProblem(redisReplay({ send }).firstUse(PROOF))).toEqual([
      'failed',
      'the function that sends commands threw an error.',
    ])
  })

  it('the error of firstUse() contains neither the id nor the key of a proof, even if the error of the client contains the command', async () => {
    const set: Reply = (args) =>
      Promise.reject(
        Object.assign(new Error(`ERR ${args.join(' ')}`), { command: { name: 'set', args } }),
      )
    const error: unknown = await Promise.resolve(createStore({ set }).store.firstUse(PROOF)).catch(
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(ReplayStoreError)
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/Hc3rwU4CMUC|a-thumbprint/)
  })
})

describe('the time of a use', () => {
  it('firstUse() rejects with the problem "timeout" after 50 ms by default', async () => {
    const { store, clock } = createStore({ set: never })
    const use = getProblem(store.firstUse(PROOF))
    await clock.pass(0.05)
    expect(await use).toEqual(['timeout', 'the server did not reply within 50 ms.'])
    expect(clock.pending()).toBe(0)
  })

  it('firstUse() ignores a reply and a rejection after the timeout', async () => {
    const rejected = vi.fn<(error: unknown) => void>()
    process.on('unhandledRejection', rejected)
    for (const end of ['resolve', 'reject'] as const) {
      const { promise, resolve, reject } = deferred<null>()
      const { store, clock } = createStore({ set: () => promise, timeout: 5 })
      const use = getProblem(store.firstUse(PROOF))
      await clock.pass(0.005)
      expect((await use)[0]).toBe('timeout')
      if (end === 'resolve') resolve(null)
      else reject(new Error('Connection is closed.'))
      await settled()
    }
    process.off('unhandledRejection', rejected)
    expect(rejected).not.toHaveBeenCalled()
  })

  it('firstUse() returns true if the reply arrived while the process was blocked, even if the timeout has passed', async () => {
    const { promise, resolve } = deferred<null>()
    const { store, clock } = createStore({ set: () => promise })
    const use = store.firstUse(PROOF)
    await settled()
    clock.suspend(2)
    // The timer is called first, as in Node. The reply is read in the same turn of the event loop.
    clock.advance(0)
    resolve(null)
    expect(await use).toBe(true)
  })

  it('firstUse() ends its timers after a reply', async () => {
    const { store, clock } = createStore()
    await store.firstUse(PROOF)
    expect(clock.pending()).toBe(0)
  })
})

describe('the eviction policy', () => {
  const policy = (name: string) => () => ['maxmemory-policy', name]

  it.each<[name: string, reply: unknown]>([
    ['an array', ['maxmemory-policy', 'noeviction']],
    ['an array of bytes', [Buffer.from('maxmemory-policy'), Buffer.from('noeviction')]],
    ['an object', { 'maxmemory-policy': 'noeviction' }],
    ['a Map', new Map([['maxmemory-policy', 'noeviction']])],
    ['an array of pairs', [{ key: 'maxmemory-policy', value: 'noeviction' }]],
    [
      'one array for each primary',
      [
        ['maxmemory-policy', 'noeviction'],
        ['maxmemory-policy', 'noeviction'],
      ],
    ],
  ])('configuration() returns verified when the reply to CONFIG is %s', async (_name, reply) => {
    const { store } = createStore({ config: () => reply })
    expect(store.configuration()).toBe('unverified')
    expect(await store.firstUse(PROOF)).toBe(true)
    expect(store.configuration()).toBe('verified')
  })

  it.each<[name: string, reply: unknown]>([
    ['allkeys-lru', ['maxmemory-policy', 'allkeys-lru']],
    ['volatile-ttl', { 'maxmemory-policy': 'volatile-ttl' }],
    [
      'not noeviction on one of two primaries',
      { a: ['maxmemory-policy', 'noeviction'], b: ['maxmemory-policy', 'volatile-lru'] },
    ],
  ])('firstUse() and ready() reject when the policy is %s', async (_name, reply) => {
    const { store, count } = createStore({ config: () => reply })
    const [problem, message] = await getProblem(store.firstUse(PROOF))
    expect(problem).toBe('unsuitable')
    expect(message).toContain("set maxmemory-policy to 'noeviction'")
    expect(store.configuration()).toBe('unsuitable')
    expect((await getProblem(store.ready()))[0]).toBe('unsuitable')
    // An unsuitable server gets no further entries.
    expect((await getProblem(store.firstUse(PROOF)))[0]).toBe('unsuitable')
    expect(count('SET')).toBe(1)
  })

  it.each<[name: string, config: Reply]>([
    ['NOPERM', throws(new Error("NOPERM this user has no permissions to run 'config|get'"))],
    ['an unknown command', throws(new Error('ERR unknown command `CONFIG`'))],
    [
      'PermissionDenied of GLIDE',
      throws(new Error('An error was signalled by the server: - PermissionDenied: this user has')),
    ],
    [
      'an unknown command of GLIDE',
      throws(
        new Error("An error was signalled by the server: - ResponseError: unknown command 'C"),
      ),
    ],
    ['an empty reply', () => []],
  ])(
    'configuration() returns unverified after %s, and CONFIG is sent again 10 minutes later',
    async (_name, config) => {
      const { store, clock, count } = createStore({ config })
      await store.ready()
      expect(await store.firstUse(PROOF)).toBe(true)
      expect(store.configuration()).toBe('unverified')
      await clock.pass(599)
      await store.firstUse(PROOF)
      expect(count('CONFIG')).toBe(1)
      await clock.pass(1)
      await store.firstUse(PROOF)
      expect(count('CONFIG')).toBe(2)
    },
  )

  it.each<[name: string, error: unknown]>([
    ['LOADING', new Error('LOADING Redis is loading the dataset in memory')],
    ['NOAUTH', new Error('NOAUTH Authentication required.')],
    ['ERR', new Error('ERR max number of clients reached')],
    ['a lost connection', new Error('Connection is closed.')],
    ['an error of the client itself', new TypeError('the client has a fault')],
    ['an error without a prototype', Object.create(null)],
  ])(
    'configuration() still returns verified after %s, and CONFIG is sent again',
    async (_name, error) => {
      let config: Reply = policy('noeviction')
      const { store, clock, count } = createStore({ config: (args) => config(args) })
      await store.firstUse(PROOF)
      config = throws(error)
      await clock.pass(POLICY_TIMES.settled / 1000)
      await store.firstUse(PROOF)
      await settled()
      expect(store.configuration()).toBe('verified')
      await clock.pass(POLICY_TIMES.unanswered / 1000)
      await store.firstUse(PROOF)
      expect(count('CONFIG')).toBe(3)
    },
  )

  it('firstUse() reads the policy again after a use that failed with the problem "unreachable", and rejects if the policy has changed', async () => {
    let config: Reply = policy('noeviction')
    let set: Reply = () => null
    const { store, count } = createStore({
      config: (args) => config(args),
      set: (args) => set(args),
    })
    await store.firstUse(PROOF)
    set = throws(new Error('Connection is closed.'))
    config = set
    for (let i = 0; i < 2; i++)
      expect((await getProblem(store.firstUse(PROOF)))[0]).toBe('unreachable')
    expect(store.configuration()).toBe('verified')
    set = () => null
    config = policy('allkeys-lru')
    expect((await getProblem(store.firstUse(PROOF)))[0]).toBe('unsuitable')
    expect(count('CONFIG')).toBe(3)
  })

  it('firstUse() reads the policy a second time if a use failed with the problem "unreachable" while the policy was being read', async () => {
    const { promise, resolve } = deferred<unknown>()
    let config: Reply = () => promise
    let set: Reply = throws(new Error('Connection is closed.'))
    const { store, count } = createStore({
      config: (args) => config(args),
      set: (args) => set(args),
    })
    expect((await getProblem(store.firstUse(PROOF)))[0]).toBe('unreachable')
    resolve(['maxmemory-policy', 'noeviction'])
    await settled()
    set = () => null
    config = policy('volatile-lru')
    expect((await getProblem(store.firstUse(PROOF)))[0]).toBe('unsuitable')
    expect(count('CONFIG')).toBe(2)
  })

  it('the first call of firstUse() sends CONFIG and SET together, and returns the result of SET even if CONFIG gets no reply in time', async () => {
    const { store, clock, commands, count } = createStore({ config: never })
    const use = store.firstUse(PROOF)
    await settled()
    expect(commands.map(([name]) => name)).toEqual(['CONFIG', 'SET'])
    await clock.pass(0.05)
    expect(await use).toBe(true)
    expect(store.configuration()).toBe('unverified')
    // The policy is read again later. Until then, uses do not wait for it.
    expect(await store.firstUse(PROOF)).toBe(true)
    expect(count('CONFIG')).toBe(1)
    await clock.pass(POLICY_TIMES.unanswered / 1000)
    void store.firstUse(PROOF)
    expect(count('CONFIG')).toBe(2)
  })

  it('simultaneous first calls of firstUse() send one CONFIG', async () => {
    const { store, count } = createStore()
    await Promise.all(Array.from({ length: 10 }, () => store.firstUse(PROOF)))
    expect([count('CONFIG'), count('SET')]).toEqual([1, 10])
  })

  it('firstUse() returns true one minute after the policy of an unsuitable server was corrected', async () => {
    let config = policy('allkeys-lru')
    const { store, clock, count } = createStore({ config: () => config() })
    expect((await getProblem(store.firstUse(PROOF)))[0]).toBe('unsuitable')
    config = policy('noeviction')
    await clock.pass(59)
    expect((await getProblem(store.firstUse(PROOF)))[0]).toBe('unsuitable')
    expect(count('CONFIG')).toBe(1)
    await clock.pass(1)
    expect(await store.firstUse(PROOF)).toBe(true)
    expect(store.configuration()).toBe('verified')
  })

  it('firstUse() still rejects with the problem "unsuitable" if an unsuitable server does not answer CONFIG', async () => {
    let config: Reply = policy('allkeys-lru')
    const { store, clock } = createStore({ config: (args) => config(args) })
    await getProblem(store.firstUse(PROOF))
    config = never
    await clock.pass(60)
    const use = getProblem(store.firstUse(PROOF))
    await clock.pass(0.05)
    expect((await use)[0]).toBe('unsuitable')
  })

  it.each<[name: string, error: Error]>([
    ['ERR', new Error('ERR max number of clients reached')],
    ['NOPERM', new Error("NOPERM this user has no permissions to run 'config|get'")],
    ['an error of the client itself', new TypeError('the client has a fault')],
  ])(
    'firstUse() still rejects with the problem "unsuitable" if the next CONFIG fails with %s',
    async (_name, error) => {
      let config: Reply = policy('allkeys-lru')
      const { store, clock } = createStore({ config: (args) => config(args) })
      await getProblem(store.firstUse(PROOF))
      config = throws(error)
      await clock.pass(60)
      expect((await getProblem(store.firstUse(PROOF)))[0]).toBe('unsuitable')
      expect(store.configuration()).toBe('unsuitable')
    },
  )

  it('firstUse() reads the policy in the background after 10 minutes, and rejects if the policy has changed', async () => {
    let config: Reply = policy('noeviction')
    const { store, clock, count } = createStore({ config: (args) => config(args) })
    await store.firstUse(PROOF)
    const { promise, resolve } = deferred<unknown>()
    config = () => promise
    await clock.pass(600)
    expect(await store.firstUse(PROOF)).toBe(true)
    expect(count('CONFIG')).toBe(2)
    resolve(['maxmemory-policy', 'allkeys-random'])
    await settled()
    expect((await getProblem(store.firstUse(PROOF)))[0]).toBe('unsuitable')
  })

  it('ready() reads the policy each time it is called', async () => {
    const { store, count } = createStore()
    await store.ready()
    await store.ready()
    expect(count('CONFIG')).toBe(2)
  })

  it('ready() waits for at most 5 seconds while the client is still connecting', async () => {
    const { store, clock } = createStore({ set: never, config: never })
    const ready = getProblem(store.ready())
    await clock.pass(4.9)
    expect(clock.pending()).toBeGreaterThan(0)
    await clock.pass(0.1)
    expect(await ready).toEqual(['timeout', 'the server did not reply within 5000 ms.'])
  })

  it('ready() rejects when the function that sends commands returns the same reply to all commands', async () => {
    const send = () => Promise.resolve('PONG')
    expect((await getProblem(redisReplay({ send }).ready()))[0]).toBe('failed')
  })
})
