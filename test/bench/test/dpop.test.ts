import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  MEMORY,
  MEMORY_AND_TRIP,
  NEW_KEY,
  PROOF_CONTESTANTS,
  REDIS,
  ROUND_TRIP,
} from '../src/dpop/contestants.ts'
import { getAddedRoundTrips } from '../src/dpop/comparison-of-stores.ts'
import { expectResults } from '../src/dpop/expect-results.ts'
import { LinePool } from '../src/dpop/line-pool.ts'
import type { ProofCheckerSetup } from '../src/dpop/proof-checker.ts'
import {
  mintBoundToken,
  PROOF_ALGORITHMS,
  PROOF_KINDS,
  type ProofAlgorithm,
  type ProofKind,
} from '../src/dpop/proofs.ts'
import { requireRedisServer, type RunningRedis, startRedis } from '../src/dpop/redis-server.ts'
import { SIGNATURE_ALONE } from '../src/micro/contestants.ts'
import type { Cost } from '../src/micro/cost.ts'
import { startProgram } from '../src/processes.ts'

const KINDS = Object.keys(PROOF_KINDS) as ProofKind[]

/** Sends two proofs of a kind, and the second one again. Returns the results. */
async function sendProofs(contestant: string, algorithm: ProofAlgorithm, kind: ProofKind) {
  const bound = await mintBoundToken({ algorithm, kind, count: 2 })
  const prepare = await PROOF_CONTESTANTS[contestant]!()
  const send = await prepare(bound, '')
  return [await send(0), await send(1), await send(1)]
}

describe.each(PROOF_ALGORITHMS)('contestants with %s proofs', (algorithm) => {
  it.each([MEMORY, NEW_KEY])(
    `%s accepts each valid ${algorithm} proof once and refuses all other proofs`,
    async (contestant) => {
      const once = ['granted', 'granted', 'DPoP jti']
      expect(await sendProofs(contestant, algorithm, 'valid')).toEqual(once)
      for (const kind of KINDS.filter((each) => each !== 'valid')) {
        const check = PROOF_KINDS[kind]
        expect(await sendProofs(contestant, algorithm, kind)).toEqual([check, check, check])
      }
    },
  )

  it(`the contestant crypto.verify accepts ${algorithm} proofs, and rejects a bad signature and the signature of another key`, async () => {
    const valid = await sendProofs(SIGNATURE_ALONE, algorithm, 'valid')
    expect(valid).toEqual(['granted', 'granted', 'granted'])
    for (const kind of ['bad signature', 'wrong key'] as const) {
      const [result] = await sendProofs(SIGNATURE_ALONE, algorithm, kind)
      expect(result).toBe('DPoP signature')
    }
  })
})

describe('proof checker program', () => {
  let redis: RunningRedis
  beforeAll(async () => void (redis = await startRedis()))
  afterAll(() => redis.close())

  const PROGRAM = new URL('../dist/dpop/proof-checker.js', import.meta.url).href
  const startChecker = (contestant: string, kind: ProofKind = 'valid') => {
    const size = { warmUp: 4, round: 3, rounds: 1 }
    const proofs = { algorithm: 'ES256', kind } as const
    const setup: ProofCheckerSetup = { contestant, ...proofs, size, redis: redis.url }
    return startProgram(PROGRAM, setup)
  }

  async function countEntries() {
    const client = await createClient({ url: redis.url }).connect()
    const count = await client.dbSize()
    await client.flushAll()
    client.destroy()
    return count
  }

  it.each([
    [SIGNATURE_ALONE, 0],
    [MEMORY, 0],
    // Three valid proofs are sent before the warm-up.
    [REDIS, 3 + 4 + 3 + 3],
    [MEMORY_AND_TRIP, 4 + 3 + 3],
    [ROUND_TRIP, 4 + 3 + 3],
  ])(
    'the proof checker measures two rounds of "%s" and stores %d entries in Redis',
    async (name, entries) => {
      const program = await startChecker(name)
      for (let round = 0; round < 2; round++) {
        const { cpu, wall } = await program.request<Cost>({ type: 'measure round' })
        expect(cpu).toBeGreaterThan(0)
        expect(wall).toBeGreaterThan(0)
      }
      await program.end()
      expect(await countEntries()).toBe(entries)
    },
  )

  it('the proof checker ends if a proof is sent twice', async () => {
    const program = await startChecker(REDIS)
    const measure = () => program.request<Cost>({ type: 'measure round' })
    await measure()
    await measure()
    await expect(measure()).rejects.toThrow('exited with code')
  })

  it('the proof checker is ready if Bearward with Redis refuses proofs with a bad signature', async () => {
    await countEntries()
    const program = await startChecker(REDIS, 'bad signature')
    expect(program.ready).toBe('ready')
    await program.end()
    expect(await countEntries()).toBe(3)
  })
})

describe('expectResults', () => {
  it('expectResults returns true for the expected result, and throws or rejects for any other result', async () => {
    expect(expectResults(() => 'granted', 'granted')(0)).toBe(true)
    expect(await expectResults(async () => 'granted', 'granted')(0)).toBe(true)
    expect(() => expectResults(() => 'cnf.jkt', 'granted')(0)).toThrow('"cnf.jkt"')
    await expect(expectResults(async () => 'granted', 'cnf.jkt')(0)).rejects.toThrow('"cnf.jkt"')
  })
})

describe('LinePool', () => {
  it('LinePool returns each line, and throws for lines of different lengths', () => {
    const pool = new LinePool(['ab', 'cd'])
    expect([pool.count, pool.line(0), pool.line(1)]).toEqual([2, 'ab', 'cd'])
    expect(() => new LinePool(['ab', 'c'])).toThrow('same length')
  })
})

it('requireRedisServer throws an error with the command that installs a missing program', () => {
  expect(() => requireRedisServer('redis-server-that-is-missing')).toThrow(
    'redis-server-that-is-missing is missing: run node test/support/install-servers.mjs',
  )
})

it('getAddedRoundTrips compares the added times round by round', () => {
  const costs = (...times: number[]) => times.map((wall) => ({ cpu: 0, wall }))
  const memory = costs(80, 160)
  const stores = { [MEMORY]: memory, [MEMORY_AND_TRIP]: costs(180, 360), [REDIS]: costs(230, 360) }
  expect(getAddedRoundTrips(stores)).toEqual({ median: 1.25, min: 1, max: 1.5 })
  expect(getAddedRoundTrips({ [MEMORY]: memory })).toBeUndefined()
})
