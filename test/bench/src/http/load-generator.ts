import { runProgram } from '../program.ts'
import { percentile } from '../statistics.ts'
import { type PoolOptions, readPool } from '../token-pool.ts'
import { generateLoad, type Load } from './load.ts'

/** What this program sends: the tokens of a pool, and after them as many with bad signatures. */
export interface Ammunition {
  readonly pool: PoolOptions
  readonly bad: number
}

/** How a server has borne a load. Latencies are in milliseconds. */
export interface LoadReport {
  readonly requests: number
  /** Requests a second. */
  readonly rate: number
  readonly p50: number
  readonly p99: number
}

// The requests lie ready before the first load, so that the server has to work more for one than this process.
await runProgram<Ammunition, Load>(async (ammunition) => {
  const good = await readPool(ammunition.pool)
  const bad = good.withBadSignatures(ammunition.bad)
  const prepared = [good, bad].flatMap((pool) =>
    Array.from({ length: pool.count }, (_, index) => request(pool.header(index))),
  )
  return {
    ready: 'ready',
    answer: async (load) => {
      const { requests, elapsed, latencies } = await generateLoad(load, prepared)
      const rate = (requests * 1000) / elapsed
      const [p50, p99] = [percentile(latencies, 0.5), percentile(latencies, 0.99)]
      return { requests, rate, p50, p99 } satisfies LoadReport
    },
  }
})

function request(authorization: string): Buffer {
  return Buffer.from(
    `GET / HTTP/1.1\r\nHost: api.example.com\r\nAuthorization: ${authorization}\r\n\r\n`,
    'latin1',
  )
}
