import { runProgram } from '../program.ts'
import { percentile } from '../statistics.ts'
import { type PoolOptions, readPool } from '../token-pool.ts'
import { generateLoad, type Load } from './load.ts'

/** Requests that this program prepares: one for each token of a pool, and then `bad` requests with bad signatures. */
export interface GeneratorSetup {
  readonly pool: PoolOptions
  readonly bad: number
}

/** Result of one load. Latencies are in milliseconds. */
export interface LoadReport {
  readonly requests: number
  /** Requests per second. */
  readonly rate: number
  readonly p50: number
  readonly p99: number
}

// The requests are prepared before the first load. So this process needs less time per request than the server.
await runProgram<GeneratorSetup, Load>(async (setup) => {
  const good = await readPool(setup.pool)
  const bad = good.withBadSignatures(setup.bad)
  const prepared = [good, bad].flatMap((pool) =>
    Array.from({ length: pool.count }, (_, index) => createRequest(pool.header(index))),
  )
  return {
    ready: 'ready',
    respond: async (load) => {
      const { requests, elapsed, latencies } = await generateLoad(load, prepared)
      const rate = (requests * 1000) / elapsed
      const [p50, p99] = [percentile(latencies, 0.5), percentile(latencies, 0.99)]
      return { requests, rate, p50, p99 } satisfies LoadReport
    },
  }
})

function createRequest(authorization: string): Buffer {
  return Buffer.from(
    `GET / HTTP/1.1\r\nHost: api.example.com\r\nAuthorization: ${authorization}\r\n\r\n`,
    'latin1',
  )
}
