// Program of one process of an API: uses one proof several times. `processes.test.ts` starts several such processes.
import { text } from 'node:stream/consumers'
import type { ProofUse } from '@bearward/core'
import { fromNodeRedis, redisReplay } from '@bearward/redis'
import { createClient } from 'redis'

const { url, copies, proof } = JSON.parse(await text(process.stdin)) as {
  url: string
  copies: number
  proof: ProofUse
}
const client = createClient({ url })
await client.connect()
const store = redisReplay({ send: fromNodeRedis(client), timeout: 5000 })
await store.ready()
process.stdout.write('ready\n')
await client.blPop('begin', 0)
const uses = Array.from({ length: copies }, () => store.firstUse(proof))
process.stdout.write(`${JSON.stringify(await Promise.all(uses))}\n`)
client.destroy()
