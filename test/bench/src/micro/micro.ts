import { AUDIENCE, ISSUER } from '../claims.ts'
import { inRounds } from '../rounds.ts'
import { type Algorithm, type TokenPool, tokenPool } from '../token-pool.ts'
import type { Verify } from './contestant.ts'
import { type Contestants, VERIFIERS } from './contestants.ts'
import { fastJwtWithCache } from './fast-jwt.ts'
import { bearward } from './bearward.ts'
import { type Cost, costOf } from './measure.ts'
import { type Profile, profileOf } from './profile.ts'
import { signatureAlone } from './signature-alone.ts'

/** Costs by contestant and round. */
type Costs = Record<string, Cost[]>

export interface MicroResults {
  /** Every token once. */
  readonly distinct: Record<Algorithm, { readonly sequential: Costs; readonly atOnce: Costs }>
  /** RS256 tokens that have been seen before, out of so many. Includes what a fresh string costs. */
  readonly repeated: Record<'one' | 'thousand', Costs>
  /** RS256 tokens that are refused. */
  readonly refused: Record<string, Costs>
  /** Where Bearward spends its time on RS256 tokens. */
  readonly profile: { readonly once: Profile; readonly again: Profile }
}

export const ALGORITHMS: readonly Algorithm[] = ['RS256', 'PS256', 'ES256', 'EdDSA']
export const FLOOR = 'crypto.verify alone'
export const FRESH_STRING = 'a fresh string'
const AT_ONCE = 64

const ROUNDS = 7
const TOKENS = 2000
const EXPECTED = { issuer: ISSUER, audience: AUDIENCE }

/** What one verification costs, in this process and with keys that are there from the start. */
export async function micro(): Promise<MicroResults> {
  const distinct = {} as Record<Algorithm, { sequential: Costs; atOnce: Costs }>
  // All code of all contestants is compiled, and compiled again, before anything counts.
  await costs(VERIFIERS, await once('RS256'))
  for (const algorithm of ALGORITHMS) {
    const pool = await once(algorithm)
    distinct[algorithm] = {
      sequential: await costs({ [FLOOR]: signatureAlone, ...VERIFIERS }, pool),
      atOnce: await costs(VERIFIERS, pool, { atOnce: AT_ONCE }),
    }
  }
  const known = await tokenPool({ name: 'thousand', algorithm: 'RS256', count: 1000 })
  return {
    distinct,
    repeated: { one: await repeated(known, 1), thousand: await repeated(known, 1000) },
    refused: await refusals(known),
    profile: await profiles(known),
  }
}

async function profiles(known: TokenPool): Promise<MicroResults['profile']> {
  const unknown = await once('RS256')
  const run = (pool: TokenPool, operations: number) => {
    const verify = bearward(pool, EXPECTED)!
    const times = (count: number) => {
      for (let i = 0; i < count; i++) void verify(i % pool.count)
    }
    // Twice, after which the known tokens are remembered. Those that come once have a guard that is warm already.
    if (operations > pool.count) times(2 * pool.count)
    return profileOf(() => times(operations))
  }
  return { once: await run(unknown, unknown.count), again: await run(known, 200_000) }
}

/** As many tokens as no contestant sees twice. The first round warms up. */
function once(algorithm: Algorithm): Promise<TokenPool> {
  return tokenPool({ name: 'once', algorithm, count: (ROUNDS + 1) * TOKENS })
}

function repeated(pool: TokenPool, of: number): Promise<Costs> {
  const freshString = () => (index: number) => pool.header(index).length > 0
  return costs(
    { [FRESH_STRING]: freshString, ...VERIFIERS, 'fast-jwt, cache': fastJwtWithCache },
    pool,
    { operations: 10_000, of },
  )
}

async function refusals(good: TokenPool): Promise<Record<string, Costs>> {
  const tokens = { algorithm: 'RS256', count: 1000 } as const
  const pools = {
    'bad signature': good.withBadSignatures(1000),
    expired: await tokenPool({ ...tokens, name: 'expired', claims: { exp: 1_700_000_000 } }),
    'another audience': await tokenPool({ ...tokens, name: 'stray', claims: { aud: ISSUER } }),
    garbage: good.withGarbage(1000),
  }
  const found: Record<string, Costs> = {}
  for (const [kind, pool] of Object.entries(pools)) {
    found[kind] = await costs(VERIFIERS, pool, { operations: 1000, of: 1000, good: false })
  }
  return found
}

/** Every contestant in every round but the first, which warms up. */
async function costs(
  contestants: Contestants,
  pool: TokenPool,
  {
    operations = TOKENS,
    of = pool.count,
    good = true,
    atOnce = 1,
  }: {
    readonly operations?: number
    readonly of?: number
    readonly good?: boolean
    readonly atOnce?: number
  } = {},
): Promise<Costs> {
  const ready = new Map<string, Verify>()
  for (const [name, prepare] of Object.entries(contestants)) {
    const verify = prepare(pool, EXPECTED)
    if (verify !== undefined) ready.set(name, verify)
  }
  const all = await inRounds([...ready.keys()], ROUNDS + 1, (name, round) =>
    costOf(ready.get(name)!, { first: round * operations, count: operations, of }, good, atOnce),
  )
  return Object.fromEntries(Object.entries(all).map(([name, [, ...rest]]) => [name, rest]))
}
