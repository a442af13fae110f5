import { describe, expect, it } from 'vitest'
import type { Cost } from '../src/micro/cost.ts'
import { createBatchVerifier } from '../src/micro/batch-verifier.ts'
import type { Workload } from '../src/micro/workload.ts'
import { ensurePool } from '../src/mint.ts'
import { startProgram } from '../src/processes.ts'

const PROGRAM = new URL('../dist/micro/verifier.js', import.meta.url).href
const WORKLOAD: Workload = {
  tokens: { algorithm: 'ES256', count: 30 },
  accepted: true,
  atOnce: 4,
  warmUp: 10,
  round: 10,
}

async function startVerifier(contestant: string, workload: Workload) {
  await ensurePool(workload.tokens)
  return startProgram(PROGRAM, { contestant, workload })
}

describe('verifier program', () => {
  it('the verifier program measures the cost of its rounds and records a CPU profile', async () => {
    const program = await startVerifier('bearward', WORKLOAD)
    expect(program.ready).toBe('ready')
    for (let round = 0; round < 2; round++) {
      const { cpu, wall } = await program.request<Cost>({ type: 'measure round' })
      expect(cpu).toBeGreaterThan(0)
      expect(wall).toBeGreaterThan(0)
    }
    const profile = await program.request<Record<string, number>>({ type: 'profile', count: 300 })
    const sum = Object.values(profile).reduce((total, share) => total + share, 0)
    expect(sum).toBeCloseTo(1)
    expect(profile['crypto.verify']).toBeGreaterThan(0)
    await program.end()
    await expect(program.request({ type: 'measure round' })).rejects.toThrow()
  })

  it('the verifier program reports an algorithm that the library does not support', async () => {
    const tokens = { algorithm: 'PS256', count: 2 } as const
    const program = await startVerifier('aws-jwt-verify', { ...WORKLOAD, tokens })
    expect(program.ready).toBe('not supported')
    await program.end()
  })
})

describe('createBatchVerifier', () => {
  const options = { tokenCount: 5, atOnce: 2, accepted: true }

  it('createBatchVerifier continues with the next tokens, and starts again after the last token', async () => {
    const seen: number[] = []
    const verifyNext = createBatchVerifier(async (index) => seen.push(index) > 0, options)
    await verifyNext(3)
    expect(seen).toEqual([0, 1, 2])
    await verifyNext(4)
    expect(seen.slice(3)).toEqual([3, 4, 0, 1])
  })

  it('createBatchVerifier rejects at the first unexpected result', async () => {
    const verifyNext = createBatchVerifier((index) => index !== 3, options)
    await verifyNext(3)
    await expect(verifyNext(1)).rejects.toThrow('a token was rejected')
    const rejectNext = createBatchVerifier(() => true, { ...options, accepted: false })
    await expect(rejectNext(1)).rejects.toThrow('a token was accepted')
  })
})
