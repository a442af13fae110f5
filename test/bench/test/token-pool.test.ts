import { describe, expect, it } from 'vitest'
import { ensurePool, mint } from '../src/mint.ts'
import { filesOf, type PoolOptions, readPool } from '../src/token-pool.ts'

const POOL: PoolOptions = { algorithm: 'ES256', count: 3 }
const TIMES = { issuedAt: 1_700_000_000, expiresAt: 1_700_000_300 }

describe('a pool of tokens', () => {
  it('is minted once, and then read', async () => {
    await ensurePool(POOL)
    const first = await readPool(POOL)
    await ensurePool(POOL)
    const second = await readPool(POOL)
    expect(first.count).toBe(3)
    expect(second.token(2)).toBe(first.token(2))
    expect(second.header(2)).toBe(`Bearer ${first.token(2)}`)
  })

  it('is another one with other claims', () => {
    const other = filesOf({ ...POOL, claims: { aud: 'https://elsewhere.example.com' } })
    expect(other.tokens).not.toBe(filesOf(POOL).tokens)
  })

  it('makes the same garbage in every process', async () => {
    const pool = await mint(POOL, TIMES)
    const garbage = pool.withGarbage(2)
    expect(garbage.token(1)).toBe(pool.withGarbage(2).token(1))
    expect(garbage.token(1)).not.toBe(garbage.token(0))
    expect(garbage.token(1)).toHaveLength(pool.token(1).length)
    expect(garbage.token(1).split('.')).toHaveLength(3)
  })
})
