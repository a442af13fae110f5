import { expect, it } from 'vitest'
import { closing } from '../support/closing.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { SERVERS, startRedisServer } from '../support/redis-server.ts'
import { untilLinked } from '../support/until-linked.ts'
import { REPLAY_BREAKER } from '../../packages/core/src/binding/dpop/replay-check.ts'
import {
  connectClient,
  createApiClient,
  createStoreSetup,
  openClient,
  STACKS,
  startApi,
} from './store-setup.ts'

it.each(SERVERS)(
  '9449-55: two processes with different primaries both grant the same proof during a failover, and refuse it after the failover (%s)',
  async (name) => {
    const clock = fakeClock()
    const client = createApiClient(clock.seconds)
    const startOne = async (...args: readonly string[]) => {
      const server = closing(await startRedisServer({ name, args }))
      const connection = await connectClient('node-redis', server.port)
      return { server, ...(await startApi({ clock, connection, policy: 'refuse', client })) }
    }
    const old = await startOne()
    const promoted = await startOne('--replicaof', '127.0.0.1', String(old.server.port))
    await untilLinked(promoted.server)
    const before = client.prove('before')
    expect((await old.request(before)).status).toBe(200)
    await expect.poll(() => promoted.server.command('DBSIZE'), { timeout: 30_000 }).toBe(':1')
    // The replica accepts no writes yet.
    expect((await promoted.request(client.prove('early'))).status).toBe(503)

    await promoted.server.command('REPLICAOF', 'NO', 'ONE')
    const raced = client.prove('raced')
    const racers = await Promise.all([old.request(raced), promoted.request(raced)])
    expect(racers.map(({ status }) => status)).toEqual([200, 200])

    await old.server.kill()
    for (const proof of [before, raced]) {
      expect((await old.request(proof)).status).toBe(503)
      expect((await promoted.request(proof)).status).toBe(401)
    }
  },
)

it.each(SERVERS)(
  '9449-42: an API responds with 503 if the server of its replay store is stopped when the API starts, and detects used proofs as soon as the server runs (%s)',
  async (name) => {
    const clock = fakeClock()
    const client = createApiClient(clock.seconds)
    const server = closing(await startRedisServer({ name }))
    await server.kill()
    const connection = openClient(server.port)
    const api = await startApi({ clock, connection, policy: 'refuse', client })
    await expect(api.ready()).rejects.toThrow('the connection failed')
    const proof = client.prove('proof')
    expect((await api.request(proof)).status).toBe(503)

    await connection.reconnected(() => server.restart())
    await api.ready()
    expect((await api.request(proof)).status).toBe(200)
    expect((await api.request(proof)).status).toBe(401)
    expect(api.status().controls).toMatchObject([{ state: 'working', configuration: 'verified' }])
  },
)

it.each(STACKS)(
  '9449-53: an API works after $server was killed while commands of earlier requests were waiting ($client)',
  async (stack) => {
    const setup = await createStoreSetup(stack, 'refuse')
    const { clock, server, connection, prove, send } = setup
    const isWaiting = () => clock.pending() > 0
    server.signal('SIGSTOP')
    for (let i = 0; i < REPLAY_BREAKER.failures; i++)
      expect((await send(prove(`waiting-${i}`), isWaiting)).status).toBe(503)
    // The waiting commands fail now, after their requests have ended.
    await connection.reconnected(() => server.restart())
    clock.advance(REPLAY_BREAKER.pause.last)
    const proof = prove('after')
    expect((await send(proof)).status).toBe(200)
    expect((await send(proof)).status).toBe(401)
    expect(clock.pending()).toBe(0)
  },
)
