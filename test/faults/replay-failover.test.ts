import { expect, it } from 'vitest'
import { closing } from '../support/closing.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { SERVERS, startRedisServer } from '../support/redis-server.ts'
import { untilLinked } from './store-faults.ts'
import { connectClient, createApiClient, startApi } from './store-setup.ts'

it.each(SERVERS)(
  '9449-55: two processes grant one proof if each one uses another primary during a failover, and refuse it after the failover (%s)',
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
