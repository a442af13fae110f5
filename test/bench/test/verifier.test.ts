import { describe, expect, it } from 'vitest'
import type { Cost } from '../src/micro/cost.ts'
import { verifications } from '../src/micro/verifications.ts'
import type { Workload } from '../src/micro/workload.ts'
import { ensurePool } from '../src/mint.ts'
import { startProgram } from '../src/processes.ts'

const PROGRAM = new URL('../dist/micro/verifier.js', import.meta.url).href
const WORKLOAD: Workload = {
  tokens: { algorithm: 'ES256', count: 30 },
  good: true,
  atOnce: 4,
  warmUp: 10,
  round: 10,
}

async function started(contestant: string, workload: Workload) {
  await ensurePool(workload.tokens)
  return startProgram(PROGRAM, { contestant, workload })
}

describe('the process of one contestant', () => {
  it('says what its rounds cost, and where its time goes', async () => {
    const program = await started('bearward', WORKLOAD)
    expect(program.ready).toBe('ready')
    for (let round = 0; round < 2; round++) {
      const { cpu, wall } = await program.ask<Cost>({ what: 'cost of a round' })
      expect(cpu).toBeGreaterThan(0)
      expect(wall).toBeGreaterThan(0)
    }
    const parts = await program.ask<Record<string, number>>({ what: 'profile', count: 300 })
    const sum = Object.values(parts).reduce((total, part) => total + part, 0)
    expect(sum).toBeCloseTo(1)
    expect(parts['crypto.verify']).toBeGreaterThan(0)
    await program.end()
    await expect(program.ask({ what: 'cost of a round' })).rejects.toThrow()
  })

  it('says where it has no such algorithm', async () => {
    const tokens = { algorithm: 'PS256', count: 2 } as const
    const program = await started('aws-jwt-verify', { ...WORKLOAD, tokens })
    expect(program.ready).toBe('not supported')
    await program.end()
  })
})

describe('verifications', () => {
  const options = { of: 5, atOnce: 2, good: true }

  it('go through the tokens again and again, on from where they were', async () => {
    const seen: number[] = []
    const verifyNext = verifications(async (index) => seen.push(index) > 0, options)
    await verifyNext(3)
    expect(seen).toEqual([0, 1, 2])
    await verifyNext(4)
    expect(seen.slice(3)).toEqual([3, 4, 0, 1])
  })

  it('end with the first verdict that is not the expected one', async () => {
    const verifyNext = verifications((index) => index !== 3, options)
    await verifyNext(3)
    await expect(verifyNext(1)).rejects.toThrow('a token was refused')
    const refuseNext = verifications(() => true, { ...options, good: false })
    await expect(refuseNext(1)).rejects.toThrow('a token was accepted')
  })
})
