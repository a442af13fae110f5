import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'rolldown'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generateKey } from '../../../../test/support/keys.ts'
import { BASE, serveTenants, toOptions } from './setup.ts'

/** Maximum number of bytes, in the heap and in buffers, that one cached tenant with two RSA keys uses. */
const TENANT_BYTES = 32_768
/**
 * Maximum number of bytes that an evicted tenant uses. The list of remembered names is full before the measurement, so its growth
 * does not count.
 */
const EVICTED_BYTES = 512

describe('many tenants', () => {
  /** Keys of the tenants. Many tenants have the same key, because it takes long to generate keys. */
  const keys = Array.from({ length: 16 }, (_, i) => generateKey('ES256', `key${i}`))
  const keyOf = (i: number) => keys[(i * 7) % keys.length]!

  it.each([
    [3000, 'evicts and adds tenants again', 300, 6000],
    [10_000, 'keeps all tenants', 20_000, 10_000],
  ])(
    'authorize() grants tokens that are signed with the key of their tenant, for %i tenants in two rounds, if the cache %s: maxEntries %i',
    async (count, _, maxEntries, calls) => {
      const setup = serveTenants({ issuers: { maxEntries }, options: { tokenCache: false } })
      const issuer = setup.tenant('any')
      setup.resolveWith((iss) => ({ ...toOptions(iss), jwksUri: `${iss}/jwks` }))
      for (let i = 0; i < count; i++) setup.behave(`t${i}`, { keys: [keyOf(i).jwk] })
      const iat = setup.clock.seconds() - 600
      const toClaims = (i: number) => ({ iss: `${BASE}t${i}`, iat })
      const tokens = Array.from({ length: count }, (__, i) =>
        issuer.token({ key: keyOf(i), claims: toClaims(i) }),
      )
      const wrong: string[] = []
      for (let round = 0; round < 2; round++) {
        for (const [i, token] of tokens.entries()) {
          const outcome = await setup.getOutcome(token)
          if (outcome !== 'granted') wrong.push(`t${i}: ${outcome}`)
          // For every hundredth tenant, a token that is signed with the key of another tenant is sent, too.
          if (i % 100 !== 0) continue
          const forged = issuer.token({ key: keyOf(i + 1), claims: toClaims(i) })
          const refusal = await setup.getOutcome(forged)
          if (refusal !== '401 unknown_key') wrong.push(`t${i}, forged: ${refusal}`)
        }
      }
      expect(wrong).toEqual([])
      expect(setup.takeResolved().length).toBe(calls)
      expect(setup.clock.pending()).toBe(0)
    },
    240_000,
  )
})

describe('the memory of dynamic issuers', () => {
  // The program runs in a process of its own, because it measures the heap. Rolldown compiles it with the sources.
  let directory: string
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'issuer-memory-'))
    await build({
      input: fileURLToPath(new URL('issuer-memory.mjs', import.meta.url)),
      platform: 'node',
      output: { dir: directory, entryFileNames: 'program.mjs' },
    })
  })
  afterAll(() => rm(directory, { recursive: true }))

  async function measure(kind: string): Promise<number> {
    const options = ['--expose-gc', join(directory, 'program.mjs'), kind]
    const { stdout } = await promisify(execFile)(process.execPath, options)
    return (JSON.parse(stdout) as { used: number }).used
  }

  it('a cached tenant with two RSA keys uses from 2 KiB to 32 KiB of memory', async () => {
    const used = await measure('two RSA keys')
    expect(used).toBeLessThan(TENANT_BYTES)
    expect(used).toBeGreaterThan(2048)
  })

  it('evicted tenants and their keys are garbage-collected', async () => {
    expect(await measure('evicted')).toBeLessThan(EVICTED_BYTES)
  })
})
