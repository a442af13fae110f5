import { checkReplayStore } from '@bearward/core/check-replay-store'
import { redisReplay } from '@bearward/redis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { closing } from '../../../test/support/closing.ts'
import { startFaultyProxy } from '../../../test/support/faulty-proxy.ts'
import { type RedisServer, SERVERS, startRedisServer } from '../../../test/support/redis-server.ts'
import { CLIENTS } from './clients.ts'
import { createUse, getProblem } from './uses.ts'

/** The option `timeout` of stores whose tests do not measure time. It is long, so that these tests pass on a busy machine. */
const timeout = 5000

/** The clients that send a command again if the connection fails before the reply. */
const RESENDING = ['ioredis 6', 'ioredis 5', 'iovalkey']

describe.each(SERVERS)('%s', (name) => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedisServer({ name })
  })
  afterAll(() => server.close())
  beforeEach(() => server.command('FLUSHALL'))

  describe.each(Object.entries(CLIENTS))('with %s', (client, connect) => {
    const at = `(${client}, ${name})`

    it(`checkReplayStore finds no faults ${at}`, async () => {
      const store = redisReplay({ send: await connect(server.port), timeout })
      await checkReplayStore(store)
      expect(store.configuration()).toBe('verified')
    })

    it(`the entry of a proof expires after its ttl, and has an integer as its value ${at}`, async () => {
      const store = redisReplay({ send: await connect(server.port), timeout, prefix: 'p:' })
      const proof = createUse()
      await store.firstUse(proof)
      const key = `p:${proof.id}`
      expect(await server.command('KEYS', '*')).toContain(key)
      expect(await server.command('OBJECT', 'ENCODING', key)).toContain('int')
      const left = Number((await server.command('PTTL', key)).slice(1))
      expect(left).toBeGreaterThan(proof.ttl - 30_000)
      expect(left).toBeLessThanOrEqual(proof.ttl)
    })

    const resends = RESENDING.includes(client)
    const outcome = resends ? 'returns true' : 'rejects with the problem "unreachable"'
    it(`firstUse() ${outcome} if its reply is lost with the connection ${at}`, async () => {
      const proxy = closing(await startFaultyProxy(server.port))
      const store = redisReplay({ send: await connect(proxy.port), timeout })
      await store.ready()
      // The reply to the first SET is null: the server has recorded the use.
      const isNull = (chunk: string) => /^(?:\$-1|_)\r\n$/.test(chunk)
      proxy.onReply((chunk) => (proxy.cuts() === 0 && isNull(chunk) ? 'cut' : 'pass'))
      const proof = createUse()
      if (resends) expect(await store.firstUse(proof)).toBe(true)
      else expect(await getProblem(store.firstUse(proof))).toBe('unreachable')
      expect(proxy.cuts()).toBe(1)
      const direct = redisReplay({ send: await connect(server.port), timeout })
      expect(await direct.firstUse(proof)).toBe(false)
    })

    it(`firstUse() rejects with the problem "timeout" when the reply is late, and the proof is recorded as used ${at}`, async () => {
      const proxy = closing(await startFaultyProxy(server.port))
      const send = await connect(proxy.port)
      await redisReplay({ send, timeout }).ready()
      const store = redisReplay({ send, timeout: 20 })
      proxy.onReply(() => 'hold')
      const proof = createUse()
      expect(await getProblem(store.firstUse(proof))).toBe('timeout')
      proxy.onReply(() => 'pass')
      proxy.release()
      const direct = redisReplay({ send: await connect(server.port), timeout })
      expect(await direct.firstUse(proof)).toBe(false)
    })

    it(`firstUse() rejects with the problem "timeout" while the server hangs, and returns true afterwards ${at}`, async () => {
      const send = await connect(server.port)
      const patient = redisReplay({ send, timeout })
      await patient.ready()
      server.signal('SIGSTOP')
      const store = redisReplay({ send, timeout: 20 })
      expect(await getProblem(store.firstUse(createUse()))).toBe('timeout')
      server.signal('SIGCONT')
      expect(await patient.firstUse(createUse())).toBe(true)
    })

    it(`firstUse() rejects with the problem "failed" when the value of the key has another type ${at}`, async () => {
      const store = redisReplay({ send: await connect(server.port), timeout, prefix: 'p:' })
      const proof = createUse()
      await server.command('HSET', `p:${proof.id}`, 'a', 'b')
      expect(await getProblem(store.firstUse(proof))).toBe('failed')
    })
  })
})
