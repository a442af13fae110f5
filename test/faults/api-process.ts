// Program of one process of an API. `replay-processes.test.ts` starts several such processes.
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { createBearward, type ResourceServerOptions } from '@bearward/express'
import { fromNodeRedis, redisReplay } from '@bearward/redis'
import express from 'express'
import { createClient } from 'redis'

const { redis, path, options } = JSON.parse(await text(process.stdin)) as {
  redis: string
  path: string
  options: ResourceServerOptions
}
const client = createClient({ url: redis, disableOfflineQueue: true })
client.on('error', () => {})
await client.connect()
// A busy machine can be slower than every timeout, so the timers of this clock never fire.
const clock = { now: Date.now, monotonic: () => performance.now(), after: () => () => {} }
const { requireToken, ready } = createBearward({
  ...options,
  clock,
  logger: false,
  errorBody: ({ reason }) => ({ body: { reason } }),
  dpop: { maxAge: 300, replay: redisReplay({ send: fromNodeRedis(client), clock }) },
})
await ready()
const app = express()
app.get(path, requireToken({ bound: 'dpop' }), (_request, response) => void response.json({}))
const server = app.listen(0, '127.0.0.1', () =>
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`),
)
