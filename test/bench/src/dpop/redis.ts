import { fromNodeRedis, redisReplay, type SendCommand } from '@bearward/redis'
import { createClient } from 'redis'
import { createApi } from './api.ts'
import { bearward } from './bearward.ts'
import type { ProofContestant } from './contestant.ts'

/** Stores proofs in Redis. The timeout is long, so that a busy machine does not end the benchmark. */
export const bearwardWithRedis: ProofContestant = async (bound, redis) =>
  createApi(bound, {
    replay: redisReplay({ send: await connect(redis), timeout: 900 }),
    isKeyCached: true,
  })

/** Random digits, so that two processes do not use the same keys. */
const RUN = String(Math.random()).slice(2, 10).padEnd(8, '0')
/** Characters of the id of a proof in `redisReplay`. */
const ID_LENGTH = 43
/** A value that is as long as the value of an entry in `redisReplay`. */
const VALUE = String(2n ** 62n)
/** Milliseconds. */
const TTL = '605000'

/** Sends only the command of `redisReplay`. The key and the value are as long as those of `redisReplay`. */
export const roundTrip: ProofContestant = async (_, redis) => {
  const send = await connect(redis)
  return async (index) => {
    const id = `${RUN}${index}`.padEnd(ID_LENGTH, '-')
    const reply = await send(['SET', `bearward:trip:${id}`, VALUE, 'NX', 'GET', 'PX', TTL])
    return reply === null ? 'granted' : 'the key exists'
  }
}

/** Sends the command of `roundTrip` after each granted request with a store in memory. */
export const bearwardThenRoundTrip: ProofContestant = async (bound, redis) => {
  const send = await bearward(bound, redis)
  const sendCommand = await roundTrip(bound, redis)
  return async (index) => {
    const result = send(index)
    return result === 'granted' ? sendCommand(index) : result
  }
}

/** An error of the connection ends the process. */
async function connect(url: string): Promise<SendCommand> {
  const client = createClient({ url })
  await client.connect()
  return fromNodeRedis(client)
}
