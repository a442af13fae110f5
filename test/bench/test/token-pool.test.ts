import { describe, expect, it } from 'vitest'
import { ensurePool, mintPool } from '../src/mint.ts'
import { type PoolOptions, readPool, toPoolPaths } from '../src/token-pool.ts'

const POOL: PoolOptions = { algorithm: 'ES256', count: 3 }
const TIMES = { issuedAt: 1_700_000_000, expiresAt: 1_700_000_300 }

describe('token pool', () => {
  it('ensurePool mints a pool once, and readPool reads the stored pool', async () => {
    await ensurePool(POOL)
    const first = await readPool(POOL)
    await ensurePool(POOL)
    const second = await readPool(POOL)
    expect(first.count).toBe(3)
    expect(second.token(2)).toBe(first.token(2))
    expect(second.header(2)).toBe(`Bearer ${first.token(2)}`)
  })

  it('toPoolPaths returns different paths for different claims', () => {
    const other = toPoolPaths({ ...POOL, claims: { aud: 'https://elsewhere.example.com' } })
    expect(other.tokens).not.toBe(toPoolPaths(POOL).tokens)
  })

  it('withGarbage creates the same garbage for the same tokens', async () => {
    const pool = await mintPool(POOL, TIMES)
    const garbage = pool.withGarbage(2)
    expect(garbage.token(1)).toBe(pool.withGarbage(2).token(1))
    expect(garbage.token(1)).not.toBe(garbage.token(0))
    expect(garbage.token(1)).toHaveLength(pool.token(1).length)
    expect(garbage.token(1).split('.')).toHaveLength(3)
  })
})
